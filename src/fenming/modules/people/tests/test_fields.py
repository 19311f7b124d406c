"""Defining the company's own fields, and what becomes of their values."""

from typing import Any

import pytest
from django.urls import reverse

from fenming.controls.models import Operation, Work
from fenming.controls.operations import SYSTEM
from fenming.library.text import Refusal
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.jobs import rewrite_search
from fenming.modules.people.models import CustomField, Employee
from fenming.modules.people.operations import custom as operations
from fenming.modules.people.operations.custom import NewField

TYPED = {"name_zh": "衣服尺码", "on": "employee", "kind": "choice", "choices": "S\n M \n\nM\n", "version": 0}


def typed(**more: Any) -> dict[str, Any]:
    return TYPED | {"seen_with": "people.view"} | more


def field(code: str) -> CustomField:
    return CustomField.objects.get(code=code)


def values(code: str, **by_number: Any) -> None:
    for number, value in by_number.items():
        Employee.objects.filter(number=number).update(custom={code: value})


@pytest.mark.usefixtures("small_company")
def test_a_field_is_made_on_its_page_and_asked_for_in_the_file(signed_in: SignIn) -> None:
    client = signed_in("hr")
    assert 'value="yifuchima"' in client.get(reverse("field-new"), {"name_zh": "衣服尺码"}).content.decode()
    assert client.post(reverse("field-new"), typed()).status_code == 302
    made = field("yifuchima")
    assert made.choices == ["S", "M"]
    assert Operation.objects.filter(action="fields.add", object="field yifuchima").exists()
    assert "衣服尺码" in client.get(reverse("fields")).content.decode()
    assert "衣服尺码" in client.get(reverse("person-edit", args=["KF2"])).content.decode()
    assert "衣服尺码" not in client.get(reverse("fields"), {"on": "post"}).content.decode()


@pytest.mark.usefixtures("small_company")
def test_the_search_is_rewritten_when_it_looks_into_another_field(signed_in: SignIn) -> None:
    client = signed_in("hr")
    operations.add(SYSTEM, "employee", "skill", NewField(name_zh="特长"))
    values("skill", KF2="Juggling")
    given = typed(name_zh="特长", kind="text", choices="", version=1)
    client.post(reverse("field", args=["skill"]), given | {"name_en": "Skill"})
    assert not Work.objects.filter(job="people.rewrite_search").exists()
    client.post(reverse("field", args=["skill"]), given | {"searchable": "on", "version": 2})
    assert Work.objects.filter(job="people.rewrite_search").count() == 1
    rewrite_search.now()
    assert Employee.objects.get(search__contains="juggling").number == "KF2"
    assert "赵辉" in client.get(reverse("people"), {"q": "juggling"}).content.decode()
    client.post(reverse("field-retire", args=["skill"]), {"version": 3})
    rewrite_search.now()
    assert not Employee.objects.filter(search__contains="juggling").exists()


@pytest.mark.usefixtures("small_company")
@pytest.mark.parametrize("code", ["contains", "isnull", "9a", "a__b", "A", "a-b", "中"])
def test_codes_that_mean_something_else_are_refused(signed_in: SignIn, code: str) -> None:
    answer = signed_in("hr").post(reverse("field-new"), typed(code=code))
    assert answer.status_code == 200
    assert f'value="{code}"' in answer.content.decode()
    assert not CustomField.objects.exists()


@pytest.mark.usefixtures("small_company")
def test_hostile_names_and_choices_are_shown_as_text(signed_in: SignIn) -> None:
    client, evil = signed_in("hr"), '<script>alert(1)</script>"'
    client.post(reverse("field-new"), typed(name_zh=evil, code="evil", choices=f"{evil}\n=1+1"))
    assert field("evil").choices == [evil, "=1+1"]
    assert client.post(reverse("field-new"), typed(code="nul", choices="a\0b")).status_code == 200
    for address in (reverse("fields"), reverse("person-edit", args=["KF2"])):
        assert "<script>alert" not in client.get(address).content.decode()


