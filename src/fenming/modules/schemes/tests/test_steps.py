"""A draft's way into force, what of it is public, and what a version within a period means."""

import io
from datetime import date
from decimal import Decimal

import fastexcel
import pytest
import xlsxwriter
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from fenming.controls.models import Operation, Run
from fenming.controls.operations import Actor
from fenming.library.indicators import indicators
from fenming.library.schemes import Scheme, schemes
from fenming.library.text import Refusal
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, PASSWORD, SignIn, SmallCompany
from fenming.modules.indicators.operations.publishing import publish as publish_indicator
from fenming.modules.messages.models import Message
from fenming.modules.people.models import Department
from fenming.modules.schemes.models import Draft, SchemeVersion, Scorecard, ScoreLine
from fenming.modules.schemes.operations import drafts as operations
from fenming.modules.schemes.operations import publish, withdraw
from fenming.modules.schemes.queries import people_of
from fenming.modules.schemes.queries.differences import differences, of_definition
from fenming.modules.schemes.queries.readings import Readings, readings
from fenming.modules.schemes.queries.warnings import warnings
from fenming.rules.periods import parse

NOVEMBER = parse("2026-11")


@pytest.fixture
def second(small_company: SmallCompany) -> Actor:
    """Another HR manager, who may approve."""
    open_accounts([NewAccount(name="second", role="hr")], password=PASSWORD)
    return Actor(user=User.objects.get(username="second").pk, name="second")


@pytest.fixture
def author() -> Actor:
    return Actor(user=User.objects.get(username="hr").pk, name="hr")


def step(draft: Draft, name: str) -> str:
    return reverse("scheme-draft-act", args=[draft.pk, name])


def reweighed(definition: dict[str, object], *weights: int) -> dict[str, object]:
    items = definition["items"]
    assert isinstance(items, list)
    return {**definition, "items": [{**item, "weight": str(one)} for item, one in zip(items, weights, strict=True)]}


# Approval


def test_somebody_else_approves_is_told_and_publishes_for_later(draft: Draft, second: Actor, signed_in: SignIn) -> None:
    mine, theirs = signed_in("hr"), signed_in("second")
    mine.post(step(draft, "submit"))
    todo = Message.objects.get(recipient=second.user, topic="schemes.approve")
    assert todo.url == reverse("scheme-draft", args=[draft.pk])
    assert todo.url in theirs.get(reverse("scheme-approvals")).content.decode()
    theirs.post(step(draft, "approve"))
    todo.refresh_from_db()
    assert todo.done_at is not None
    theirs.post(step(draft, "publish"), {"valid_from": "2027-01-01"})
    draft.refresh_from_db()
    assert (draft.state, draft.approver_id) == ("published", second.user)
    old, new = SchemeVersion.objects.filter(identifier="customer_service").order_by("valid_from")
    assert (old.valid_to, new.valid_from, new.valid_to) == (date(2027, 1, 1), date(2027, 1, 1), None)


def test_a_scheme_with_an_indicator_of_the_companys_own_comes_into_force(
    draft: Draft, author: Actor, signed_in: SignIn
) -> None:
    one = indicators()["response_time"].model_copy(update={"id": "daytime_response"})
    publish_indicator(author, one, NOVEMBER.start, "nobody is there at night")
    items = draft.definition["items"]
    own = [{**items[0], "indicator": "daytime_response"}, *items[1:]]
    Draft.objects.filter(pk=draft.pk).update(definition={**draft.definition, "items": own})
    client = signed_in("hr")
    assert client.get(reverse("scheme-draft", args=[draft.pk])).status_code == 200
    for name, given in (("submit", {}), ("approve", {"reason": "alone"}), ("publish", {"valid_from": "2027-01-01"})):
        client.post(step(draft, name), given)
    draft.refresh_from_db()
    assert draft.published is not None
    assert draft.published.definition["items"][0]["indicator"] == "daytime_response"
    assert draft.published.definition["indicators"] == {}
    assert client.get(reverse("scheme", args=[draft.identifier]), {"version": draft.published.pk}).status_code == 200


