"""The demo company, served by the real server on this machine, and Chromium in front of it."""

import base64
import fcntl
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

FENMING = [str(Path(sys.executable).with_name("fenming"))]
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "fenming-demo"
START_SECONDS = 60
PATIENCE = 20_000  # of a loaded machine; what is there sooner is not waited for
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync"
    )
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": flags.split()}


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of one test run see."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def demo_data(shared_folder: Path) -> Path:
    """The data folder of the demo company."""
    return _demo(shared_folder / "demo", months=1)


@pytest.fixture(scope="session")
def demo_with_cycles(shared_folder: Path) -> Path:
    """The same with a second month, and so with performance cycles, appeals and questions."""
    return _demo(shared_folder / "demo-with-cycles", months=2)


def _demo(data: Path, months: int) -> Path:
    """Made once however many processes test."""
    with data.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "demo.until").exists():
            made = ["demo", "--data", str(data), "--until", "2026-11-23", "--months", str(months), "--no-serve"]
            subprocess.run([*FENMING, *made], check=True, env=_environment(), capture_output=True)
    return data


@pytest.fixture(scope="session")
def fenming() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs the command as a person would, in English."""

    def run(*arguments: object, typed: str = "", **more: object) -> "subprocess.CompletedProcess[str]":
        environment = _environment() | {name: str(value) for name, value in more.items() if name.isupper()}
        rest = {name: value for name, value in more.items() if not name.isupper()}
        command = [*FENMING, *map(str, arguments)]
        return subprocess.run(
            command, env=environment, input=typed, capture_output=True, text=True, check=False, **rest
        )  # type: ignore[call-overload]

    return run


@pytest.fixture
def company(demo_data: Path, tmp_path: Path) -> Path:
    """A copy of the demo company that a test may change; its facts, which nobody edits in place, are linked."""
    copy = tmp_path / "company"
    shutil.copytree(demo_data / "facts", copy / "facts", copy_function=os.link)
    shutil.copytree(demo_data / "runs", copy / "runs")
    for name in ("secret-key", "keys", "demo.until"):
        shutil.copy2(demo_data / name, copy / name)
    with sqlite3.connect(demo_data / "fenming.sqlite3") as source, sqlite3.connect(copy / "fenming.sqlite3") as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = WAL")
    source.close()
    target.close()
    return copy


@pytest.fixture(scope="session")
def site(demo_data: Path) -> Iterator[str]:
    """The address of the served demo company."""
    with _serving(demo_data) as address:
        yield address


@pytest.fixture(scope="session")
def site_with_cycles(demo_with_cycles: Path) -> Iterator[str]:
    with _serving(demo_with_cycles) as address:
        yield address


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Serves a data folder of a test's own."""
    return _serving


@contextmanager
def _serving(data: Path, **more: str) -> Iterator[str]:
    """The real server over a data folder, with more in its environment; its address."""
    port = _free_port()
    served = ["serve", "--data", str(data), "--port", str(port)]
    log = (data / f"serve-{port}.log").open("w")
    with log, subprocess.Popen([*FENMING, *served], env=_environment() | more, stdout=log, stderr=log) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/sign-in/", server)
            yield address
        finally:
            server.terminate()


def _environment() -> dict[str, str]:
    hidden = ("FENMING_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"FENMING_LANGUAGE": "en"}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_SECONDS * 5):
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


@pytest.fixture
def postgresql() -> Iterator[str]:
    from tools import postgres

    with postgres.server() as address:
        if address is None:
            pytest.skip("PostgreSQL is not installed")
        yield address


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a page in a window of its own, signed in if asked; any console error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(path: str = "/", *, user: str = "", size: str = "desktop", language: str = "zh-CN") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=size == "phone", has_touch=size == "phone",
            locale=language, base_url=site,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        if user:
            page.goto("/sign-in/")
            page.fill("[name=username]", user)
            page.fill("[name=password]", PASSWORD)
            page.click("form[data-sign-in] button[type=submit]")
            page.wait_for_url(lambda url: "/sign-in/" not in url)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@dataclass
class Company:
    """The windows of people who know nothing of each other, and what their consoles said."""

    browser: Browser
    address: str
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def comes(self, user: str, size: str = "desktop") -> Page:
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=size == "phone", has_touch=size == "phone",
            locale="en-US", base_url=self.address,
        )  # fmt: skip
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and self.errors.append(f"{page.url}: {said.text}"))
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.goto("/sign-in/")
        page.locator("[name=username]").fill(user)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form[data-sign-in] [type=submit]").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page


@pytest.fixture
def people(browser: Browser, company: Path, serving: Callable[..., AbstractContextManager[str]]) -> Iterator[Company]:
    with serving(company) as address:
        found = Company(browser, address)
        yield found
        for context in found.contexts:
            context.close()


PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def sound(page: Page) -> None:
    """Fits its window, and axe has nothing to say."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    found = Axe().run(page).response["violations"]
    if found:  # perhaps it was being painted anew; what is wrong stays wrong
        page.evaluate(PAINTED)
        found = Axe().run(page).response["violations"]
    assert [(page.url, one["id"], one["nodes"][0]["html"][:160]) for one in found] == []


DIFFERING = """async ([one, other]) => {
  const drawn = async text => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(text), sign => sign.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    return canvas.getImageData(0, 0, picture.width, picture.height);
  };
  const [before, after] = [await drawn(one), await drawn(other)];
  if (before.width !== after.width || before.height !== after.height) return 1;
  let count = 0;
  for (let at = 0; at < before.data.length; at += 4)
    if ([0, 1, 2].some(part => Math.abs(before.data[at + part] - after.data[at + part]) > 48)) count += 1;
  return 4 * count / before.data.length;
}"""


def differing(page: Page, one: bytes, other: bytes) -> float:
    """The share of the pixels that two pictures do not have in common, as an eye would see it; 1 for two sizes."""
    return float(page.evaluate(DIFFERING, [base64.b64encode(part).decode() for part in (one, other)]))
