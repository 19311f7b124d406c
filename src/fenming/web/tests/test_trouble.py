"""When the server itself is in trouble: a designed page that says what to do."""

import errno
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from fenming.controls.models import Operation
from fenming.modules.accounts.models import User
from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.queries.records import company
from fenming.web.views import _disk_is_full
from fenming.web.wsgi import application

COMPANY = {"name_zh": "新" * 120, "time_zone": "Asia/Shanghai", "language": "en", "calendar": "cn"}


PAGES = "SELECT page_count FROM pragma_page_count()"
REFUSE = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF length(NEW.name_en) > 60 THEN "
    "RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file: No space left on device'; "
    "END IF; RETURN NEW; END $$",
    "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON people_company FOR EACH ROW EXECUTE FUNCTION full_disk()",
)


@pytest.fixture
def full_disk(small_company: SmallCompany) -> Iterator[None]:
    """A SQLite file that may not grow by a single page; a PostgreSQL server that says so of longer rows."""
    open_accounts([NewAccount(name="admin", role="system_admin")], password="correct horse")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in REFUSE:
                cursor.execute(statement)
            yield
            return
        cursor.execute(PAGES)
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


def test_a_full_disk_is_told_and_nothing_is_half_written(full_disk: None) -> None:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(User.objects.get(username="admin"))
    statuses = set()
    for number in range(200):
        answer = client.post(reverse("company"), COMPANY | {"name_en": f"{number}" * (10 + number // 2)})
        statuses.add(answer.status_code)
        if answer.status_code != 302:
            break
    assert statuses == {302, 409}
    assert b"The disk of the server is full" in answer.content
    found = company()
    assert found is not None
    assert found.name_en == f"{number - 1}" * (10 + (number - 1) // 2)


def test_any_other_error_stays_an_error() -> None:
    assert _disk_is_full(OSError(errno.ENOSPC, "No space left on device"))
    assert not _disk_is_full(OSError(errno.EACCES, "Permission denied"))
    assert not _disk_is_full(ValueError("the bucket is full"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
)
def test_only_a_trusted_proxy_tells_the_address(peer: str, forwarded: str, seen: str, db: None) -> None:
    """The last address that no proxy of ours is, whatever the visitor wrote before it."""
    environ = RequestFactory().get("/sign-in/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded).environ
    application(environ, lambda status, headers: None)
    assert environ["REMOTE_ADDR"] == seen


@pytest.mark.parametrize(("address", "kept"), [("203.0.113.9", "203.0.113.9"), ("<script>", None), ("", None)])
def test_the_log_keeps_an_address_or_none(address: str, kept: str | None, small_company: SmallCompany) -> None:
    open_accounts([NewAccount(name="admin", role="system_admin")], password="correct horse")
    client = Client(REMOTE_ADDR=address)
    client.force_login(User.objects.get(username="admin"))
    client.post(reverse("company"), COMPANY)
    assert Operation.objects.get(action="people.describe_company").address == kept