def test_ones_own_draft_needs_a_reason_and_the_log_says_so(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    client.post(step(draft, "submit"))
    client.post(step(draft, "approve"))
    draft.refresh_from_db()
    assert draft.state == "submitted"
    client.post(step(draft, "approve"), {"reason": "nobody else is here"})
    draft.refresh_from_db()
    assert draft.state == "approved"
    entry = Operation.objects.get(action="schemes.approve")
    assert entry.after["own"] is True
    assert entry.after["reason"] == "nobody else is here"


def test_whoever_changed_a_draft_does_not_approve_it_without_a_reason(
    draft: Draft, second: Actor, signed_in: SignIn
) -> None:
    note = operations.Saved(definition=draft.definition, version=draft.version, form="f", note="heavier")
    operations.save(second, draft.pk, note)
    signed_in("hr").post(step(draft, "submit"))
    client = signed_in("second")
    assert b"Why you approve it yourself" in client.get(reverse("scheme-draft", args=[draft.pk])).content
    client.post(step(draft, "approve"))
    draft.refresh_from_db()
    assert draft.state == "submitted"
    client.post(step(draft, "approve"), {"reason": "nobody else is here"})
    entry = Operation.objects.get(action="schemes.approve")
    assert entry.after["own"] is True


def test_what_is_approved_is_what_was_seen(draft: Draft, second: Actor, author: Actor, signed_in: SignIn) -> None:
    operations.submit(author, draft)
    seen = Draft.objects.get(pk=draft.pk)
    operations.give_back(second, Draft.objects.get(pk=draft.pk), answer="why?")
    note = operations.Saved(definition=draft.definition, version=seen.version, form="f", note="other words")
    operations.save(author, draft.pk, note)
    operations.submit(author, Draft.objects.get(pk=draft.pk))
    client = signed_in("second")
    answer = client.post(step(draft, "approve"), {"version": str(seen.version)}, follow=True)
    assert b"changed since you opened it" in answer.content
    with pytest.raises(Refusal, match="changed since"):
        operations.approve(second, seen)
    assert Draft.objects.get(pk=draft.pk).state == "submitted"
    client.post(step(draft, "approve"), {"version": str(Draft.objects.get(pk=draft.pk).version)})
    assert Draft.objects.get(pk=draft.pk).state == "approved"


def test_steps_out_of_turn_and_twice_change_nothing(draft: Draft, second: Actor, signed_in: SignIn) -> None:
    client = signed_in("second")
    for name in ("approve", "publish", "return"):
        client.post(step(draft, name), {"valid_from": "2027-01-01", "answer": "no"})
    draft.refresh_from_db()
    assert draft.state == "drafting"
    for _ in range(2):
        client.post(step(draft, "submit"))
    assert Operation.objects.filter(action="schemes.submit").count() == 1


def test_a_returned_draft_can_be_edited_again_and_its_author_is_told(
    draft: Draft, second: Actor, signed_in: SignIn
) -> None:
    signed_in("hr").post(step(draft, "submit"))
    signed_in("second").post(step(draft, "return"), {"answer": "<b>weights?</b>"})
    draft.refresh_from_db()
    assert draft.is_open
    assert Message.objects.filter(recipient=draft.author, topic="schemes.answer").exists()
    page = signed_in("hr").get(reverse("scheme-draft", args=[draft.pk])).content.decode()
    assert "scheme-form" in page
    assert "&lt;b&gt;weights?" in page


def test_an_unfinished_draft_cannot_be_submitted(draft: Draft, author: Actor) -> None:
    draft.definition = reweighed(draft.definition, 30, 30, 20, 15, 10)
    draft.save()
    with pytest.raises(Refusal, match="1 thing is still to be mended"):
        operations.submit(author, draft)


# Publishing


def approved(draft: Draft) -> Draft:
    Draft.objects.filter(pk=draft.pk).update(state=Draft.State.APPROVED)
    draft.refresh_from_db()
    return draft


def test_nothing_is_published_into_a_closed_period(draft: Draft, small_company: SmallCompany, author: Actor) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, kind=Run.Kind.CLOSE)
    with pytest.raises(Refusal, match="The earliest day is 2026-11-01"):
        operations.publish_draft(author, approved(draft), valid_from=date(2026, 10, 15))
    assert operations.publish_draft(author, draft, valid_from=date(2026, 11, 1)).valid_from == date(2026, 11, 1)


