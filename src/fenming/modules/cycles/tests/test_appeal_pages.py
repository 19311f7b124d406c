"""The pages of appeals: what each side sees, what nobody else does, and nothing typed is lost."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from fenming.library.facts import fact_type
from fenming.modules.accounts.models import Role
from fenming.modules.conftest import SignIn
from fenming.modules.cycles.models import Appeal, Calibration, Participant, Question, Rating, Review, Step, Task
from fenming.modules.cycles.operations import appeals as operations
from fenming.modules.cycles.queries.evidence import Piece
from fenming.modules.cycles.tests.conftest import Clock
from fenming.modules.cycles.tests.court import UNTIL, Court, version
from fenming.modules.schemes.models import Scorecard

XSS = "<script>alert(1)</script>"
HTTP_OK, MOVED, GONE, CLASH, WRONG, FORBIDDEN = 200, 302, 404, 409, 422, 403


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


def post(client: Client, appeal: Appeal, what: str, **given: Any) -> Any:
    return client.post(f"/appeals/{appeal.pk}/", {"do": what, "version": version(appeal), **given})


# Filing


def test_the_form_names_the_own_numbers_and_the_days_left(court: Court, signed_in: SignIn) -> None:
    page = text(signed_in("KF3").get("/appeals/new/"))
    assert "Until 2026-11-18, 7 working days left" in page
    assert 'value="response_time:0"' in page
    assert "The lowest grade is no ground for dismissal" in page
    assert f"/appeals/rules/{court.place('KF3').pk}/" in page


def test_filed_in_the_browser_with_a_number_and_a_record(court: Court, signed_in: SignIn) -> None:
    fact = court.facts("KF3")[0]
    key = f"response_time:0:{fact}"
    given = {
        "reason": "r", "wish": "A", "had_interview": "on", "number": "response_time:0", "note response_time:0": "slow",
        "record": key, f"note {key}": "not mine",
    }  # fmt: skip
    answer = signed_in("KF3").post("/appeals/new/", given)
    appeal = Appeal.objects.get()
    assert answer["Location"] == f"/appeals/mine/{appeal.pk}/"
    assert appeal.had_interview
    assert list(appeal.evidence.values_list("fact", "note")) == [("", "slow"), (fact, "not mine")]


def test_looking_for_records_keeps_what_was_typed_and_files_nothing(court: Court, signed_in: SignIn) -> None:
    given = {"reason": "half a sen", "number": "response_time:0", "look": "response_time:0@1"}
    page = text(signed_in("KF3").post("/appeals/new/", given))
    assert "half a sen" in page
    assert f'value="response_time:0:{court.facts("KF3")[0]}"' in page
    assert not Appeal.objects.exists()
    assert "Please check" not in page


def test_records_are_paged_and_those_chosen_stay(court: Court, signed_in: SignIn) -> None:
    first, last = court.facts("KF3")[0], court.facts("KF3")[-1]
    given = {
        "reason": "r", "number": "response_time:0", "record": f"response_time:0:{first}", "open": "response_time:0@1",
        "look": "response_time:0@99",
    }  # fmt: skip
    page = text(signed_in("KF3").post("/appeals/new/", given))
    assert f'value="response_time:0:{first}" checked' in page
    assert f'value="response_time:0:{last}"' in page


def test_the_page_of_records_leads_here_with_what_was_chosen(court: Court, signed_in: SignIn) -> None:
    fact = court.facts("KF3")[0]
    query = {"card": court.card("KF3").pk, "indicator": "response_time", "fact": fact}
    assert f'value="response_time:0:{fact}" checked' in text(signed_in("KF3").get("/appeals/new/", query))


def test_an_error_loses_nothing_of_ten_thousand_characters(court: Court, signed_in: SignIn) -> None:
    long = "长" * 10_000
    answer = signed_in("KF3").post("/appeals/new/", {"reason": long, "wish": "w", "number": "response_time:0"})
    assert answer.status_code == WRONG
    assert long in text(answer)
    assert "at most 5000 characters" in text(answer)
    assert not Appeal.objects.exists()


def test_a_record_of_somebody_else_is_refused_in_words(court: Court, signed_in: SignIn) -> None:
    theirs = sorted(set(court.facts("KF1")) - set(court.facts("KF3")))[0]
    answer = signed_in("KF3").post("/appeals/new/", {"reason": "kept", "record": f"response_time:0:{theirs}"})
    assert answer.status_code == WRONG
    assert "is not behind your own" in text(answer)
    assert "kept" in text(answer)


@pytest.mark.parametrize(
    "given",
    [
        {"number": "x"}, {"number": "response_time:99999"}, {"record": "::"}, {"record": "a\0b:0:c"},
        {"look": "nothing"}, {"look": "response_time:0@999999999999"}, {"open": "@"}, {"reason": "a\0b"},
        {"note response_time:0": "n" * 501, "number": "response_time:0", "reason": "r"},
    ],
)  # fmt: skip
def test_whatever_is_sent_there_is_an_answer(court: Court, signed_in: SignIn, given: dict[str, str]) -> None:
    assert signed_in("KF3").post("/appeals/new/", given).status_code in {HTTP_OK, WRONG}
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("query", ["participant=9999999999999999999999", "card=x", "participant=0", "card=-1"])
def test_a_result_that_is_not_there_is_not_found(court: Court, signed_in: SignIn, query: str) -> None:
    assert signed_in("KF3").get(f"/appeals/new/?{query}").status_code == GONE


def test_nobody_files_for_somebody_else(court: Court, signed_in: SignIn) -> None:
    court.letter("KF4")
    client = signed_in("KF3")
    theirs = {"participant": court.place("KF4").pk, "reason": "r"}
    assert client.get("/appeals/new/", theirs).status_code == GONE
    assert client.post("/appeals/new/", theirs).status_code == GONE
    assert client.get("/appeals/new/", {"card": court.card("KF4").pk}).status_code == GONE
    assert not Appeal.objects.exists()


def test_sent_twice_it_is_filed_once(court: Court, signed_in: SignIn) -> None:
    client = signed_in("KF3")
    first = client.post("/appeals/new/", {"reason": "r"})
    second = client.post("/appeals/new/", {"reason": "r"})
    assert first["Location"] == second["Location"]
    assert Appeal.objects.count() == 1


def test_after_the_last_day_the_page_says_what_one_can_still_do(court: Court, signed_in: SignIn, clock: Clock) -> None:
    clock(UNTIL.replace(day=19))
    assert "The time to appeal is over" in text(signed_in("KF3").get("/appeals/new/"))
    assert "ask a question" in text(signed_in("KF3").post("/appeals/new/", {"reason": "kept words"}))
    assert "no result letter yet" in text(signed_in("KF4").get("/appeals/new/"))


def test_somebody_without_a_file_has_no_appeals(court: Court, signed_in: SignIn) -> None:
    assert signed_in("hr").get("/appeals/new/").status_code == FORBIDDEN


# Following


def test_nobody_sees_or_changes_the_appeal_of_another(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    operations.give_effect(court.hr, appeal.pk)
    for name in ("KF4", "KF1"):
        client = signed_in(name)
        for page in ("", "supplement/"):
            assert client.get(f"/appeals/mine/{appeal.pk}/{page}").status_code == GONE
        for page in ("more/", "withdraw/"):
            assert client.post(f"/appeals/mine/{appeal.pk}/{page}", {"text": "x"}).status_code == GONE
        assert client.get(f"/appeals/rules/{court.place('KF3').pk}/").status_code == GONE
        assert client.get(f"/appeals/{appeal.pk}/view/").status_code == GONE
        for page in ("", "case/", "export/"):
            assert client.get(f"/appeals/{appeal.pk}/{page}").status_code == FORBIDDEN


def test_the_case_names_the_facts_and_their_versions_in_words(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    page = text(signed_in("hr").get(f"/appeals/{appeal.pk}/case/"))
    facts = court.card("KF3").run.facts
    assert facts
    for fact, number in facts.items():
        assert f"{fact_type(fact).name.en}: data version {number}" in page
        assert f"{fact} v{number}" not in page


def test_what_was_written_is_shown_as_text(court: Court, signed_in: SignIn) -> None:
    appeal = court.file("KF3", Piece(indicator="response_time", note=XSS), reason=XSS)
    court.investigated(appeal)
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    pages = [("KF3", f"/appeals/mine/{appeal.pk}/"), ("KF1", f"/appeals/{appeal.pk}/view/")]
    pages += [("hr", f"/appeals/{appeal.pk}/"), ("hr", f"/appeals/{appeal.pk}/case/")]
    for name, url in pages:
        page = text(signed_in(name).get(url))
        assert XSS not in page
        assert "&lt;script&gt;" in page


def test_the_answer_is_read_with_the_new_result_and_the_name_of_who_decided(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal("2.50"))
    assert not Appeal.objects.get().read_at
    operations.give_effect(court.hr, appeal.pk)
    page = text(signed_in("KF3").get(f"/appeals/mine/{appeal.pk}/"))
    assert "Decided by hr" in page
    assert f"{(court.card('KF3').total or 0) + Decimal('2.5'):.2f}" in page
    assert Appeal.objects.get().read_at
    assert "The letter stays as it was issued" in text(signed_in("KF3").get(f"/appeals/mine/{appeal.pk}/supplement/"))


def test_before_the_answer_there_is_no_supplement_and_no_findings_leak(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    court.decided(appeal, points=Decimal(1))
    client = signed_in("KF3")
    assert client.get(f"/appeals/mine/{appeal.pk}/supplement/").status_code == GONE
    page = text(client.get(f"/appeals/mine/{appeal.pk}/"))
    assert "Three sessions" not in page


def test_what_is_asked_for_is_added_on_the_page(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    operations.ask_more(court.hr, appeal.pk, "Which ones?", version=2)
    client = signed_in("KF3")
    assert "Which ones?" in text(client.get(f"/appeals/mine/{appeal.pk}/"))
    answer = client.post(f"/appeals/mine/{appeal.pk}/more/", {"text": "y" * 10_000})
    assert answer.status_code == WRONG
    assert "y" * 10_000 in text(answer)
    assert client.post(f"/appeals/mine/{appeal.pk}/more/", {"text": "these"}).status_code == MOVED


def test_the_rater_sees_what_concerns_the_rating_and_nothing_else(court: Court, signed_in: SignIn) -> None:
    appeal = court.file("KF3", Piece(indicator="response_time", note="disputed words"))
    Appeal.objects.update(more="added words")
    review = Review.objects.create(
        participant=court.place("KF3"),
        kind="manager",
        author_id=court.actor("KF1").user,
        submitted_at="2026-11-02T09:00Z",
    )
    Rating.objects.create(review=review, indicator="teamwork", level=2, note="own words")
    court.investigated(appeal)
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    page = text(signed_in("KF1").get(f"/appeals/{appeal.pk}/view/"))
    assert "disputed words" in page
    assert "own words" in page
    assert "Three sessions" not in page
    assert "¥" not in page


# Handling


def test_the_list_has_the_late_first_and_never_the_own(court: Court, signed_in: SignIn, clock: Clock) -> None:
    one = court.file()
    court.letter("KF4")
    two = court.file("KF4")
    Appeal.objects.filter(pk=two.pk).update(answer_by=UNTIL.replace(day=5))
    page = text(signed_in("hr").get("/appeals/"))
    assert page.index(f"/appeals/{two.pk}/") < page.index(f"/appeals/{one.pk}/")
    assert ">-2<" in page
    clock(UNTIL)
    assert "王芳" not in text(signed_in("hr").get("/appeals/?q=李娜"))


@pytest.mark.parametrize(
    "query", ["kind=x&page=x", "q=%00", "department=%00&period=%00", "page=99", "kind=all&q=" + "x" * 500]
)
def test_any_filter_gives_a_page(court: Court, signed_in: SignIn, query: str) -> None:
    court.file()
    assert signed_in("hr").get(f"/appeals/?{query}").status_code == HTTP_OK
    assert signed_in("hr").get(f"/appeals/figures/?{query}").status_code == HTTP_OK


def test_a_case_goes_from_the_list_to_the_answer_in_the_browser(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    client = signed_in("hr")
    assert post(client, appeal, "assign", handler=court.hr.user).status_code == MOVED
    assert post(client, appeal, "findings", text="found").status_code == MOVED
    assert post(client, appeal, "rater").status_code == MOVED
    tried = post(client, appeal, "rule", decision="upheld", text="grounds", points="2", grade="", **{"try": "1"})
    assert "Nothing has been stored" in text(tried)
    assert "grounds" in text(tried)
    assert Appeal.objects.get().decision == ""
    assert post(client, appeal, "rule", decision="upheld", text="grounds", points="2", grade="").status_code == MOVED
    assert "being computed" in text(client.get(f"/appeals/{appeal.pk}/"))
    operations.give_effect(court.hr, appeal.pk)
    assert post(client, appeal, "archive").status_code == MOVED
    assert Appeal.objects.get().archived_at


def test_the_second_of_two_editors_keeps_the_words_and_learns_what_happened(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    client = signed_in("hr")
    post(client, appeal, "assign", handler=court.hr.user)
    old = version(appeal)
    post(client, appeal, "findings", text="first")
    answer = client.post(f"/appeals/{appeal.pk}/", {"do": "findings", "version": old, "text": "second words"})
    assert answer.status_code == CLASH
    assert "second words" in text(answer)
    assert "Findings written down" in text(answer)
    assert Appeal.objects.get().findings == "first"
    assert f'name="version" value="{version(appeal)}"' in text(answer)


@pytest.mark.parametrize(
    "given",
    [
        {"do": "rule"}, {"do": "rule", "points": "1e999"}, {"do": "rule", "points": "NaN", "decision": "upheld"},
        {"do": "assign", "handler": "9" * 40}, {"do": "assign"}, {"do": "nothing"}, {}, {"do": "ask", "text": "\0"},
        {"do": "rule", "version": "x"}, {"do": "archive", "version": "1"}, {"do": "again"},
        {"do": "findings", "text": "长" * 10_000},
    ],
)  # fmt: skip
def test_whatever_is_posted_to_a_case_there_is_an_answer(
    court: Court, signed_in: SignIn, given: dict[str, str]
) -> None:
    appeal = court.file()
    operations.assign(court.hr, appeal.pk, court.hr.user or 0, version=1)
    answer = signed_in("hr").post(f"/appeals/{appeal.pk}/", {"version": "2", **given})
    assert answer.status_code in {MOVED, WRONG, CLASH}
    if len(given.get("text", "")) > 1:
        assert given["text"] in text(answer)


def test_who_had_a_part_reads_why_and_gets_no_forms(court: Court, signed_in: SignIn) -> None:
    Calibration.objects.create(participant=court.place("KF3"), points=1, reason="r", author_id=court.other.user)
    appeal = court.file()
    page = text(signed_in("hr2").get(f"/appeals/{appeal.pk}/?assign=1"))
    assert "who calibrated the result does not handle" in page
    assert 'value="rule"' not in page


def test_a_participant_taken_out_meanwhile_keeps_the_appeal(court: Court, signed_in: SignIn) -> None:
    appeal = court.file()
    Participant.objects.filter(employee__number="KF3").update(removed_at="2026-11-10T09:00Z", removed_why="left")
    Task.objects.update(state=Task.State.WAIVED)
    assert signed_in("hr").get(f"/appeals/{appeal.pk}/").status_code == HTTP_OK
    assert signed_in("KF3").get(f"/appeals/mine/{appeal.pk}/").status_code == HTTP_OK


def test_the_whole_case_leaves_as_a_file_and_that_is_noted(court: Court, signed_in: SignIn) -> None:
    appeal = court.file(
        "KF3", Piece(indicator="response_time", fact=court.facts("KF3")[0], note="=1+1"), reason="=cmd|x"
    )
    court.decided(appeal, points=Decimal(1))
    operations.give_effect(court.hr, appeal.pk)
    answer = signed_in("hr").get(f"/appeals/{appeal.pk}/export/")
    book = load_workbook(BytesIO(answer.content))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [one for one in cells if one.startswith("=")]
    assert [one for one in cells if "cmd|x" in one]
    assert "Case exported" in text(signed_in("hr").get(f"/appeals/{appeal.pk}/"))


@pytest.mark.parametrize("closed", [False, True])
def test_a_handler_without_the_right_to_bonuses_reads_points_and_grades_only(
    court: Court, signed_in: SignIn, closed: bool
) -> None:
    if closed:
        court.close()
    appeal = court.file()
    court.investigated(appeal)
    asked = {"decision": "upheld", "text": "grounds", "points": "2", "grade": "", "try": "1"}
    client, address = signed_in("hr"), f"/appeals/{appeal.pk}/case/"
    assert "¥" in text(post(client, appeal, "rule", **asked))
    role = Role.objects.get(code="hr")
    role.permissions = [one for one in role.permissions if one not in {"bonus.view", "bonus.edit"}]
    role.save()
    tried = text(post(client, appeal, "rule", **asked))
    assert "Nothing has been stored" in tried
    assert "¥" not in tried
    operations.decide(
        court.hr, appeal.pk, operations.Ruling(decision="upheld", text="-", points=Decimal(2)), version=version(appeal)
    )
    operations.give_effect(court.hr, appeal.pk)
    hidden = text(client.get(address))
    assert "The result after the appeal" in hidden
    assert "¥" not in hidden
    book = load_workbook(BytesIO(client.get(f"/appeals/{appeal.pk}/export/").content))
    assert not [one for sheet in book for row in sheet.iter_rows() for one in row if "¥" in str(one.value)]
    role.permissions = [*role.permissions, "bonus.view"]
    role.save()
    assert "¥" in text(client.get(address))
    assert "¥" in text(signed_in("KF3").get(f"/appeals/mine/{appeal.pk}/supplement/")), "the own bonus is one's own"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("KF3", "/appeals/mine/"), ("KF3", "/appeals/mine/{}/"), ("KF3", "/appeals/mine/{}/supplement/"),
        ("KF3", "/appeals/rules/{place}/"), ("hr", "/appeals/"), ("hr", "/appeals/{}/"), ("hr", "/appeals/{}/case/"),
        ("hr", "/appeals/figures/"), ("KF1", "/appeals/{}/view/"),
    ],
)  # fmt: skip
def test_pages_ask_the_database_little(
    court: Court, signed_in: SignIn, name: str, url: str, django_assert_max_num_queries: Any
) -> None:
    appeal = court.file("KF3", Piece(indicator="response_time", fact=court.facts("KF3")[0]))
    court.investigated(appeal)
    operations.ask_rater(court.hr, appeal.pk, version=version(appeal))
    ruling = operations.Ruling(decision="upheld", text="y", points=Decimal(1))
    operations.decide(court.hr, appeal.pk, ruling, version=version(appeal))
    operations.give_effect(court.hr, appeal.pk)
    client = signed_in(name)
    url = url.format(appeal.pk, place=court.place("KF3").pk)
    client.get(url)
    with django_assert_max_num_queries(15):
        assert client.get(url).status_code == HTTP_OK


@pytest.mark.parametrize(("name", "url"), [("KF3", "/appeals/new/"), ("hr", "/appeals/{}/")])
def test_open_pages_ask_the_database_little(
    court: Court, signed_in: SignIn, name: str, url: str, django_assert_max_num_queries: Any
) -> None:
    if name == "hr":
        court.investigated(court.file())
        url = url.format(Appeal.objects.get().pk)
    client = signed_in(name)
    client.get(url)
    with django_assert_max_num_queries(15):
        assert client.get(url).status_code == HTTP_OK
    assert Scorecard.objects.exists()


# From a question, and before the cycle ends


def test_a_question_about_a_number_leads_to_an_appeal_while_one_is_possible(
    court: Court, signed_in: SignIn, clock: Clock
) -> None:
    mine, place = signed_in("KF3"), court.place("KF3")
    asked = Question.objects.create(
        employee=place.employee, participant=place, indicator="response_time", text="Whose sessions are these?",
        scorecard=court.card("KF3").pk,
    )  # fmt: skip
    where, about = f"/questions/{asked.pk}/", f"/questions/new/?card={asked.scorecard}&indicator=response_time"
    link = f"/appeals/new/?participant={place.pk}&amp;indicator=response_time&amp;fact="
    assert f"{link}&amp;question={asked.pk}" in text(mine.get(where))
    assert link in text(mine.get(about))
    form = text(mine.get(f"/appeals/new/?participant={place.pk}&indicator=response_time&fact=&question={asked.pk}"))
    assert "Whose sessions are these?" in form
    assert 'value="response_time:0" checked' in form
    clock(UNTIL + timedelta(days=1))
    for address in (where, about):
        assert "/appeals/new/" not in text(mine.get(address))


def test_without_a_letter_a_question_leads_to_no_appeal(court: Court, signed_in: SignIn) -> None:
    place = court.place("KF2")
    asked = Question.objects.create(employee=place.employee, participant=place, indicator="response_time", text="t")
    about = f"/questions/new/?card={court.card('KF2').pk}&indicator=response_time"
    for address in (f"/questions/{asked.pk}/", about):
        assert "/appeals/new/" not in text(signed_in("KF2").get(address))


def test_the_question_of_somebody_else_fills_no_form(court: Court, signed_in: SignIn) -> None:
    other = court.place("KF2")
    asked = Question.objects.create(employee=other.employee, participant=other, text="not for others")
    assert "not for others" not in text(signed_in("KF3").get(f"/appeals/new/?question={asked.pk}"))


@pytest.mark.parametrize("what", ["archive", "cancel"])
def test_open_appeals_are_named_before_the_cycle_ends(court: Court, signed_in: SignIn, what: str) -> None:
    step = Step.objects.create(
        cycle=court.cycle, kind="archive", position=10, owner="hr", opens=UNTIL, due=UNTIL, state="open"
    )
    address = f"/cycles/steps/{step.pk}/advance/" if what == "archive" else f"/cycles/{court.cycle.pk}/cancel/"
    assert "still open" not in text(signed_in("hr").get(address))
    appeal = court.file()
    page = text(signed_in("hr").get(address))
    assert "1 appeal is still open" in page
    assert f'href="/appeals/{appeal.pk}/"' in page
    assert "paid with the next period" in page if what == "archive" else "They end with the cycle" in page


def test_the_own_pages_lead_to_their_help(court: Court, signed_in: SignIn) -> None:
    for address, topic in (("/appeals/mine/", "appeals"), ("/appeals/new/", "appeals"), ("/my-cycle/", "my-cycle")):
        page = text(signed_in("KF3").get(address))
        assert f'href="/help/{topic}/"' in page, address
