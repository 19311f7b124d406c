"""Five people, a mail server and a robots' platform on this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import translation

from fenming.controls.operations import SYSTEM
from fenming.library.text import Words
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.messages.models import Channel
from fenming.modules.messages.operations import Way, notify, set_channel
from fenming.modules.messages.tests.standins import SECRET, MailServer, Platform, mail_server, platform

NAMES = ("admin", "lin", "zhao", "wang", "li")
TITLE = Words(zh="导入完成", en="The import is done")
BODY = Words(zh="共 120 行。", en="120 rows in all.")


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Files by their own names, so that no test needs collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is read outside a request speaks English, whatever test ran before."""
    with translation.override("en"):
        yield


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """By name; all have an e-mail address. Admin administers the system."""
    roles = {one: "system_admin" if one == "admin" else "employee" for one in NAMES}
    accounts = [NewAccount(name=one, role=role) for one, role in roles.items()]
    open_accounts(accounts, password="correct horse")
    User.objects.update(email=Concat("username", Value("@example.com")))
    return {one.username: one for one in User.objects.all()}


@pytest.fixture
def signed_in(people: dict[str, User]) -> Callable[[str], Client]:
    """A client that is signed in under a name, in English."""

    def sign_in(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(people[name])
        return client

    return sign_in


@pytest.fixture
def post_office(db: None, settings: Any) -> Iterator[MailServer]:
    """A mail server that the site knows."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_TIMEOUT = 5
        settings.SITE_URL = "https://pay.example.com"
        settings.MAIL = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port}
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "pay@fenming.example"
        yield server


@pytest.fixture
def robots_platform(settings: Any) -> Iterator[Platform]:
    with platform() as found:
        settings.ROBOT_HOSTS = [found.origin]
        settings.SITE_URL = "https://pay.example.com"
        yield found


@pytest.fixture
def robot(db: None, robots_platform: Platform) -> Any:
    """Makes a robot of a kind that carries everything about people."""

    def make(kind: str, *, topics: tuple[str, ...] = ("people.*",)) -> Channel:
        secret = "" if kind == Channel.Kind.WECOM else SECRET
        way = Way(kind=kind, name=kind, address=robots_platform.address(kind), secret=secret, topics=topics)
        return set_channel(way, actor=SYSTEM)

    return make


def tell(*people: User, **more: Any) -> int:
    """A notice, unless the test wants something else."""
    given = {"topic": "people.import_done", "kind": "notice", "title": TITLE, "body": BODY, "url": "/people/"} | more
    return notify([one.pk for one in people], **given)