def test_a_post_has_one_scheme(draft: Draft, author: Actor) -> None:
    Draft.objects.filter(pk=draft.pk).update(identifier="another", state=Draft.State.APPROVED)
    draft.refresh_from_db()
    with pytest.raises(Refusal, match="Another scheme holds for"):
        operations.publish_draft(author, draft, valid_from=date(2026, 12, 1))


def test_a_version_within_a_period_counts_pro_rata_by_days(small_company: SmallCompany) -> None:
    department = Department.objects.get(code="customer_service")
    changed = reweighed(schemes()["customer_service"].model_dump(mode="json"), 10, 45, 20, 15, 10)
    publish(Scheme.model_validate(changed), department.pk, valid_from=date(2026, 10, 11))
    found, people = people_of(OCTOBER)
    stays = {one.person: one.stays for one in people}["KF1"]
    assert [(one.scheme, (one.end - one.start).days) for one in stays] == [
        ("customer_service@2026-01-01", 10),
        ("customer_service", 21),
    ]
    weights = {one.id: one.items[0].weight for one in found}
    assert (weights["customer_service@2026-01-01"], weights["customer_service"]) == (30, 10)
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    card = Scorecard.objects.get(run=run, employee__number="KF1")
    assert {line.span for line in card.lines.all()} == {1, 2}
    assert card.scheme == "customer_service"


def test_a_version_taken_back_lets_the_one_before_go_on(small_company: SmallCompany) -> None:
    department = Department.objects.get(code="customer_service")
    version = publish(schemes()["customer_service"], department.pk, valid_from=date(2027, 1, 1))
    withdraw(Actor(), version)
    assert SchemeVersion.objects.get(identifier="customer_service").valid_to is None


def test_a_version_before_the_newest_is_refused(small_company: SmallCompany) -> None:
    department = Department.objects.get(code="customer_service")
    publish(schemes()["customer_service"], department.pk, valid_from=date(2027, 1, 1))
    with pytest.raises(Refusal, match="from 2027-01-01 on"):
        publish(schemes()["customer_service"], department.pk, valid_from=date(2026, 12, 1))


# Own targets


def with_rule(rule: dict[str, object], *, valid_from: date) -> None:
    department = Department.objects.get(code="customer_service")
    definition = schemes()["customer_service"].model_dump(mode="json")
    definition["items"][0]["targets"] = rule
    publish(Scheme.model_validate(definition), department.pk, valid_from=valid_from)


def test_targets_from_history_are_resolved_from_the_run_that_speaks(small_company: SmallCompany) -> None:
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    with_rule({"kind": "history", "periods": 2, "factor": "1.1"}, valid_from=date(2026, 11, 1))
    value = ScoreLine.objects.get(
        scorecard__run=run, scorecard__employee__number="KF1", indicator="satisfaction_score"
    ).value
    people = {one.person: one for one in people_of(NOVEMBER)[1]}
    assert value is not None
    assert abs(people["KF1"].targets["satisfaction_score"] - value * Decimal("1.1")) < Decimal("0.000001")
    assert [one.rule for one in people["KF1"].targets_told["satisfaction_score"]] == [
        "target.history.own",
        "target.own",
    ]


def test_without_history_the_schemes_target_holds_and_the_scorecard_says_so(small_company: SmallCompany) -> None:
    with_rule({"kind": "history", "periods": 2}, valid_from=date(2026, 10, 1))
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    line = ScoreLine.objects.get(
        scorecard__run=run, scorecard__employee__number="KF1", indicator="satisfaction_score", scorecard__team="一组"
    )
    assert line.target == Decimal("4.5")
    assert [rule for rule, _, _ in line.because if rule.startswith("target.")] == ["target.no_history", "target.usual"]


