"""A whole performance cycle by five people in the browser: HR, a lead, a store manager, an agent on the phone, the
auditor; from the goals over an appeal to the archive."""

import re
import time
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.flows.conftest import PAINTED, Company, differing, sound

pytestmark = pytest.mark.browser
PERIOD = "2026-10"
WHY = "The others have done it on paper."
POINTS = 3
SLOW = 30
ALIKE, UNLIKE = 0.002, 0.5
WAS, IS = "The letter said", "The result is now"
FETCHED = "path => fetch(path).then(answer => answer.text())"
DISPUTE = "The shared account was not mine on the 12th."


@dataclass(frozen=True)
class Cycle:
    """Where a department's cycle stands, and the agent's place in it."""

    path: str
    number: str
    agent: str = ""


def _status(page: Page, path: str) -> int:
    return page.request.get(path).status


def _until(page: Page, path: str, text: str, *, there: bool = True) -> None:
    """Ask for a page until it says something, or no longer does: work in the background has ended."""
    end = time.monotonic() + SLOW
    while (text in page.evaluate(FETCHED, path)) is not there:
        assert time.monotonic() < end, (path, text)
        page.wait_for_timeout(250)
    page.goto(path)


def _pressed(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def _number(page: Page) -> str:
    found = re.search(r"/(\d+)/", page.url)
    assert found, page.url
    return found[1]


# HR leads


def _opens(hr: Page) -> dict[str, Cycle]:
    """HR opens the cycles of two departments for a free period, and is told who takes part before."""
    hr.goto(f"/cycles/open/?period={PERIOD}")
    for name in ("Customer service", "Stores"):
        hr.get_by_role("checkbox", name=name, exact=True).check()
    expect(hr.get_by_role("button", name="Open 2 cycles")).to_be_enabled()
    sound(hr)
    hr.get_by_label("Leave out steps whose deadline has passed").uncheck()
    _pressed(hr, "Open 2 cycles")
    expect(hr.get_by_text("2 cycles are open.").first).to_be_visible()
    sound(hr)
    return {name: _cycle(hr, name) for name in ("Customer service", "Stores")}


def _cycle(hr: Page, department: str) -> Cycle:
    hr.goto(f"/cycles/?period={PERIOD}")
    hr.get_by_role("rowheader").get_by_role("link", name=department, exact=True).click()
    hr.wait_for_url(re.compile(r"/cycles/\d+/"))
    return Cycle(path=f"/cycles/{_number(hr)}/", number=_number(hr))


def _ends(hr: Page, cycle: Cycle, step: str) -> None:
    """The step is ended; what others left open is waived with a reason."""
    hr.goto(cycle.path)
    hr.get_by_role("link", name="End this step").click()
    expect(hr.get_by_role("heading", name=f"End “{step}”")).to_be_visible()
    if (reason := hr.get_by_label("Reason")).count():
        reason.fill(WHY)
    hr.get_by_role("button", name=re.compile("go on")).click()
    expect(hr.get_by_text(f"“{step}” is done.")).to_be_visible()


def _completes_data(hr: Page, cycle: Cycle) -> None:
    hr.goto(cycle.path)
    hr.get_by_role("link", name="Look at the data and confirm").click()
    expect(hr.get_by_role("heading", name="Are the data complete?")).to_be_visible()
    sound(hr)
    hr.get_by_role("link", name="Data are complete").click()
    _pressed(hr, "End and go on")
    expect(hr.get_by_text("“Data complete” is done.").first).to_be_visible()
    _until(hr, f"{cycle.path}data/", "in the run of")


def _calibrates(hr: Page, cycle: Cycle, number: str) -> None:
    """One result is changed with a reason, and the run takes it up."""
    hr.goto(f"/cycles/calibration/?period={PERIOD}")
    sound(hr)
    hr.get_by_placeholder("Name or number").fill(number)
    rows = hr.locator("#people tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").first.click()
    expect(hr.get_by_role("heading", name="Change the result")).to_be_visible()
    hr.get_by_label("Points added or taken").fill("-1.5")
    hr.get_by_label("Reason").fill("A complaint was handled over the lead's head.")
    _pressed(hr, "Try it")
    expect(hr.get_by_text("Nothing is saved yet.").first).to_be_visible()
    _pressed(hr, "Change")
    expect(hr.get_by_text("A complaint was handled over the lead's head.").first).to_be_visible()
    sound(hr)


def _issues_letters(hr: Page, cycle: Cycle) -> None:
    hr.goto(f"/cycles/letters/?cycle={cycle.number}")
    if hr.get_by_role("button", name="Run now").count():
        _pressed(hr, "Run now")
        _until(hr, f"/cycles/letters/?cycle={cycle.number}", "Make the run first.", there=False)
    hr.get_by_role("link", name="Issue the letters").click()
    hr.get_by_role("dialog").get_by_role("button", name="Issue", exact=True).click()
    expect(hr.get_by_text("not opened").first).to_be_visible()
    sound(hr)


def _archives(hr: Page, cycle: Cycle) -> None:
    hr.goto(cycle.path)
    hr.get_by_role("link", name="Archive", exact=True).click()
    _pressed(hr, "Archive")
    expect(hr.get_by_text("Archiving has begun; it goes on in the background.").first).to_be_visible()
    _until(hr, cycle.path, "archived")
    hr.goto(f"/cycles/?period={PERIOD}")
    expect(hr.get_by_role("row", name=re.compile(r"^Customer service.*Archive: done"))).to_be_visible()


# The lead and the agent


def _sets_goals(lead: Page) -> str:
    """Goals of the scheme and one in words; the number of the agent's place."""
    lead.goto("/reviews/")
    sound(lead)
    lead.get_by_placeholder("Name or number").fill("KF0002")
    rows = lead.locator("#people tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="none").click()
    lead.wait_for_url(re.compile(r"/reviews/\d+/goals/"))
    _pressed(lead, "Set these")
    lead.get_by_label("Goal", exact=False).first.fill("Two shifts a week on the hotline")
    _pressed(lead, "Set the goal")
    expect(lead.get_by_text("Two shifts a week on the hotline").first).to_be_visible()
    sound(lead)
    return _number(lead)


def _acknowledges(agent: Page) -> None:
    agent.goto("/my-cycle/")
    sound(agent)
    agent.get_by_role("link", name="Acknowledge your goals").click()
    expect(agent.get_by_text("Two shifts a week on the hotline").first).to_be_visible()
    _pressed(agent, "I have read them")
    expect(agent.get_by_text("You have acknowledged these goals.").first).to_be_visible()
    sound(agent)


def _checks_in(lead: Page, agent: Page, place: str) -> None:
    lead.goto(f"/reviews/{place}/")
    lead.get_by_role("link", name="Notes").click()
    lead.get_by_label("Note").fill("Twenty chats listened to: friendly and exact.")
    _pressed(lead, "Add the note")
    _pressed(lead, "Finish tracking")
    expect(lead.get_by_text("Tracking is finished for this person.").first).to_be_visible()
    agent.goto("/my-cycle/")
    agent.get_by_role("link", name="Notes").click()
    expect(agent.get_by_text("Twenty chats listened to").first).to_be_visible()
    sound(agent)


def _reviews_oneself(agent: Page) -> None:
    agent.goto("/my-cycle/")
    agent.get_by_role("listitem").get_by_role("link", name="Self review").first.click()
    agent.get_by_label("What went well").fill("No chat was left unanswered in the sale.")
    agent.get_by_label("What could be better").fill("Faster in the evenings.")
    expect(agent.get_by_text("Draft saved at").first).to_be_visible()
    _pressed(agent, "Hand in")
    expect(agent.get_by_text("Handed in. You can change it until the step ends.").first).to_be_visible()
    sound(agent)


def _reviews(lead: Page, place: str) -> None:
    lead.goto(f"/reviews/{place}/")
    expect(lead.get_by_text("No chat was left unanswered in the sale.").first).to_be_visible()
    for item in lead.locator("fieldset.rating").all():
        item.get_by_role("radio").nth(1).check(force=True)
        item.get_by_label("Why").fill("Seen in the chats.")
    lead.get_by_label("What went well").fill("Reliable in the sale.")
    lead.get_by_label("What could be better").fill("The first answer in the evening.")
    _pressed(lead, "Hand in")
    expect(lead.get_by_text("handed in").first).to_be_visible()
    sound(lead)


def _reads_letter(agent: Page) -> bytes:
    """The letter on the phone; returns a picture of its points."""
    agent.goto("/my-results/")
    sound(agent)
    agent.get_by_role("link", name="Result letter").first.click()
    expect(agent.get_by_role("heading", name="How the points came about")).to_be_visible()
    sound(agent)
    return _points(agent).screenshot(animations="disabled")


def _points(agent: Page) -> Locator:
    return agent.locator("section.slip", has=agent.get_by_role("heading", name="How the points came about"))


def _finds_letter_as_it_was(agent: Page, before: bytes) -> None:
    """What has been issued looks as it did; by night it looks otherwise, so the comparison can tell."""
    assert differing(agent, before, _reads_letter(agent)) < ALIKE
    agent.emulate_media(color_scheme="dark")
    agent.evaluate(PAINTED)
    assert differing(agent, before, _points(agent).screenshot(animations="disabled")) > UNLIKE
    agent.emulate_media(color_scheme="light")


def _holds_interview(lead: Page, agent: Page, place: str) -> None:
    lead.goto("/cycles/interviews/")
    sound(lead)
    lead.goto(f"/cycles/interviews/{place}/")
    lead.get_by_label("Held on").fill(f"{date.today()}")  # noqa: DTZ011 - as the lead's calendar says
    lead.get_by_label("What went well").fill("Reliable in the sale.")
    lead.get_by_label("What was agreed").fill("A look at the evening answers every week.")
    _pressed(lead, "Keep")
    expect(lead.get_by_text("to be confirmed").first).to_be_visible()
    sound(lead)
    agent.goto("/my-results/")
    agent.get_by_role("link", name="Interview").first.click()
    expect(agent.get_by_text("A look at the evening answers every week.").first).to_be_visible()
    agent.get_by_label("In your own words").fill("The shift of the 12th was not mine.")
    _pressed(agent, "Confirm the record")
    expect(agent.get_by_text("You confirmed on").first).to_be_visible()
    sound(agent)


def _agrees_on_action(lead: Page, agent: Page, place: str) -> None:
    """The lead proposes, the agent agrees."""
    lead.goto(f"/cycles/improvements/{place}/")
    lead.get_by_role("link", name="Take", exact=True).first.click()
    lead.get_by_label("What will be done").fill("Quick phrases, ten minutes before each shift")
    lead.get_by_label("Due").fill(f"{date.today() + timedelta(days=40)}")  # noqa: DTZ011 - as the lead's calendar says
    _pressed(lead, "Propose")
    expect(lead.get_by_role("heading", name="Quick phrases, ten minutes before each shift")).to_be_visible()
    sound(lead)
    agent.goto("/my-results/")
    agent.get_by_role("link", name="Improvement plan").first.click()
    _pressed(agent, "Agree")
    expect(agent.get_by_text("agreed by both").first).to_be_visible()
    sound(agent)


# The appeal


def _appeals(agent: Page) -> str:
    """Filed on the phone, with a number and one of the records behind it."""
    agent.goto("/appeals/mine/")
    agent.get_by_role("link", name="File an appeal").click()
    agent.get_by_label("What is disputed, and why").fill(DISPUTE)
    agent.get_by_label("What should it be?").fill("Without these chats.")
    agent.locator("[name=number]").first.check()
    _pressed(agent, "Point to records")
    expect(agent.get_by_label("What is disputed, and why")).to_have_value(DISPUTE)
    row = agent.locator(".pick-record").first
    row.get_by_role("checkbox").check()
    row.get_by_label("What is wrong with this record?").fill("Somebody else answered.")
    agent.get_by_role("checkbox", name="A feedback interview").check()
    sound(agent)
    _pressed(agent, "File the appeal")
    agent.wait_for_url(re.compile(r"/appeals/mine/\d+/"))
    expect(agent.get_by_text("Somebody else answered.").first).to_be_visible()
    sound(agent)
    return _number(agent)


def _handles(hr: Page, other: Page, lead: Page, number: str) -> None:
    """HR names a handler, who can never be the rater; the handler asks the rater, finds, tries, and decides."""
    hr.goto("/appeals/")
    hr.get_by_role("row").filter(has_text="KF0002").get_by_role("link").first.click()
    hr.wait_for_url(f"**/appeals/{number}/")
    sound(hr)
    hr.get_by_role("link", name="Give it to…").click()
    handler = hr.get_by_label("Handler")
    assert not [one for one in handler.locator("option").all_inner_texts() if "陈梓豪" in one]
    handler.select_option(index=1)
    _pressed(hr, "Name the handler")

    other.goto(f"/appeals/{number}/")
    _pressed(other, "Ask the rater")
    lead.goto(f"/appeals/{number}/view/")
    lead.get_by_label("Your view").fill("The roster was wrong that afternoon.")
    with lead.expect_navigation():
        lead.locator("main form button[type=submit]").last.click()
    other.reload()
    expect(other.get_by_text("The roster was wrong that afternoon.").first).to_be_visible()
    other.get_by_label("Findings").fill("The roster named the wrong shift on the 12th.")
    _pressed(other, "Save the findings")
    other.get_by_label("upheld", exact=True).check()
    other.get_by_label("Points added").fill(f"{POINTS}")
    other.get_by_label("Grounds").fill("Somebody else answered these chats.")
    _pressed(other, "Show what it would change")
    expect(other.get_by_text("Nothing has been stored.").first).to_be_visible()
    sound(other)
    _pressed(other, "Decide and answer")
    _until(other, f"/appeals/{number}/", "Answered on")
    _pressed(other, "Archive the case")
    sound(other)


def _takes_effect(agent: Page, number: str) -> None:
    """The answer stands on the phone, and the supplement tells a result that many points higher."""
    agent.goto(f"/appeals/mine/{number}/")
    expect(agent.get_by_text("Somebody else answered these chats.").first).to_be_visible()
    sound(agent)
    told = [agent.locator("div", has=agent.get_by_text(one, exact=True)).last for one in (WAS, IS)]
    was, now = (float(re.findall(r"\d+\.\d+", one.inner_text())[0]) for one in told)
    assert now - was == pytest.approx(POINTS, abs=0.11)
    agent.get_by_role("link", name="Supplement to your result letter").click()
    sound(agent)


# The others


def _sees_own_store(manager: Page, cycles: dict[str, Cycle], place: str) -> None:
    """The store manager finds the own people, and nothing of anybody else's."""
    manager.goto("/reviews/")
    numbers = manager.locator("#people tbody .person small").all_inner_texts()
    assert numbers
    assert all(one.startswith("MD") for one in numbers)
    sound(manager)
    closed = [f"/reviews/{place}/", f"/cycles/letters/{place}/", f"/cycles/interviews/{place}/"]
    closed += [f"/cycles/improvements/{place}/", cycles["Customer service"].path]
    assert [(one, _status(manager, one)) for one in closed] == [(one, 404) for one in closed]
    assert [_status(manager, one) for one in ("/cycles/open/", "/audit/", "/people/KF0002/")] == [403, 403, 404]


def _audits(auditor: Page, cycle: Cycle) -> None:
    """Every step stands in the log, and the chain holds."""
    for action in ("cycles.open", "cycles.advance", "cycles.calibrate", "cycles.close", "cycles.begin_close"):
        auditor.goto(f"/audit/?action={action}")
        expect(auditor.get_by_role("link", name=action, exact=True).first).to_be_visible()
    sound(auditor)
    _until(auditor, "/audit/seals/", "Verify now")
    auditor.goto("/audit/seals/")
    _pressed(auditor, "Verify now")
    expect(auditor.get_by_text("Everything holds").first).to_be_visible()
    assert [_status(auditor, one) for one in (cycle.path, "/reviews/", "/appeals/")] == [403] * 3


def test_from_goals_to_archive(people: Company) -> None:
    hr, lead, agent = people.comes("hr"), people.comes("KF0001"), people.comes("KF0002", "phone")
    cycles = _opens(hr)
    cycle = cycles["Customer service"]

    place = _sets_goals(lead)
    _acknowledges(agent)
    _ends(hr, cycle, "Goals")
    _checks_in(lead, agent, place)
    _ends(hr, cycle, "Tracking")
    _completes_data(hr, cycle)
    _reviews_oneself(agent)
    _ends(hr, cycle, "Self review")
    _reviews(lead, place)
    _ends(hr, cycle, "Manager review")

    _calibrates(hr, cycle, "KF0005")
    _ends(hr, cycle, "Calibration")
    _issues_letters(hr, cycle)
    letter = _reads_letter(agent)
    _holds_interview(lead, agent, place)
    _ends(hr, cycle, "Interview")

    number = _appeals(agent)
    closed = (cycle.path, f"/reviews/{place}/", f"/appeals/{number}/", "/people/KF0003/", "/audit/")
    assert [_status(agent, one) for one in closed] == [403] * len(closed)
    assert _status(lead, f"/appeals/{number}/") in (403, 404)
    _handles(hr, people.comes("hr2"), lead, number)
    _takes_effect(agent, number)
    _sees_own_store(people.comes("MD0001", "phone"), cycles, place)

    _ends(hr, cycle, "Confirm or appeal")
    _archives(hr, cycle)
    _finds_letter_as_it_was(agent, letter)
    _agrees_on_action(lead, agent, place)
    assert _status(hr, f"/cycles/calibration/{place}/") == 200
    _audits(people.comes("audit"), cycle)
    assert people.errors == []
