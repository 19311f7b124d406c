"""A walk through the site by its own links, as each kind of account: every page answers, fits the phone, is
readable by everybody in light and dark, and says nothing in the console."""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page
from tests.flows.conftest import PASSWORD, SIZES

pytestmark = pytest.mark.browser
PAGES_MAX = 120
SKIPPED = re.compile(
    r"/(sign-out|export|template|static|language|theme|yaml)\b|pools/file/$|\.(xlsx|json|yaml)$|refused/$"
)
WALKS = [
    ("hr", "desktop", "light"),
    ("hr", "phone", "dark"),
    ("KF0001", "desktop", "dark"),
    ("KF0002", "phone", "light"),
    ("MD0001", "phone", "light"),
    ("region", "desktop", "light"),
    ("system", "desktop", "dark"),
    ("security", "desktop", "light"),
    ("security", "phone", "dark"),
    ("audit", "desktop", "light"),
]


def kind_of(path: str) -> str:
    """Pages that differ only by whose they are count as one: those of one route."""
    try:
        return resolve(path).route
    except Resolver404:
        return path


def links(page: Page) -> Iterator[str]:
    """The site's own addresses that the page leads to."""
    home = urlsplit(page.url)
    for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))"):
        found = urlsplit(urljoin(page.url, link))
        if (found.scheme, found.netloc) == (home.scheme, home.netloc) and not SKIPPED.search(found.path):
            yield found.path


@pytest.mark.parametrize(("user", "size", "theme"), WALKS, ids=lambda value: str(value))
def test_every_page_that_links_lead_to(
    browser: Browser, site_with_cycles: str, user: str, size: str, theme: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, is_mobile=size == "phone", has_touch=size == "phone",
        locale="zh-CN", base_url=site_with_cycles, color_scheme=theme,  # type: ignore[arg-type]  # one of its literals
    )  # fmt: skip
    page, axe, errors, faults = context.new_page(), Axe(), list[str](), list[str]()
    page.on("console", lambda message: message.type == "error" and errors.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    page.goto("/sign-in/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", PASSWORD)
    page.click("form[data-sign-in] button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    waiting, seen = deque([urlsplit(page.url).path]), set[str]()
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.popleft()
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        answer = page.goto(path)
        if answer is None or answer.status != 200:
            faults.append(f"{path}: {answer.status if answer else 'no answer'}")
            continue
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{path}: wider than the window")
        found = axe.run(page)
        faults += [f"{path}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]
        waiting.extend(links(page))
    context.close()
    assert len(seen) > 1
    assert faults + errors == []
