"""An empty folder becomes a company: the whole first start in a browser, up to five people with five roles."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.flows.conftest import FENMING, SIZES, _environment, _free_port, _wait

PASSWORD = "Guter-Anfang-2026"
SLOW = 60_000
DEMO = 300_000
PEOPLE = [("K1", "林晓雯", "客服部", "客服主管", ""), ("H1", "何静", "人力资源部", "人事专员", "")]
PEOPLE += [(f"K{number}", f"客服{number}", "客服部", "客服专员", "K1") for number in range(2, 15)]
PEOPLE += [("W1", "周强", "物流部", "物流主管", "")]
PEOPLE += [(f"W{number}", f"物流{number}", "物流部", "配送员", "W1") for number in range(2, 16)]


@dataclass
class Installation:
    """A data folder, and the server over it, which can be killed and started again."""

    data: Path
    port: int
    server: "subprocess.Popen[bytes] | None" = None
    links: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data / "serve.log"

    def start(self) -> None:
        command = [*FENMING, "serve", "--data", str(self.data), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(command, env=_environment(), stdout=log, stderr=log, start_new_session=True)
        _wait(f"{self.address}/manifest.webmanifest", self.server)

    def kill(self) -> None:
        """Without a word, as a power cut does; the server's own children notice."""
        assert self.server
        with suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def link(self) -> str:
        return re.findall(r"http\S+/start/\?key=\S+", self.log.read_text())[-1]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    found = Installation(tmp_path, _free_port())
    found.start()
    yield found
    found.kill()


@pytest.fixture
def windows(browser: Browser, installation: Installation) -> Iterator["Windows"]:
    found = Windows(browser, installation)
    yield found
    for context in found.contexts:
        context.close()


@dataclass
class Windows:
    """Windows of people who know nothing of each other."""

    browser: Browser
    installation: Installation
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, size: str = "desktop") -> Page:
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=size == "phone", has_touch=size == "phone",
            locale="en-US", base_url=self.installation.address,
        )  # fmt: skip
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and self.errors.append(said.text))
        return page


def _people(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["工号", "姓名", "部门", "岗位", "直属上级", "入职日期"])
    for one in PEOPLE:
        sheet.append([*one, "2024-03-01"])
    book.save(path)
    return path


def _records(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["会话ID", "工号", "开始时间", "首次响应时长(秒)", "接待时长(秒)", "满意度评分", "是否解决", "平台"])
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    first = today.replace(day=1)
    days = max((today - first).days, 1)
    for number in range(280):
        day = first + timedelta(days=number % days)
        at = f"{day} {9 + number % 9:02}:{number % 60:02}:00"
        who, solved = f"K{1 + number % 14}", "是" if number % 5 else "否"
        sheet.append([f"S{number}", who, at, 10 + number % 60, 200 + number % 200, 5 - number % 3, solved, "京东"])
    sheet.append(["S-bad", "K1", "不是时间", 1, 1, 1, "是", "京东"])
    book.save(path)
    return path


def _founded(page: Page, installation: Installation) -> None:
    """The first account: system and security administrator by signature, the audit with a colleague."""
    page.goto("/board/")
    expect(page.get_by_label("Start key or the whole link")).to_be_visible()
    page.goto(installation.link())
    page.get_by_label("Your name").fill("陈一")
    page.locator("[name=username]").fill("chen")
    page.locator("[name=password]").fill("short")
    page.locator("[name=security][value=me]").check()
    page.locator("[name=audit_name]").fill("张三")
    page.locator("[name=audit_username]").fill("zhang")
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_role("alert")).to_contain_text("Please give the reason.")
    expect(page.locator("[name=audit_name]")).to_have_value("张三")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=reason]").fill("只有我一人")
    page.locator("[name=signed]").check()
    page.get_by_role("button", name="Create my account").dblclick()
    page.wait_for_url("**/start/company/")


