"""All components, in every dress: light and dark, desktop and phone, both writing directions."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
SIZES = {"desktop": (1440, 900), "phone": (390, 844), "small": (320, 640)}
Open = Callable[..., Page]
TOUCH_MIN = 44
SERVER = Path(__file__).with_name("gallery_server.py")


@pytest.fixture(scope="module")
def components() -> Iterator[str]:
    """The address of the served gallery."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, str(SERVER), str(port)], stdout=quiet, stderr=quiet) as server:
        try:
            for _ in range(300):
                assert server.poll() is None, "the server has ended"
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def gallery(browser: Browser, components: str) -> Iterator[Open]:
    errors: list[str] = []
    contexts = []

    def open_gallery(path: str = "", *, size: str = "desktop", scheme: str = "light") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=size != "desktop", has_touch=size != "desktop",
            color_scheme=scheme, locale="zh-CN", base_url=components, reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"/_gallery/{path}")
        return page

    yield open_gallery
    for context in contexts:
        context.close()
    assert errors == []


def violations(page: Page) -> list[tuple[str, str, list[str]]]:
    found = Axe().run(page)
    return [
        (one["id"], one["help"], [node["html"][:140] for node in one["nodes"][:4]])
        for one in found.response["violations"]
    ]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("direction", ["", "?rtl=1"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("shell", ["", "phone/"])
def test_components_are_accessible_and_fit(shell: str, size: str, scheme: str, direction: str, gallery: Open) -> None:
    page = gallery(f"{shell}{direction}", size=size, scheme=scheme)
    assert violations(page) == []
    assert fits(page)


def test_everything_fits_the_smallest_phone(gallery: Open) -> None:
    for shell in ("", "phone/"):
        assert fits(gallery(shell, size="small"))


@pytest.mark.parametrize("shell", ["", "phone/"])
def test_what_a_finger_touches_is_large_enough(shell: str, gallery: Open) -> None:
    page = gallery(shell, size="phone")
    small = page.evaluate(
        """least => [...document.querySelectorAll("button, summary, input:not([type=hidden]), select, nav a, .btn")]
        .filter(one => !one.closest("label") && !one.classList.contains("skip") && one.getClientRects().length)
        .filter(one => one.getBoundingClientRect().height < least - 4.5)
        .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect().height])""",
        TOUCH_MIN,
    )
    assert small == []


def test_a_search_select_is_chosen_by_keys(gallery: Open) -> None:
    page = gallery()
    box = page.get_by_role("combobox", name="直属上级").first
    expect(box).to_have_value("周敏")
    kept = page.locator("input[name=leader]").first
    box.fill("赵")
    expect(page.get_by_role("option", name="赵思远").first).to_be_visible()
    expect(kept).to_have_value("")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("赵思远")
    expect(kept).to_have_value("CK0311")
    box.fill("nobody")
    expect(page.get_by_text("Nothing found").or_(page.get_by_text("没有匹配的结果")).first).to_be_visible()
    box.press("Escape")
    box.press("Tab")
    expect(box).to_have_value("")
    expect(kept).to_have_value("")


def test_danger_is_confirmed_by_typing(gallery: Open) -> None:
    page = gallery()
    page.get_by_role("button", name="办理离职").click()
    dialog = page.get_by_role("dialog")
    button = dialog.locator("button[type=submit]")
    expect(button).to_be_disabled()
    dialog.locator("[data-typed]").fill("林晓雯")
    expect(button).to_be_enabled()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_forms_problems_take_the_focus_and_lead_to_the_fields(gallery: Open) -> None:
    page = gallery()
    assert page.evaluate("document.activeElement.matches('[data-focus]')")
    page.locator("[data-focus] a", has_text="手机号").click()
    assert page.evaluate("document.activeElement.id || location.hash") in {"wrong_phone", "#wrong_phone"}


def test_help_opens_beside_the_page_and_gives_the_focus_back(gallery: Open) -> None:
    page = gallery()
    opener = page.locator("[data-help]")
    opener.click()
    expect(page.locator("#help-body")).to_contain_text("每一分都能追溯到原始记录")
    page.keyboard.press("Escape")
    expect(page.locator("#help-panel")).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_tour_leaves_out_what_is_not_there_and_ends(size: str, gallery: Open) -> None:
    page = gallery("?tour=1", size=size)
    card = page.locator(".tour-card")
    expect(card).to_contain_text("1 / 2")
    assert violations(page) == []
    card.locator(".tour-next").click()
    expect(card).to_contain_text("表格")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_the_tour_stays_on_the_screen_where_its_target_is_taller(gallery: Open) -> None:
    page = gallery("?tour=1")
    page.set_viewport_size({"width": 1440, "height": 420})
    card = page.locator(".tour-card")
    card.locator(".tour-next").click()
    expect(card).to_contain_text("表格")
    expect(card).to_be_in_viewport(ratio=0.99)


def test_heads_sort_pages_turn_and_filters_narrow_without_leaving(gallery: Open) -> None:
    page = gallery()
    page.evaluate("window.same = true")
    page.locator("#people th a", has_text="得分").click()
    expect(page.locator("#people th[aria-sort=descending]")).to_contain_text("得分")
    page.locator("#people a[rel=next]").click()
    expect(page.locator("#people .pager")).to_contain_text("51–100")
    page.locator(".filters [type=search]").fill("林")
    page.wait_for_url("**q=**")
    expect(page.locator("#people tbody tr").first).to_be_visible()
    assert page.evaluate("window.same")


def test_the_tree_opens_and_closes_by_arrows(gallery: Open) -> None:
    page = gallery()
    branch = page.locator("[data-tree] a", has_text="客服部")
    branch.focus()
    details = branch.locator("xpath=following-sibling::details")
    page.keyboard.press("ArrowLeft")
    expect(details).not_to_have_attribute("open", "")
    page.keyboard.press("ArrowRight")
    expect(details).to_have_attribute("open", "")


def test_a_chosen_theme_outlives_the_systems(gallery: Open) -> None:
    page = gallery(scheme="light")
    page.locator(".me summary").click()
    page.locator(".me button[value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 20, 18)"
