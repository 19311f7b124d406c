"""An empty installation, and somebody who has the key to it."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fenming.modules.hub import queries as hub
from fenming.modules.start.operations.keys import new_key

PASSWORD = "Guter-Anfang-2026"
ALONE = {
    "way": "account", "name": "陈一", "username": "chen", "password": PASSWORD, "works_in_hr": "on",
    "security": "me", "audit": "me", "reason": "三人公司，暂由一人担任", "signed": "on",
}  # fmt: skip
SHARED = {
    "way": "account", "name": "陈一", "username": "chen", "password": PASSWORD, "works_in_hr": "on",
    "security": "colleague", "security_name": "王二", "security_username": "wang",
    "audit": "colleague", "audit_name": "张三", "audit_username": "zhang",
}  # fmt: skip
COMPANY = {"name_zh": "禾苗优选", "time_zone": "Asia/Shanghai", "language": "zh-hans", "calendar": "cn"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Any) -> Any:
    """A data folder for each test."""
    settings.DATA = tmp_path
    yield
    hub.engine_at.cache_clear()
    hub.lake_at.cache_clear()


@pytest.fixture
def visitor(db: None) -> Client:
    """Somebody without a key."""
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def opened(visitor: Client) -> Client:
    """Somebody who has opened the link of the console."""
    assert visitor.get("/start/", {"key": new_key()})["Location"] == "/start/"
    return visitor


@pytest.fixture
def founder(opened: Client) -> Client:
    """The first administrator, who shares the administrations with two colleagues."""
    assert opened.post("/start/", SHARED)["Location"] == "/start/company/"
    return opened


@pytest.fixture
def founded(founder: Client) -> Client:
    """The same, once the company has a name."""
    assert founder.post("/start/company/", COMPANY)["Location"] == "/start/people/"
    return founder
