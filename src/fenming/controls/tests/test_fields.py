from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from fenming.controls.fields import EncryptedDecimal, EncryptedText
from fenming.controls.secrets import SecretError, decrypt
from fenming.controls.tests.table import Person, kept

People = type[Person]
PHONE = "13812345678"


def test_the_database_holds_ciphertext_and_python_sees_the_value(people: People) -> None:
    people.objects.create(name="林晓雯", phone=PHONE, base=Decimal("6000"))
    for field, plain in (("phone", PHONE), ("base", "     6000.00")):
        [token] = kept(field)
        assert token is not None
        assert plain.strip() not in token
        assert decrypt(token, f"controls.Person.{field}") == plain
    found = people.objects.get(phone__isnull=False)
    assert (found.phone, found.note, found.base) == (PHONE, "", Decimal("6000.00"))


def test_null_and_nothing_stay_as_they_are(people: People) -> None:
    people.objects.create(phone=None, note="")
    people.objects.create(phone="", note="x")
    assert kept("phone") == [None, ""]
    assert kept("note")[0] == ""
    assert [one.phone for one in people.objects.order_by("id")] == [None, ""]
    assert [one.base for one in people.objects.order_by("id")] == [None, None]
    assert people.objects.filter(phone__isnull=True).count() == 1


def test_bulk_writes_encrypt_once(people: People) -> None:
    made = people.objects.bulk_create([people(phone=str(number), base=number) for number in range(30)])
    for one in made:
        one.phone = f"v1.{one.phone}"  # it looks like a token and is none
        one.base = Decimal(one.base or 0) + 1
    people.objects.bulk_update(made, ["phone", "base"])
    found = list(people.objects.order_by("id").values_list("phone", "base"))
    assert found == [(f"v1.{number}", Decimal(number + 1)) for number in range(30)]
    people.objects.update(phone="", base=Case(When(name="", then=Value(Decimal(7), output_field=people.base.field))))
    assert set(people.objects.values_list("phone", "base")) == {("", Decimal(7))}


def test_values_that_travel_through_a_query_are_read(people: People) -> None:
    one = people.objects.create(name="a", phone=PHONE, base=Decimal("-1.5"))
    inner = people.objects.filter(pk=OuterRef("pk")).values("base")
    found = people.objects.annotate(
        copy=F("phone"), either=Coalesce("note", "phone"), most=Max("phone"), pay=Subquery(inner)
    ).get(pk=one.pk)
    assert (found.copy, found.either, found.most, found.pay) == (PHONE, "", PHONE, Decimal("-1.50"))
    assert people.objects.values_list("base", flat=True)[0] == Decimal("-1.50")
    assert people.objects.only("name").get().phone == PHONE


def test_every_pay_has_a_ciphertext_of_one_length(people: People) -> None:
    amounts = [Decimal(text) for text in ("0", "-99999999.99", "99999999.99", "12.3", "-0.01")]
    people.objects.bulk_create([people(base=amount) for amount in amounts])
    assert len({len(token or "") for token in kept("base")}) == 1
    assert list(people.objects.order_by("id").values_list("base", flat=True)) == amounts


@pytest.mark.parametrize("amount", ["100000000", "1e9", "999999999.99"])
def test_an_amount_too_large_is_refused(people: People, amount: str) -> None:
    with pytest.raises(InvalidOperation):
        people.objects.create(base=Decimal(amount))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "six thousand"])
def test_what_is_no_amount_is_refused(people: People, amount: str) -> None:
    with pytest.raises(ValidationError):
        people.objects.create(base=amount)


@pytest.mark.parametrize(
    "question",
    [{"phone": PHONE}, {"phone__in": [PHONE]}, {"phone__startswith": "138"}, {"base__gt": 1}, {"phone": None},
     {"base__range": (1, 2)}, {"phone__length": 11}],
)  # fmt: skip
def test_filtering_is_refused_with_the_remedy(people: People, question: dict[str, Any]) -> None:
    for ask in (people.objects.filter, people.objects.exclude, people.objects.get):
        with pytest.raises(FieldError, match="encrypted"):
            ask(**question)
    with pytest.raises(FieldError, match="encrypted"):
        people.objects.filter(Q(name="a") | Q(**question))


def test_a_value_that_was_moved_or_written_plain_is_refused(people: People) -> None:
    people.objects.create(name="a", phone=PHONE, note="b")
    people.objects.update(note=F("phone"))
    with pytest.raises(SecretError, match=r"Person\.note"):
        people.objects.get()
    people.objects.update(note=F("name"))
    with pytest.raises(SecretError, match="without encryption"):
        people.objects.get()


def test_the_length_is_that_of_the_plain_text(people: People) -> None:
    people(name="a", phone="1" * 11, base=1).full_clean()
    with pytest.raises(ValidationError, match="11"):
        people(name="a", phone="1" * 12, base=1).full_clean()
    assert people.phone.field.formfield().max_length == 11
    assert people.base.field.formfield().decimal_places == 2
    with pytest.raises(ValidationError):
        people.phone.field.formfield().clean("1\0")


def test_a_column_that_looks_indexed_is_refused() -> None:
    class Indexed(models.Model):
        phone = EncryptedText(max_length=11, unique=True)
        base = EncryptedDecimal(max_digits=4, decimal_places=1, db_index=True)
        note = EncryptedText(max_length=9)

        class Meta:
            app_label = "controls"
            apps = Apps()

    assert [(one.id, one.obj.name) for one in Indexed.check() if one.id == "fenming.E001"] == [
        ("fenming.E001", "phone"),
        ("fenming.E001", "base"),
    ]
    assert Person.check() == []


def test_migrations_write_the_fields() -> None:
    field = EncryptedText(max_length=11, bound_to="people.Worker.phone", null=True)
    name, path, arguments, options = field.deconstruct()
    assert path == "fenming.controls.fields.EncryptedText"
    assert options == {"max_length": 11, "bound_to": "people.Worker.phone", "null": True}
    again = EncryptedText(*arguments, **options)
    assert again.deconstruct() == (name, path, arguments, options)
    text, imports = MigrationWriter.serialize(Person.base.field)
    assert text == "fenming.controls.fields.EncryptedDecimal(decimal_places=2, max_digits=10, null=True)"
    assert imports == {"import fenming.controls.fields"}


@pytest.mark.django_db(transaction=True)
def test_a_migration_adds_a_field_and_old_models_read_it(table: None, people: People) -> None:
    """A default fills the rows that stand there, and a historical model is bound to the same place."""
    people.objects.create(name="a", phone=PHONE)
    before = ProjectState()
    before.add_model(ModelState.from_model(people))
    after = before.clone()
    added = migrations.AddField("Person", "mail", EncryptedText(max_length=50, default="a@example.com"))
    added.state_forwards("controls", after)
    with connection.schema_editor() as editor:
        added.database_forwards("controls", editor, before, after)
    try:
        [old] = after.apps.get_model("controls", "Person").objects.all()
        assert (old.phone, old.mail) == (PHONE, "a@example.com")
        assert decrypt(kept("mail")[0] or "", "controls.Person.mail") == "a@example.com"
    finally:
        with connection.schema_editor() as editor:
            added.database_backwards("controls", editor, after, before)
        people.objects.all().delete()