def _brought(page: Page, file: Path) -> None:
    """Thirty people from Excel, looked at before they are written."""
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Write 30 people").click(timeout=SLOW)
    expect(page.get_by_text("30 people were written")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/start/schemes/")


def _scored(page: Page, folder: Path) -> None:
    """A broken file is refused in words; a good one is taken in and scored."""
    broken = folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    page.set_input_files("[name=file]", broken)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Another file").click(timeout=SLOW)
    page.set_input_files("[name=file]", _records(folder / "records.xlsx"))
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Take in and score").click(timeout=SLOW)
    expect(page.get_by_role("link", name="See your first board")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/start/invitations/")


def _invited(page: Page, installation: Installation) -> None:
    """Links for the auditor, HR, the leads and everybody else."""
    page.locator("[name=everybody]").check()
    page.get_by_role("button", name="Make the links").click()
    expect(page.get_by_role("heading", name="31 links")).to_be_visible()
    for row in page.locator("tr.link-row").all():
        found = row.locator("code").inner_text()
        installation.links[row.locator(".person small").inner_text().strip()] = found
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/start/done/")


def _came_in(windows: Windows, number: str, size: str) -> Page:
    """Somebody opens the own link, chooses a password, and signs in."""
    page = windows.open(size)
    page.goto(windows.installation.links[number])
    for box in page.locator("input[type=password]").all():
        box.fill(f"Eigen-{number}-2026!")
    page.locator("main form .btn-main, form .btn-main").first.click()
    page.wait_for_url(lambda url: "/link/" not in url)
    if "/sign-in/" in page.url:
        page.locator("[name=username]").fill(number)
        page.locator("[name=password]").fill(f"Eigen-{number}-2026!")
        page.locator("form[data-sign-in] [type=submit]").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


def _status(page: Page, path: str) -> int:
    return page.request.get(path).status


def test_from_an_empty_folder_to_five_people_signed_in(
    windows: Windows, installation: Installation, tmp_path: Path
) -> None:
    page = windows.open()
    _founded(page, installation)
    page.locator("[name=name_zh]").fill("禾苗优选")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/start/people/")
    installation.kill()
    installation.start()
    page.goto("/start/")
    page.wait_for_url("**/start/people/")
    _brought(page, _people(tmp_path / "people.xlsx"))
    expect(page.get_by_text("Satisfaction score")).to_be_visible()
    page.get_by_role("button", name="Publish and go on").click()
    page.wait_for_url("**/start/records/")
    _scored(page, tmp_path)
    _invited(page, installation)
    assert _status(page, "/roles/") == _status(page, "/board/") == 200
    assert _status(page, "/audit/") == 403
    page.goto("/roles/")
    expect(page.get_by_text("Combined administrations")).to_be_visible()

    hr = _came_in(windows, "H1", "desktop")
    hr.goto("/people/")
    expect(hr.get_by_text("周强").first).to_be_visible()
    assert [_status(hr, one) for one in ("/people/W1/", "/roles/", "/audit/", "/start/company/")] == [
        200,
        403,
        403,
        403,
    ]

    lead = _came_in(windows, "K1", "desktop")
    lead.goto("/board/")
    expect(lead.get_by_role("heading", name="客服部")).to_be_visible()
    assert [_status(lead, one) for one in ("/people/K2/", "/people/W2/", "/roles/", "/audit/")] == [200, 404, 403, 403]

    agent = _came_in(windows, "K2", "phone")
    agent.goto("/me/")
    expect(agent.get_by_text("客服2").first).to_be_visible()
    assert [_status(agent, one) for one in ("/board/", "/people/", "/roles/", "/audit/")] == [403] * 4

    auditor = _came_in(windows, "zhang", "desktop")
    auditor.goto("/audit/?action=accounts.open_first")
    expect(auditor.get_by_role("link", name="accounts.open_first").first).to_be_visible()
    assert [_status(auditor, one) for one in ("/board/", "/people/", "/roles/")] == [403] * 3
    assert windows.errors == []


def test_the_demo_company_is_loaded_in_the_place_of_a_company(windows: Windows, installation: Installation) -> None:
    """Asked for by a double click and killed midway, it goes on by itself up to a board and its cycles."""
    page = windows.open()
    page.goto(installation.link())
    page.get_by_role("button", name="Load the demo company").dblclick()
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("[1-9]"), timeout=SLOW)
    page.reload()
    expect(bar).to_be_visible()
    installation.kill()
    installation.start()
    expect(page.get_by_text("It is there")).to_be_visible(timeout=DEMO)
    page.get_by_role("link", name="Sign in").click()
    page.locator("[name=username]").fill("hr")
    page.locator("[name=password]").fill("fenming-demo")
    page.locator("form[data-sign-in] [type=submit]").click()
    page.wait_for_url("**/board/")
    expect(page.get_by_role("heading", name="Customer service")).to_be_visible()
    assert [_status(page, one) for one in ("/cycles/", "/indicators/", "/schemes/")] == [200] * 3
    assert windows.errors == []
