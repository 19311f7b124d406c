"""Files and imports for the tests."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
from django.test import Client

from fenming.controls.worker import run_due
from fenming.modules.accounts.models import User
from fenming.modules.people.models import ImportRow, PeopleImport

DAY = date(2026, 12, 1)
HEADS = ["工号", "姓名", "部门", "岗位", "入职日期"]


def workbook(
    rows: Sequence[Sequence[Any]], heads: Sequence[Any] = HEADS, *, above: Sequence[Sequence[Any]] = ()
) -> bytes:
    book = openpyxl.Workbook()
    for row in (*above, heads, *rows):
        book.active.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def text(rows: Sequence[Sequence[Any]], heads: Sequence[Any] = HEADS, encoding: str = "utf-8-sig") -> bytes:
    body = io.StringIO()
    csv.writer(body).writerows([heads, *rows])
    return body.getvalue().encode(encoding)


def client_of(name: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username=name))
    return client


def upload(client: Client, data: bytes, name: str = "people.xlsx", **more: Any) -> PeopleImport:
    """Upload a file and let it be read."""
    file = io.BytesIO(data)
    file.name = name
    answer = client.post("/people/import/", {"file": file, "from_day": str(DAY), **more})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    run_due()
    return PeopleImport.objects.latest("id")


def apply(client: Client, one: PeopleImport, create: Sequence[str] = ()) -> PeopleImport:
    answer = client.post(f"/people/import/{one.pk}/apply/", {"create": list(create)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    run_due()
    one.refresh_from_db()
    return one


def kinds(one: PeopleImport) -> Mapping[str, str]:
    return dict(ImportRow.objects.filter(of=one).values_list("number", "kind"))


def codes(one: PeopleImport) -> Mapping[str, str]:
    """Number → why the row was refused."""
    import json

    rows = ImportRow.objects.filter(of=one, kind="refused")
    return {row.number: json.loads(row.content)["problem"]["code"] for row in rows}