@pytest.mark.usefixtures("small_company")
def test_a_type_changes_only_where_every_value_follows() -> None:
    made = operations.add(SYSTEM, "employee", "size", NewField(name_zh="尺码"))
    values("size", KF1="42", KF2="1,000", KF3="large")
    number = NewField(name_zh="尺码", kind="number")
    with pytest.raises(Refusal, match="Of 3 values, 1 do not fit the new type or choices: “large”"):
        operations.change(SYSTEM, made, number, version=1)
    values("size", KF3="7.50")
    with pytest.raises(operations.Converts, match="All 3 values fit, and 2 would be rewritten"):
        operations.change(SYSTEM, made, number, version=1)
    assert Employee.objects.get(number="KF2").custom == {"size": "1,000"}
    before = Employee.objects.get(number="KF2").version
    operations.change(SYSTEM, made, number, version=1, sure=True)
    kept = {one.number: one.custom.get("size") for one in Employee.objects.filter(custom__has_key="size")}
    assert kept == {"KF1": "42", "KF2": "1000", "KF3": "7.5"}
    assert Employee.objects.get(number="KF2").version == before + 1
    assert field("size").kind == "number"


@pytest.mark.usefixtures("small_company")
def test_a_choice_that_somebody_has_stays() -> None:
    made = operations.add(SYSTEM, "employee", "size", NewField(name_zh="尺码", kind="choice", choices=("S", "M")))
    values("size", KF1="M")
    with pytest.raises(Refusal, match="“M”"):
        operations.change(SYSTEM, made, NewField(name_zh="尺码", kind="choice", choices=("S", "L")), version=1)
    operations.change(SYSTEM, made, NewField(name_zh="尺码", kind="choice", choices=("S", "M", "L")), version=1)
    assert field("size").choices == ["S", "M", "L"]


@pytest.mark.usefixtures("small_company")
def test_a_retired_field_keeps_its_values_and_comes_back(signed_in: SignIn) -> None:
    operations.add(SYSTEM, "employee", "size", NewField(name_zh="尺码"))
    values("size", KF2="42")
    client = signed_in("hr")
    assert client.post(reverse("field-retire", args=["size"]), {"version": 1}).status_code == 302
    assert "尺码" not in client.get(reverse("person-edit", args=["KF2"])).content.decode()
    assert Employee.objects.get(number="KF2").custom == {"size": "42"}
    client.post(reverse("field-retire", args=["size"]), {"version": 2})
    assert not field("size").retired


@pytest.mark.usefixtures("small_company")
def test_the_second_of_two_editors_of_a_field_is_told(signed_in: SignIn) -> None:
    made = operations.add(SYSTEM, "employee", "size", NewField(name_zh="尺码"))
    operations.change(SYSTEM, made, NewField(name_zh="鞋码"), version=1)
    given = typed(name_zh="帽码", kind="text", choices="", version=1)
    text = signed_in("hr").post(reverse("field", args=["size"]), given).content.decode()
    assert "鞋码" in text
    assert 'value="帽码"' in text
    assert field("size").name_zh == "鞋码"


@pytest.mark.django_db
def test_there_are_at_most_a_hundred_fields() -> None:
    CustomField.objects.bulk_create(CustomField(code=f"f{at}", name_zh="一") for at in range(100))
    with pytest.raises(Refusal, match="at most 100"):
        operations.add(SYSTEM, "post", "one_more", NewField(name_zh="多"))
    operations.retire(SYSTEM, field("f0"), version=1)
    operations.add(SYSTEM, "post", "one_more", NewField(name_zh="多"))
    with pytest.raises(Refusal):
        operations.bring_back(SYSTEM, field("f0"), version=2)


@pytest.mark.usefixtures("small_company")
@pytest.mark.parametrize("name", ["KF1", "KF2"])
def test_others_do_not_edit_fields(signed_in: SignIn, name: str) -> None:
    for address in (reverse("fields"), reverse("field-new")):
        assert signed_in(name).get(address).status_code == 403


def test_the_pages_take_few_queries(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for at in range(30):
        CustomField.objects.create(code=f"f{at}", name_zh="一", kind="choice", choices=["a"])
    client = signed_in("hr")
    for address in (reverse("fields"), reverse("field", args=["f1"])):
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200
