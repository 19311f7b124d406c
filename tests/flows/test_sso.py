"""Single sign-on in a real browser: a stand-in server of OpenID Connect is set up, tried, and leads in."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fenming.modules.accounts.tests.standins import OpenId

pytestmark = pytest.mark.browser
Open = Callable[[str], Page]
PASSWORD = "fenming-demo"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
BUTTON = "Sign in with Company account"


@pytest.fixture
def openid() -> Iterator[OpenId]:
    standin = OpenId()
    yield standin
    standin.close()
    assert standin.wrong == []


@pytest.fixture
def site(company: Path, openid: OpenId, serving: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with serving(company, FENMING_SSO_HOSTS=openid.origin) as address:
        yield address


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Open]:
    """A window of a size; anything in its console, such as a refusal of the content policy, fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(size: str) -> Page:
        width, height = SIZES[size]
        phone = size == "phone"
        context = browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone, locale="en", base_url=site
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        return page

    yield open_page
    for one in contexts:
        one.close()
    assert errors == []


def set_up(page: Page, openid: OpenId) -> None:
    """As the security administrator does."""
    enter(page, "security")
    page.goto("/security/providers/new/?kind=oidc")
    given = {
        "name_zh": "公司账号", "name_en": "Company account", "code": "company", "issuer": openid.issuer,
        "client": openid.client, "secret": openid.secret,
    }  # fmt: skip
    for name, value in given.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("the client's credentials are right")).to_be_visible()


def enter(page: Page, name: str) -> None:
    page.goto("/sign-in/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("form[data-sign-in] button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def somebody(company: Path) -> str:
    """An employee with an account."""
    with sqlite3.connect(company / "fenming.sqlite3") as database:
        found = database.execute(
            "SELECT u.username FROM accounts_user u JOIN people_employee e ON e.id = u.employee_id"
            ' WHERE u.is_active AND e.number = u.username AND e."left" IS NULL ORDER BY e.number LIMIT 1'
        ).fetchone()
    database.close()
    return str(found[0])


def test_the_button_leads_in_on_desktop_and_phone(company: Path, openid: OpenId, opened: Open) -> None:
    set_up(opened("desktop"), openid)
    number = somebody(company)
    openid.people = {"subject-1": {"preferred_username": number}}
    openid.signed_in = "subject-1"
    for size in SIZES:
        page = opened(size)
        page.goto("/me/security/")
        page.get_by_role("link", name=BUTTON).click()
        page.wait_for_url("**/me/security/")
        expect(page.get_by_text("Company account")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_signed_in_person_links_and_the_form_may_lead_there(company: Path, openid: OpenId, opened: Open) -> None:
    """``form-action 'self'`` would hold a redirect; the page that goes on does not need one."""
    set_up(opened("desktop"), openid)
    openid.signed_in = "subject-2"
    page = opened("phone")
    enter(page, somebody(company))
    page.goto("/me/security/")
    page.get_by_role("button", name="Link Company account").click()
    page.wait_for_url("**/me/security/")
    expect(page.get_by_text("Company account is linked.")).to_be_visible()
    page.get_by_role("button", name="Unlink Company account").click()
    expect(page.get_by_text("is not linked any more")).to_be_visible()


def test_whoever_does_not_agree_is_told_and_types_the_password(company: Path, openid: OpenId, opened: Open) -> None:
    set_up(opened("desktop"), openid)
    page = opened("phone")
    page.goto("/sign-in/")
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_text("not allowed there")).to_be_visible()
    enter(page, somebody(company))