def test_gathering_targets_asks_two_more_questions_for_everybody(
    small_company: SmallCompany, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    with_rule({"kind": "formula", "formula": "(last + target) / 2"}, valid_from=date(2026, 11, 1))
    with django_assert_max_num_queries(8):
        people_of(NOVEMBER)


def sheet(*rows: tuple[str, ...]) -> SimpleUploadedFile:
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True})
    page = book.add_worksheet()
    for number, row in enumerate([("Number", "Name", "Target"), *rows]):
        page.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("targets.xlsx", body.getvalue())


def test_personal_targets_come_from_excel_and_each_wrong_row_says_why(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    address = reverse("scheme-targets", args=[draft.pk, 2])
    wrong = sheet(("KF1", "", "90"), ("WL1", "", "90"), ("KF1", "", "80"), ("KF2", "", "much"))
    page = client.post(address, {"file": wrong, "version": "1", "form": "a"}).content.decode()
    for said in ("Row 3: Nobody of this department", "Row 4: KF1 stands there twice", "Row 5: “much” is not a number"):
        assert said in page
    draft.refresh_from_db()
    assert draft.definition["items"][2]["targets"] is None
    client.post(address, {"file": sheet(("KF1", "", "90%"), ("KF2", "", "")), "version": "1", "form": "b"})
    draft.refresh_from_db()
    assert draft.definition["items"][2]["targets"] == {"kind": "person", "people": {"KF1": "0.9"}}
    filled = fastexcel.read_excel(client.get(f"{address}?sheet").content).load_sheet(0).to_polars()
    assert filled.height == 4


@pytest.mark.parametrize("content", [b"", b"no excel", b"PK\x03\x04broken"])
def test_what_is_no_excel_file_is_refused_in_words(content: bytes, draft: Draft, signed_in: SignIn) -> None:
    file = SimpleUploadedFile("targets.xlsx", content)
    answer = signed_in("hr").post(reverse("scheme-targets", args=[draft.pk, 0]), {"file": file, "version": "1"})
    assert answer.status_code == 200
    assert "Nothing was taken in" in answer.content.decode()


# Public rules


def test_an_employee_reads_the_scheme_that_holds_with_only_the_own_target(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    with_rule({"kind": "person", "people": {"KF4": "4.123", "KF3": "4.777"}}, valid_from=date(2026, 2, 1))
    client = signed_in("KF4")
    for path in (reverse("my-scheme"), reverse("scheme", args=["customer_service"])):
        page = client.get(path).content.decode()
        assert "4.123" in page
        assert "4.777" not in page
    assert client.get(reverse("scheme", args=["logistics"])).status_code == 404
    assert client.get(reverse("indicator", args=["satisfaction_score"])).status_code == 200
    assert client.get(reverse("indicator", args=["damage_rate"])).status_code == 404


def test_pages_for_reading_ask_few_questions(
    draft: Draft,
    small_company: SmallCompany,
    signed_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    draft.state = Draft.State.SUBMITTED
    draft.save()
    client = signed_in("hr")
    paths = [
        reverse("schemes"),
        reverse("scheme", args=["customer_service"]),
        reverse("scheme-draft", args=[draft.pk]),
        reverse("scheme-approvals"),
        f"{reverse('scheme-diff')}?before=v{draft.base_id}&after=d{draft.pk}",
        reverse("indicator", args=["satisfaction_score"]),
        reverse("scheme-new"),
    ]
    for path in paths:
        client.get(path)
        with django_assert_max_num_queries(15):
            assert client.get(path).status_code == 200, path
    phone = signed_in("KF4")
    phone.get(reverse("my-scheme"))
    with django_assert_max_num_queries(15):
        phone.get(reverse("my-scheme"))


@pytest.mark.parametrize("query", ["before=v1&after=v999999", "before=x&after=d1", f"before=v{'9' * 30}&after=v1"])
def test_a_difference_with_nothing_is_not_found(query: str, small_company: SmallCompany, signed_in: SignIn) -> None:
    assert signed_in("hr").get(f"{reverse('scheme-diff')}?{query}").status_code == 404


def test_files_come_in_again_as_they_went_out(draft: Draft, signed_in: SignIn) -> None:
    client = signed_in("hr")
    text = client.get(reverse("scheme-file", args=[draft.base_id, "yaml"])).content
    assert yaml.safe_load(text)["items"][0]["indicator"] == "satisfaction_score"
    assert client.get(reverse("scheme-file", args=[draft.base_id, "xlsx"])).content[:2] == b"PK"
    given = {"department": draft.department_id, "source": "file", "form": "f", "place": draft.base_id}
    client.post(reverse("scheme-new"), {**given, "file": SimpleUploadedFile("scheme.yaml", text)})
    made = Draft.objects.exclude(pk=draft.pk).get()
    assert not differences(of_definition(draft.definition), of_definition(made.definition))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"items: [", "no YAML that can be read"),
        (b"[1, 2]", "This is no scheme"),
        (f"items: []\n{BOMB}".encode(), "larger than a scheme"),
        (b"- " * 5000, "This is no scheme"),
    ],
)
def test_a_file_that_is_no_scheme_teaches(
    content: bytes, said: str, small_company: SmallCompany, signed_in: SignIn
) -> None:
    department = Department.objects.get(code="customer_service")
    file = SimpleUploadedFile("scheme.yaml", content)
    answer = signed_in("hr").post(reverse("scheme-new"), {"department": department.pk, "source": "file", "file": file})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Draft.objects.exists()


