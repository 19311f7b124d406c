"""What people do with the pages, in a real browser against the real server."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
pytestmark = pytest.mark.browser
ROWS = "tr[data-row]"
COLD_BYTES = 80 * 1024


def violations(page: Page) -> list[Any]:
    found = Axe().run(page)
    return [
        (one["id"], one["impact"], len(one["nodes"]), one["nodes"][0]["html"][:160])
        for one in found.response["violations"]
    ]


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_wrong_password_is_told_and_the_right_one_opens_the_board(opened: Open) -> None:
    page = opened("/sign-in/")
    page.fill("[name=username]", "hr")
    page.fill("[name=password]", "wrong")
    page.click("form[data-sign-in] button[type=submit]")
    expect(page.get_by_role("alert").first).to_be_visible()
    page.fill("[name=username]", "hr")
    page.fill("[name=password]", "fenming-demo")
    page.click("form[data-sign-in] button[type=submit]")
    page.wait_for_url("**/board/")
    expect(page.locator("h1")).to_contain_text("绩效看板")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_from_the_board_to_the_records_in_two_clicks(size: str, opened: Open) -> None:
    page = opened("/board/?department=customer_service", user="hr", size=size)
    page.locator(ROWS).nth(4).locator("a").click()
    name = page.locator(ROWS).nth(4).locator("a").inner_text().split("\n")[0]
    expect(page.locator("#score h2")).to_contain_text(name)
    page.locator("#score .step a").nth(1).click()
    page.wait_for_url("**/rows/**")
    expect(page.locator(".counts")).to_contain_text("计入")
    expect(page.locator(".records tbody tr").first).to_be_visible()
    assert fits(page)


def test_filters_follow_the_typing_and_keep_their_address(opened: Open) -> None:
    page = opened("/board/?department=customer_service", user="hr")
    everybody = page.locator(ROWS).count()
    assert everybody == 50
    number = page.locator(ROWS).nth(7).locator("small").inner_text().split(" ")[0]
    page.fill("#ranking-q", number)
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"/board/\?.*q={number}"))
    page.reload()
    expect(page.locator(ROWS)).to_have_count(1)
    page.fill("#ranking-q", "")
    expect(page.locator(ROWS)).to_have_count(everybody)
    page.locator(".chips label", has_text="A").click()
    shown = int(page.locator(".chips label", has_text=re.compile(r"^A")).locator("small").inner_text())
    expect(page.locator(ROWS)).to_have_count(shown)
    page.go_back()
    expect(page.locator(ROWS)).to_have_count(everybody)


def test_a_column_head_orders_both_ways(opened: Open) -> None:
    page = opened("/board/?department=customer_service", user="hr")
    head = page.locator("th", has_text="总分").locator("a")
    head.click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("总分")
    head.click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("总分")
    totals = [float(text) for text in page.locator(f"{ROWS} .score b").all_inner_texts()]
    assert totals == sorted(totals)


def test_another_period_and_department_are_one_choice_away(opened: Open) -> None:
    page = opened("/board/", user="hr")
    page.locator(".tools select[name=department]").select_option("business")
    page.wait_for_url("**department=business**")
    expect(page.locator(".weights-changed").first).to_contain_text("30 → 40%")
    page.locator(".tools select[name=period]").select_option("2026-10")
    page.wait_for_url("**period=2026-10**")
    expect(page.locator(".weights-changed")).to_have_count(0)


def test_the_export_is_a_workbook(opened: Open) -> None:
    page = opened("/board/?department=customer_service&grade=S", user="hr")
    with page.expect_download() as waiting:
        page.click("#export summary")
        page.click("#export a")
    assert waiting.value.suggested_filename.endswith(".xlsx")
    assert waiting.value.path().read_bytes()[:2] == b"PK"


def test_a_lead_finds_only_the_own_department(opened: Open) -> None:
    page = opened("/board/", user="KF0001")
    assert page.locator(".tools select[name=department] option").all_inner_texts() == ["客服部"]


def test_my_page_on_the_phone_leads_to_my_records(opened: Open) -> None:
    page = opened("/", user="KF0002", size="phone")
    assert page.url.endswith("/me/")
    assert fits(page)
    page.get_by_text("看看分数是怎么加出来的").click()
    expect(page.locator(".more[open] .step-total")).to_be_visible()
    page.locator(".lines a").first.click()
    page.wait_for_url("**/rows/**")
    assert fits(page)
    page.get_by_role("link", name="计分卡").click()
    page.wait_for_url("**/me/**")


def test_my_page_takes_little_to_load(opened: Open) -> None:
    page = opened("/sign-in/", user="KF0002", size="phone")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    forget = "navigator.serviceWorker.getRegistrations().then(all => Promise.all(all.map(one => one.unregister())))"
    page.evaluate(forget)
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    page.goto("/me/", wait_until="networkidle")
    print(f"my page, cold: {sum(received) / 1024:.1f} KB")
    assert 10_000 < sum(received) < COLD_BYTES


def test_the_language_changes_on_the_spot(opened: Open) -> None:
    page = opened("/board/?department=customer_service", user="hr")
    page.locator(".me summary").click()
    page.locator(".me button[value=en]").click()
    expect(page.locator("h1")).to_have_text("Customer service board")
    assert "department=customer_service" in page.url


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_are_accessible_and_fit(size: str, language: str, opened: Open) -> None:
    page = opened("/board/?department=business", user="hr", size=size, language=language)
    addresses = [page.url]
    score = page.locator(f"{ROWS} a").first.get_attribute("href")
    rows = page.locator("#score .step a").first.get_attribute("href")
    addresses += [str(score), str(rows), "/board/?department=customer_service"]
    for address in addresses:
        page.goto(address)
        assert violations(page) == [], address
        assert fits(page), address


def test_my_page_is_accessible(opened: Open) -> None:
    for user in ("KF0002", "YW0002"):
        page = opened("/me/", user=user, size="phone")
        assert violations(page) == []
