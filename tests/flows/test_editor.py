"""A scheme on its way into force, in the browser: HR drafts, somebody else approves on the phone, both read it."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, expect
from tests.flows.conftest import PAINTED, Company, sound

pytestmark = pytest.mark.browser
FROM = date(2027, 1, 1)
WHY = "Complaints repeat less than we feared."
AGREED = "Only the day and the reason are mine."
WHOLE = "Whole: it can be submitted."
THEMES = ("light", "dark")


def _pressed(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def _saves(answer: Response) -> bool:
    """The page has kept what was typed, by itself."""
    return 'name="do"\r\n\r\nlive' in (answer.request.post_data or "")


def _sound_by_day_and_night(page: Page) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.evaluate(PAINTED)
        sound(page)
    page.emulate_media(color_scheme="light")


def _weighs(weight: str) -> Callable[[Response], bool]:
    """The page has kept this weight."""
    return lambda answer: _saves(answer) and f"\r\n\r\n{weight}\r\n" in (answer.request.post_data or "")


def _weigh(page: Page, name: str, weight: str) -> None:
    box = page.get_by_label(f"Weight of {name}")
    box.fill(weight)
    box.blur()


def _begins(hr: Page) -> str:
    """A change of the scheme in force; the address of the draft."""
    hr.goto("/schemes/")
    _sound_by_day_and_night(hr)
    hr.get_by_role("link", name="Draft a scheme").click()
    expect(hr.get_by_label("Department")).to_have_value("")
    hr.get_by_label("Department").select_option(label="Customer service")
    governing = hr.get_by_label(re.compile("^Changes “Customer service”"))
    expect(governing).not_to_be_checked()
    _sound_by_day_and_night(hr)
    _pressed(hr, "Begin")
    expect(hr.get_by_text("Say whether it changes one of these schemes").first).to_be_visible()
    hr.goto("/schemes/of/customer_service/")
    _pressed(hr, "Draft a change")
    hr.wait_for_url(re.compile(r"/schemes/drafts/\d+/"))
    return hr.url


def _reweighs(hr: Page) -> None:
    """Until the weights sum to 100 the draft is no scheme; submitting it says so and changes nothing."""
    _weigh(hr, "Repeat complaint rate", "3")
    expect(hr.locator("[data-sum]")).to_have_text("88%")
    expect(hr.get_by_text("The weights sum to 88: add 12")).to_be_visible()
    _pressed(hr, "Submit")
    expect(hr.get_by_text("1 thing is still to be mended")).to_be_visible()
    _weigh(hr, "Response time", "37")
    expect(hr.locator("[data-sum]")).to_have_text("100%")
    expect(hr.get_by_text(WHOLE)).to_be_visible()
    expect(hr.get_by_text("Repeat complaint rate weighs 3%: under 5% nobody notices it.")).to_be_visible()


def _drags(hr: Page) -> str:
    """The mark of the target is dragged: its box follows, the curve is drawn anew; what the box says then."""
    item = hr.locator("[data-item='0']")
    item.locator("summary").first.click()
    box = item.get_by_label("Target", exact=True)
    before = box.input_value()
    mark = item.locator("[data-mark=target] .curve-grip")
    mark.scroll_into_view_if_needed()
    with hr.expect_response(_saves):
        _dragged(hr, mark, -24)
    expect(box).not_to_have_value(before)
    _sound_by_day_and_night(hr)
    return box.input_value()


def _dragged(page: Page, what: Locator, by: int) -> None:
    box = what.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def _collides(hr: Page, other: Page, address: str) -> None:
    """The second of two editors is told what the first one changed, keeps what was typed, and saves upon it."""
    other.goto(address)
    with hr.expect_response(_weighs("6")):
        _weigh(hr, "Repeat complaint rate", "6")
    with hr.expect_response(_weighs("34")):
        _weigh(hr, "Response time", "34")
    expect(hr.get_by_text("Repeat complaint rate weighs 3%")).to_have_count(0)
    expect(hr.get_by_text(WHOLE)).to_be_visible()
    other.get_by_label("Why it changes").fill(WHY)
    other.get_by_label("Why it changes").blur()
    expect(other.get_by_text("Somebody else has changed this draft meanwhile.").first).to_be_visible()
    expect(other.get_by_text("3% → 6%").first).to_be_visible()
    expect(other.get_by_text("Not saved")).to_be_visible()
    _sound_by_day_and_night(other)
    other.reload()
    other.get_by_label("Why it changes").fill(WHY)
    other.get_by_label("To hold from").fill(f"{FROM}")
    _pressed(other, "Save")
    expect(other.get_by_text("Saved.").first).to_be_visible()
    expect(other.get_by_label("Weight of Repeat complaint rate")).to_have_value("6")


def _submits(hr: Page, address: str) -> None:
    """What was typed last goes along, however soon the button is pressed."""
    hr.goto(address)
    _weigh(hr, "Repeat complaint rate", "7")
    _weigh(hr, "Response time", "33")
    _pressed(hr, "Submit")
    expect(hr.get_by_text(re.compile(r"^Submitted: \d+ p")).first).to_be_visible()
    _sound_by_day_and_night(hr)


def _approves(other: Page, address: str, target: str) -> None:
    other.goto("/schemes/approvals/")
    _sound_by_day_and_night(other)
    other.get_by_role("link", name="Customer service").first.click()
    other.wait_for_url(address)
    for said in (WHY, "15% → 7%", "25% → 33%", target):
        expect(other.get_by_text(said).first).to_be_visible()
    _sound_by_day_and_night(other)
    other.get_by_label("Why you approve it yourself").fill(AGREED)  # for a hand of this approver is in the draft
    _pressed(other, "Approve")
    expect(other.get_by_text("Approved. Publish it to put it into force.").first).to_be_visible()
    _sound_by_day_and_night(other)
    expect(other.get_by_label("To hold from")).to_have_value(f"{FROM}")
    _pressed(other, "Publish")
    expect(other.get_by_role("link", name="It holds from 2027-01-01")).to_be_visible()


def _reads(page: Page) -> None:
    """The scheme to come, and what differs from the one in force."""
    page.goto("/schemes/of/customer_service/")
    version = page.locator(".versions li", has=page.get_by_role("link", name=f"{FROM}"))
    version.get_by_role("link", name="Compare with this one").click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.get_by_text("33%").first).to_be_visible()
    _sound_by_day_and_night(page)
    page.goto("/schemes/")
    expect(page.get_by_text("to come on 2027-01-01")).to_be_visible()
    _sound_by_day_and_night(page)


def test_from_a_draft_into_force(people: Company) -> None:
    hr, other, phone = people.comes("hr"), people.comes("hr2"), people.comes("hr2", "phone")
    address = _begins(hr)
    _reweighs(hr)
    target = _drags(hr)
    _collides(hr, other, address)
    _submits(hr, address)
    _approves(phone, address, target)
    for page in (hr, phone):
        _reads(page)
    assert people.errors == []


def test_the_guide_leads_to_a_published_scheme_in_its_own_words(people: Company) -> None:
    guide = (Path(__file__).parents[2] / "docs/guide/schemes.md").read_text(encoding="utf-8")
    steps = guide.split("\n## ")[1]
    names = re.findall(r"\*\*(.+?)\*\*", steps)
    hr = people.comes("hr")
    hr.locator("summary", has_text="Rules").click()
    for name in names[:2]:
        hr.get_by_role("link", name=name, exact=True).first.click()
    _pressed(hr, names[2])
    hr.get_by_label("Weight of Response time").fill("35")
    _pressed(hr, names[3])
    expect(hr.locator("[data-sum]")).to_have_text("100%")
    _pressed(hr, names[4])
    hr.get_by_label("Why you approve it yourself").fill("Trying it out alone.")
    _pressed(hr, names[5])
    _pressed(hr, names[6])
    expect(hr.get_by_text("Published: it holds from")).to_be_visible()
    assert people.errors == []