# Warnings


def kinds(scheme: Scheme, past: Readings) -> dict[str, str]:
    return {one.kind: one.indicator for one in warnings(scheme, past)}


def past_of(**values: list[str | None]) -> Readings:
    lines = {
        name: {person: None if one is None else Decimal(one) for person, one in enumerate(found)}
        for name, found in values.items()
    }
    return Readings(runs=(Run(pk=1, label="2026-10"),), values={1: lines})


def test_what_nobody_could_explain_is_said() -> None:
    scheme = schemes()["customer_service"]
    steady = [str(4 + number / 10) for number in range(10)]
    past = past_of(
        satisfaction_score=steady,
        response_time=[str(10 + number) for number in range(10)],
        resolution_rate=["0.99"] * 10,
        repeat_complaint_rate=["0.5"] * 10,
        average_handle_time=[None] * 10,
    )
    found = kinds(scheme, past)
    assert found["alike"] == "satisfaction_score"
    assert found["everybody"] == "resolution_rate"
    assert found["nobody"] == "repeat_complaint_rate"
    assert found["influence"] == "average_handle_time"


def test_small_weights_heavy_ratings_and_points_without_limit_are_said() -> None:
    definition = schemes()["innovation_project"].model_dump(mode="json")
    weights = {
        "design_on_time_rate": "3",
        "work_pass_rate": "47",
        "innovation_rating": "30",
        "collaboration_rating": "20",
    }
    definition["items"] = [{**item, "weight": weights[item["indicator"]]} for item in definition["items"]]
    definition["adjustments"][0]["cap"] = None
    found = warnings(Scheme.model_validate(definition), Readings())
    assert [(one.kind, one.indicator) for one in found] == [
        ("weight", "design_on_time_rate"),
        ("rated", "innovation_rating"),
        ("uncapped", "merit_points"),
    ]


def test_readings_are_those_of_the_posts(small_company: SmallCompany) -> None:
    settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    department = Department.objects.get(code="customer_service").pk
    everybody, leads = (readings(department, posts) for posts in ((), ("cs_lead",)))
    assert len(everybody.last("response_time")) == 4
    assert len(leads.last("response_time")) == 1
