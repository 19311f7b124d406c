"""The editor: what is typed is kept, buttons change what they say, two editors never overwrite each other silently."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from fenming.controls.models import Operation, Run
from fenming.library.schemes import schemes
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, PASSWORD, SignIn, SmallCompany
from fenming.modules.people.models import Department
from fenming.modules.schemes.forms.parts import CURVES
from fenming.modules.schemes.models import Draft, SchemeVersion
from fenming.modules.schemes.queries.drafts import checked, first_day
from fenming.modules.schemes.tests.conftest import edit, form_of
from fenming.rules.periods import parse


def url(draft: Draft) -> str:
    return reverse("scheme-draft", args=[draft.pk])


def comparable(definition: dict[str, Any]) -> dict[str, Any]:
    scheme = checked(definition, 1, code="customer_service").scheme
    assert scheme is not None, checked(definition, 1).problems
    return scheme.model_dump(exclude={"valid_from", "department", "id"})


def test_saving_a_page_untouched_changes_nothing_of_what_the_scheme_means(draft: Draft, signed_in: SignIn) -> None:
    before = comparable(draft.definition)
    edit(signed_in("hr"), draft)
    assert comparable(draft.definition) == before


def test_every_shipped_scheme_survives_its_page(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    for scheme in schemes().values():
        definition = {**scheme.model_dump(mode="json"), "posts": []}
        Draft.objects.filter(pk=draft.pk).update(definition=definition)
        edit(client, draft)
        assert comparable(draft.definition) == comparable(definition), scheme.id


def test_every_curve_can_be_chosen_and_asks_for_its_own_fields(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    for kind, fields in ((kind, one.fields) for kind, one in CURVES.items()):
        edit(client, draft, "show:items-0", items__0__curve__kind=kind)
        assert draft.definition["items"][0]["curve"]["kind"] == kind
        sent = form_of(client.get(url(draft)).content)
        for field in fields:
            name = f"items-0-curve-{field.name}"
            assert any(one == name or one.startswith(f"{name}-0-") for one in sent)


def test_percentages_are_typed_as_percentages_and_kept_as_fractions(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    sent = form_of(client.get(url(draft)).content)
    assert sent["items-2-curve-target"] == ["85"]
    edit(client, draft, **{"items__2__curve__target": "８７．５％"})
    assert draft.definition["items"][2]["curve"]["target"] == "0.875"


def test_what_makes_no_sense_is_kept_as_typed_and_said(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    edit(client, draft, **{"items__0__curve__floor": "three", "items__0__weight": "31"})
    assert draft.definition["items"][0]["curve"]["floor"] == "three"
    page = client.get(url(draft)).content.decode()
    assert 'value="three"' in page
    assert "is not a number." in page


def test_weights_that_do_not_sum_are_said_and_brought_to_100(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    edit(client, draft, **{"items__0__weight": "35"})
    assert "The weights sum to 105: take off 5" in client.get(url(draft)).content.decode()
    edit(client, draft, "even")
    weights = [Decimal(item["weight"]) for item in draft.definition["items"]]
    assert sum(weights) == 100


def test_an_indicator_is_added_once_with_the_thresholds_that_a_shipped_scheme_gives_it(
    draft: Draft, signed_in: SignIn
) -> None:
    client = signed_in("hr")
    sent = edit(client, draft, "add:items", **{"new-item": "damage_rate"})
    names = [item["indicator"] for item in draft.definition["items"]]
    assert names[-1] == "damage_rate"
    assert draft.definition["items"][-1]["weight"] == "0"
    client.post(url(draft), {**sent, "do": "add:items"})
    draft.refresh_from_db()
    assert [item["indicator"] for item in draft.definition["items"]] == names


def test_a_rated_indicator_comes_with_a_step_for_each_level(draft: Draft, signed_in: SignIn) -> None:
    edit(signed_in("hr"), draft, "add:items", **{"new-item": "innovation_rating"})
    curve = draft.definition["items"][-1]["curve"]
    assert [step["at"] for step in curve["steps"]] == ["6", "5", "4", "3", "2", "1"]


def test_a_button_pressed_twice_counts_once(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    sent = edit(client, draft, "add:seasons")
    client.post(url(draft), {**sent, "do": "add:seasons"})
    draft.refresh_from_db()
    assert len(draft.definition["seasons"]) == 1


def test_seasons_are_typed_to_the_last_day_and_overlaps_are_refused(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    edit(client, draft, "add:seasons")
    first = {
        "seasons__0__name__zh": "大促", "seasons__0__start": "2026-11-01", "seasons__0__until": "2026-11-11",
        "seasons__0__weights__satisfaction_score": "40",
    }  # fmt: skip
    edit(client, draft, "add:seasons", **first)
    assert draft.definition["seasons"][0]["until"] == "2026-11-12"
    assert checked(draft.definition, draft.department_id).problems
    edit(
        client, draft, seasons__1__name__zh="双十二", seasons__1__start="2026-11-11", seasons__1__until="2026-12-12",
        seasons__1__weights__satisfaction_score="50",
    )  # fmt: skip
    assert "Two seasons overlap on 2026-11-11" in client.get(url(draft)).content.decode()


def test_the_second_of_two_editors_is_told_what_changed_and_loses_nothing(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    mine = form_of(client.get(url(draft)).content)
    edit(client, draft, **{"items__0__weight": "32", "items__1__weight": "23"})
    mine["name-en"] = ["My own name"]
    answer = client.post(url(draft), {**mine, "do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Somebody else has changed this draft meanwhile" in page
    assert "30% → 32%" in page
    assert 'value="My own name"' in page
    draft.refresh_from_db()
    assert draft.definition["items"][0]["weight"] == "32"
    again = form_of(answer.content)
    assert client.post(url(draft), {**again, "do": "save"}).status_code == 302
    draft.refresh_from_db()
    assert draft.definition["name"]["en"] == "My own name"


def test_a_page_is_never_late_after_itself(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    sent = form_of(client.get(url(draft)).content)
    for weight in ("31", "32", "33"):
        answer = client.post(url(draft), {**sent, "items-0-weight": weight, "do": "live"})
        assert b"Saved at" in answer.content
    draft.refresh_from_db()
    assert draft.definition["items"][0]["weight"] == "33"


def test_a_late_page_that_saves_itself_never_overwrites(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    late = form_of(client.get(url(draft)).content)
    edit(client, draft, **{"items__0__weight": "32"})
    for _ in range(2):
        answer = client.post(url(draft), {**late, "items-0-weight": "11", "do": "live"})
        assert b"Not saved" in answer.content
        late["version"] = form_of(answer.content)["version"]
    draft.refresh_from_db()
    assert draft.definition["items"][0]["weight"] == "32"


def test_drawing_a_curve_saves_nothing(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    sent = form_of(client.get(url(draft)).content)
    dragged = {**sent, "items-0-curve-target": "4.6", "frame-low": "2", "frame-high": "5", "do": "draw:0"}
    answer = client.post(url(draft), dragged)
    assert b'data-low="2"' in answer.content
    assert b"4.6" in answer.content
    draft.refresh_from_db()
    assert draft.version == 1
    assert client.post(url(draft), {**sent, "do": "draw:99"}).status_code == 404
    assert client.post(url(draft), {**sent, "do": "draw:-1"}).status_code == 404


def test_markup_in_names_stays_text(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    hostile = '"><script>alert(1)</script>'
    edit(client, draft, name__zh=hostile, name__en=hostile, note=hostile, seasons__0__name__zh=hostile)
    assert draft.definition["name"]["zh"] == hostile
    assert "<script>alert" not in client.get(reverse("schemes")).content.decode()
    for path in (url(draft), f"{reverse('scheme-diff')}?before=v{draft.base_id}&after=d{draft.pk}"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_ten_thousand_characters_are_kept_and_refused_in_words(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    edit(client, draft, name__en="字" * 10_000)
    assert len(draft.definition["name"]["en"]) == 10_000
    assert "has 10000 characters; 1000 at most." in client.get(url(draft)).content.decode().replace(",", "")


def test_hostile_formulas_are_refused_in_words(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    edit(client, draft, "show:items-0", items__0__targets__kind="formula")
    for formula in ("__import__('os').system('ls')", "last ** last", "(" * 190, "9" * 5000):
        edit(client, draft, items__0__targets__formula=formula)
        assert client.get(url(draft)).status_code == 200
        assert checked(draft.definition, draft.department_id).scheme is None


HOSTILE = ("\0", "NaN", "Infinity", "1e999999", "-1", "9" * 400, "<b>", "٣", "0x10", "1_000")


def test_no_number_that_somebody_types_breaks_the_page(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    sent = form_of(client.get(url(draft)).content)
    kept = ("indicator", "kind", "-id", "missing")
    for value in HOSTILE:
        typed = {name: value for name in sent if name.startswith(("items", "adjust", "vetoes", "grades", "bonus"))}
        all_of_it = {**sent, **{name: one for name, one in typed.items() if not name.endswith(kept)}}
        assert client.post(url(draft), {**all_of_it, "version": value, "do": "live"}).status_code == 200
        assert client.post(url(draft), {**all_of_it, "do": "save"}).status_code in {200, 302}
        assert client.get(url(draft)).status_code == 200


def test_nothing_at_all_is_a_draft_too(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    answer = client.post(url(draft), {"version": "1", "form": "x"})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.definition["items"] == []
    assert client.get(url(draft)).status_code == 200


def test_the_editor_shows_how_people_read_last_period(
    draft: Draft, small_company: SmallCompany, signed_in: SignIn
) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    page = signed_in("hr").get(url(draft)).content.decode()
    assert "at the target or better" in page
    assert "2026-10" in page


def test_the_editor_asks_few_questions(
    draft: Draft,
    small_company: SmallCompany,
    signed_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    client = signed_in("hr")
    client.get(url(draft))
    with django_assert_max_num_queries(15):
        client.get(url(draft))


def test_each_saving_is_told_in_the_log_with_what_it_changed(draft: Draft, signed_in: SignIn) -> None:
    edit(signed_in("hr"), draft, **{"items__0__weight": "29"})
    entry = Operation.objects.filter(action="schemes.save").latest("id")
    assert any("30% → 29%" in one for one in entry.after["changed"])


def test_who_only_sees_schemes_cannot_draft(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("KF1")
    assert client.get(url(draft)).status_code == 403
    assert client.get(reverse("scheme-new")).status_code == 403


def test_an_approver_reads_and_does_not_edit(draft: Draft, signed_in: SignIn) -> None:
    open_accounts([NewAccount(name="second", role="hr")], password=PASSWORD)
    Draft.objects.filter(pk=draft.pk).update(state=Draft.State.SUBMITTED)
    client = signed_in("second")
    assert b"scheme-form" not in client.get(url(draft)).content
    answer = client.post(url(draft), {"version": "1", "do": "save"})
    assert answer.status_code == 200
    assert b"has been submitted" in answer.content


@pytest.fixture
def department(small_company: SmallCompany) -> Department:
    return Department.objects.get(code="customer_service")


@pytest.fixture
def governing(department: Department) -> SchemeVersion:
    return SchemeVersion.objects.get(department=department)


def begun(client: Client, department: Department, source: str, **given: Any) -> list[Draft]:
    """What a form sent twice begins."""
    sent = {"form": "once", "department": department.pk, "source": source, "shipped": "courier", **given}
    for _ in range(2):
        answer = client.post(reverse("scheme-new"), sent)
    assert answer.status_code == (302 if Draft.objects.exists() else 200)
    return list(Draft.objects.all())


@pytest.mark.parametrize(("source", "identifier"), [("shipped", "courier-2"), ("version", "customer_service-2"),
                                                    ("empty", "scheme")])  # fmt: skip
def test_a_draft_beside_another_scheme_is_for_the_posts_that_are_named(
    source: str, identifier: str, department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    client = signed_in("hr")
    (draft,) = begun(client, department, source, version=governing.pk, place="others", posts=["cs_agent"])
    assert (draft.identifier, draft.definition["posts"]) == (identifier, ["cs_agent"])
    assert client.get(url(draft)).status_code == 200


@pytest.mark.parametrize("source", ["shipped", "version", "empty"])
def test_a_draft_that_changes_a_scheme_goes_on_under_its_id_and_for_its_posts(
    source: str, department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    (draft,) = begun(signed_in("hr"), department, source, version=governing.pk, place=governing.pk)
    assert (draft.identifier, draft.base) == ("customer_service", governing)
    assert draft.definition["posts"] == governing.definition["posts"]
    scored = draft.definition["items"][0]["indicator"] if draft.definition["items"] else ""
    assert scored == {"shipped": "on_time_delivery_rate", "version": "satisfaction_score", "empty": ""}[source]


def test_to_draft_a_change_of_a_scheme_no_more_is_asked(
    department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    (draft,) = begun(signed_in("hr"), department, "version", version=governing.pk)
    assert (draft.identifier, draft.base) == ("customer_service", governing)


def test_one_press_on_a_schemes_page_begins_a_change_from_the_next_month(
    department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    client, address = signed_in("hr"), reverse("scheme", args=["customer_service"])
    page = client.get(address).content.decode()
    assert "A change is under way" not in page
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page[page.index(reverse("scheme-new")) :]))
    for _ in range(2):
        client.post(reverse("scheme-new"), sent)
    (draft,) = Draft.objects.all()
    today = timezone.localdate()
    assert draft.base == governing
    assert draft.valid_from == parse(f"{today:%Y-%m}").end
    page = client.get(address).content.decode()
    assert "A change is under way" in page
    assert url(draft) in page
    Draft.objects.update(state=Draft.State.WITHDRAWN)
    assert "A change is under way" not in client.get(address).content.decode()


def test_a_first_scheme_holds_from_this_month_or_what_is_not_closed(small_company: SmallCompany) -> None:
    department = Department.objects.get(code="customer_service")
    month = parse(f"{timezone.localdate():%Y-%m}")
    assert first_day(department.pk, changes=False) == month.start
    for one in (month, parse(f"{month.end:%Y-%m}")):
        settle(small_company.engine, small_company.lake, one, folder=small_company.runs, kind=Run.Kind.CLOSE)
        assert first_day(department.pk, changes=False) == first_day(department.pk, changes=True) == one.end


@pytest.mark.parametrize("given", [{}, {"place": "others"}, {"place": "0"}, {"place": "others", "posts": ["nobody"]}])
def test_beside_another_scheme_nothing_begins_for_all_other_posts_unasked(
    given: dict[str, Any], department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    client = signed_in("hr")
    assert not begun(client, department, "shipped", **given)
    sent = {"department": department.pk, "source": "shipped", "shipped": "courier", **given}
    page = client.post(reverse("scheme-new"), sent).content.decode()
    assert "Changes “Customer service”" in page
    assert "(now: Customer service)" in page


def test_nothing_is_chosen_but_what_fits(department: Department, signed_in: SignIn) -> None:
    client = signed_in("hr")
    assert 'value="" selected' in client.get(reverse("scheme-new")).content.decode()
    chosen = f'<option value="{department.pk}" selected>'
    for asked in ({"shipped": "customer_service"}, {"department": f"{department.pk}"}):
        page = client.get(reverse("scheme-new"), asked).content.decode()
        assert chosen in page
        assert '<option value="customer_service" selected>' in page
        assert "Changes “Customer service”" in page


def test_a_department_without_a_scheme_is_asked_nothing_more(
    department: Department, governing: SchemeVersion, signed_in: SignIn
) -> None:
    SchemeVersion.objects.filter(pk=governing.pk).delete()
    (draft,) = begun(signed_in("hr"), department, "shipped")
    assert draft.definition["posts"] == []


@pytest.mark.parametrize("asked", ["x", "0", "9" * 40, "\0"])
def test_no_address_breaks_the_beginning(asked: str, small_company: SmallCompany, signed_in: SignIn) -> None:
    names = ("department", "source", "shipped", "version", "place")
    assert signed_in("hr").get(reverse("scheme-new"), dict.fromkeys(names, asked)).status_code == 200
