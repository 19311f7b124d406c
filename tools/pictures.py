"""``python -m tools.pictures http://127.0.0.1:8000 [names]``: the pictures of docs/images, from a running demo.

The demo must stand on 127.0.0.1: begin it with ``fenming demo --data FOLDER --no-serve`` and ``fenming serve``.
What a picture shows is made here as a person would: five wrong passwords for a message, a file for an import that is
looked at and discarded. The first start needs an empty installation: give its link with ``--start``.
"""

import argparse
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs/images"
PASSWORD = "fenming-demo"  # noqa: S105 - of the demo, printed by it
LARGEST = 150_000
DESK, PHONE = (1200, 800), (390, 844)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOCALES = {"zh": "zh-CN", "en": "en-US"}
ROSTER = """工号,姓名,部门,岗位,入职日期
KF9001,林小满,客服部,{post},2026-11-16
KF9002,许知远,客服部,{post},2026-11-31
KF0003,,直播部,,
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as somebody sees it."""

    name: str
    account: str
    show: Callable[[Page, str], None]
    language: str = "zh"
    size: tuple[int, int] = DESK


def at(path: str) -> Callable[[Page, str], None]:
    """The page of an address."""
    return lambda page, site: go(page, site + path)


def go(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")
    if page.locator(".tour-card").count():
        page.keyboard.press("Escape")
        page.wait_for_load_state("networkidle")


def start(page: Page, site: str) -> None:
    """The first page of the first start, with its link in place of the site's address."""
    go(page, site)


def person(page: Page, site: str) -> None:
    """The first person who has a manager and a file."""
    go(page, f"{site}/people/?q=KF0002")
    page.locator("#people tbody a").first.click()
    page.wait_for_load_state("networkidle")


def preview(page: Page, site: str) -> None:
    """An import before anything is written: a new person, a mistyped day, a department that is not there."""
    go(page, f"{site}/people/?q=KF0002")
    post = page.locator("#people tbody tr td").nth(3).inner_text().strip()
    go(page, f"{site}/people/import/")
    content = ROSTER.format(post=post).encode()
    page.locator("#id_file").set_input_files({"name": "花名册.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("main form button.btn-main").first.click()
    page.locator("#rows tbody tr").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")


def department(page: Page, site: str) -> None:
    """The first department of the tree."""
    go(page, f"{site}/organisation/")
    page.locator("#departments a[href*='/departments/']").first.click()
    page.wait_for_load_state("networkidle")


def log(page: Page, site: str) -> None:
    """The log with what a notice and a lock were about laid open."""
    go(page, f"{site}/audit/")
    for one in page.locator("#entries details").all()[:2]:
        one.evaluate("details => details.open = true")


def grant(page: Page, site: str) -> None:
    """Regional HR being given to somebody, with the region ticked."""
    go(page, f"{site}/accounts/?q=KF0002")
    page.locator("#accounts tbody a").first.click()
    page.wait_for_url("**/accounts/*/")
    go(page, page.url + "grants/")
    for field, value in (("#id_role", "region_hr"), ("#id_reach", "region")):
        with page.expect_response(lambda answer: "/grants/" in answer.url):
            page.locator(field).select_option(value)
        page.wait_for_load_state("networkidle")
    page.get_by_label("浙江").check()
    page.locator("#id_reason").fill("负责浙江各门店的人事")
    page.locator("#give").evaluate("panel => panel.scrollIntoView({block: 'end'})")


def drafting(page: Page, site: str) -> None:
    """A change of a scheme, with one weight raised and all brought back to the hundred."""
    go(page, f"{site}/schemes/of/customer_service/")
    page.locator("form[action$='/schemes/new/'] button").click()
    page.wait_for_url("**/schemes/drafts/*/")
    weight = page.locator("[data-weight='1']")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        weight.fill("35")
        weight.blur()
    page.locator("button[value=even]").click()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


def approving(page: Page, site: str) -> None:
    """The same change submitted, about to be approved by its author with a reason."""
    drafting(page, site)
    page.locator("form[action$='/submit/'] button").click()
    page.locator("#reason").fill(
        "演示：一个人走完全程" if page.locator("html[lang^=zh]").count() else "Trying it out alone"
    )
    page.wait_for_load_state("networkidle")


def inbox(page: Page, site: str) -> None:
    """The messages of somebody whose account was just locked by wrong passwords, and opened again."""
    browser = page.context.browser
    assert browser is not None  # noqa: S101 - a page of ours has one
    with visitor(browser, "zh", DESK) as other:
        for _ in range(5):
            sign_in(other, site, "KF0002", "not the password")
    with visitor(browser, "zh", DESK) as other:
        sign_in(other, site, "security")
        go(other, f"{site}/accounts/?q=KF0002")
        other.locator("#accounts tbody a").first.click()
        other.locator("button[value=unlock]").click()
        other.wait_for_load_state("networkidle")
    sign_in(page, site, "KF0002")
    go(page, f"{site}/inbox/")


PICTURES = (
    Picture("board", "hr", at("/board/"), size=(1440, 900)),
    Picture("me", "KF0002", at("/me/"), size=PHONE),
    Picture("cycles", "hr", at("/cycles/?period=2026-10"), size=(1440, 900)),
    Picture("pivot", "hr", at("/board/pivot/"), size=(1440, 900)),
    Picture("indicator", "hr", at("/indicators/response_time/edit/"), size=(1440, 900)),
    Picture("scheme-draft", "hr", drafting),
    Picture("scheme-approval", "hr", approving),
    Picture("scheme-draft.en", "hr", drafting, language="en"),
    Picture("scheme-approval.en", "hr", approving, language="en"),
    Picture("my-cycle", "KF0003", at("/my-cycle/"), size=PHONE),
    Picture("first-start", "", start),
    Picture("people", "hr", at("/people/")),
    Picture("person", "hr", person),
    Picture("import", "hr", preview),
    Picture("organisation", "hr", department),
    Picture("roles", "security", at("/roles/")),
    Picture("grant", "security", grant),
    Picture("log", "audit", log),
    Picture("inbox", "", inbox, size=PHONE),
    Picture("security", "security", at("/me/security/")),
    Picture("people.en", "hr", at("/people/"), language="en"),
    Picture("roles.en", "security", at("/roles/"), language="en"),
)


@contextmanager
def visitor(browser: Browser, language: str, size: tuple[int, int]) -> Iterator[Page]:
    """Somebody in front of a fresh browser."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        timezone_id="Asia/Shanghai",
        is_mobile=size == PHONE,
        device_scale_factor=2 if size == PHONE else 1,
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, site: str, account: str, password: str = PASSWORD) -> None:
    go(page, f"{site}/sign-in/")
    page.locator("[name=username]").fill(account)
    page.locator("[name=password]").fill(password)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def take(page: Page, one: Picture, site: str) -> Path:
    """One picture; at most LARGEST bytes, with fewer colours where it takes that."""
    one.show(page, site)
    page.evaluate("document.activeElement?.blur()")
    content = page.screenshot(animations="disabled")
    target = FOLDER / f"{one.name}.png"
    target.write_bytes(content if len(content) <= LARGEST else smaller(page, content))
    return target


def smaller(page: Page, content: bytes) -> bytes:
    """The picture with the 256 colours that stand for it best."""
    width, height, flat = page.evaluate(PIXELS, list(content))
    red, green, blue = np.frombuffer(bytes(flat), dtype=np.uint8).reshape(-1, 4).astype(np.int32).T[:3]
    packed, inverse, counts = np.unique(red << 16 | green << 8 | blue, return_inverse=True, return_counts=True)
    colours = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    palette = colours[np.argsort(-counts)[:256]]
    some = np.array_split(colours, len(colours) // 1000 + 1)
    nearest = np.concatenate([((one[:, None] - palette) ** 2).sum(2).argmin(1) for one in some])
    rows = nearest.astype(np.uint8)[inverse.reshape(-1)].reshape(height, width)
    lines = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


PIXELS = """async (bytes) => {
  const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const flat = context.getImageData(0, 0, image.width, image.height).data;
  return [image.width, image.height, Array.from(flat)];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("site", help="the running demo, such as http://127.0.0.1:8000")
    parser.add_argument("names", nargs="*", help="some of the pictures; none: all")
    parser.add_argument("--start", help="the link to the first start of an empty installation")
    given = parser.parse_args()
    site = given.site.rstrip("/")
    if unknown := set(given.names) - {one.name for one in PICTURES}:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    with sync_playwright() as play, ExitStack() as stack:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        visitors: dict[tuple[str, str, tuple[int, int]], Page] = {}
        for one in PICTURES:
            if (given.names and one.name not in given.names) or (one.show is start and not given.start):
                continue
            who = one.account, one.language, one.size
            if who not in visitors:
                visitors[who] = stack.enter_context(visitor(browser, one.language, one.size))
                if one.account:
                    sign_in(visitors[who], site, one.account)
            path = take(visitors[who], one, given.start if one.show is start else site)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
