"""Taking on 50,000 people from an Excel file: reading, comparing, writing; and the same file once more."""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.measuring import Figure, Options, Section, apart, peak
from bench.servers import postgres

PEOPLE, DEPARTMENTS, STORES = 50_000, 200, 300
TARGET_S, MOST_MIB, BATCH_S = 60, 700, 0.5
_HEADS = (
    "工号", "姓名", "部门", "班组", "岗位", "门店", "直属上级", "任职生效日", "基本工资", "入职日期", "手机号",
    "证件号", "邮箱", "接待标识", "变动原因",
)  # fmt: skip
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴单解查曾区", "晓雯建国秀英伟芳娜敏静丽强磊军洋勇艳杰娟涛明超"


def written(path: str, people: int) -> int:
    """The file, with a manager for everybody, base pay, phones and valid ID numbers; returns its size."""
    import xlsxwriter

    day = date(2020, 1, 1)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page, days = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, _HEADS)
        for number in range(people):
            joined = day + timedelta(days=number % 2000)
            row = (
                f"E{number:06d}", _SURNAMES[number % 15] + _GIVEN[number % 23] + _GIVEN[number // 23 % 23],
                f"部门{number % DEPARTMENTS:03d}", f"{number % 9}组", f"岗位{number % 40:02d}",
                f"门店{number % STORES:03d}",
                f"E{number // 10:06d}" if number else None, None, 5000 + number % 700, None, f"138{number:08d}",
                _identity(number), f"e{number}@example.com", f"T{number}", None,
            )  # fmt: skip
            for column, cell in enumerate(row):
                if cell is not None:
                    page.write(number + 1, column, cell)
            page.write_datetime(number + 1, 9, joined, days)
    return Path(path).stat().st_size


def _identity(number: int) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    born = date(1970, 1, 1) + timedelta(days=number // 900)
    digits = f"110101{born:%Y%m%d}{number % 900 + 100:03d}"
    return digits + "10X98765432"[sum(int(one) * two for one, two in zip(digits, weights, strict=True)) % 11]


def imported(path: str) -> dict[str, Any]:
    """The file imported twice in this process, whose environment names the data folder and the database."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    user = _company()
    from fenming.controls.operations import Actor
    from fenming.modules.people.models import Employee, PeopleImport
    from fenming.modules.people.operations import importing

    stages: dict[str, float] = {}
    slowest = 0.0

    def read() -> PeopleImport:
        from fenming.modules.people.jobs import read_import

        given = {
            "name": "people.xlsx",
            "data": Path(path).read_bytes(),
            "from_day": date(2026, 12, 1),
            "corrects": False,
        }
        one = importing.receive(Actor(user=user, name="hr"), **given)
        read_import.now(number=one.pk)
        one.refresh_from_db()
        return one

    start = time.perf_counter()
    one = read()
    stages["read and compare"] = time.perf_counter() - start
    assert set(one.counts) == {"new"}, (one.counts, one.error)
    importing.confirm(Actor(user=user, name="hr"), one, [])
    start = time.perf_counter()
    slowest = _write(one.pk)
    stages["write"] = time.perf_counter() - start
    start = time.perf_counter()
    again = read()
    assert Employee.objects.count() == one.counts["new"]
    stages["read and compare once more"] = time.perf_counter() - start
    assert again.counts == {"unchanged": Employee.objects.count()}, again.counts
    return {"stages": stages, "slowest": slowest, "people": Employee.objects.count(), "peak": peak()}


def _write(number: int) -> float:
    """Write all batches; how long the longest transaction took."""
    from fenming.controls.permissions import PERMISSIONS
    from fenming.controls.scope import Powers, Scope
    from fenming.modules.people.operations.import_batch import write_batch

    powers = Powers(scopes=dict.fromkeys(PERMISSIONS, Scope.all()))
    slowest, count = 0.0, 1
    while count:
        start = time.perf_counter()
        count = write_batch(number, powers)
        slowest = max(slowest, time.perf_counter() - start)
    return slowest


def _company() -> int:
    from fenming.modules.accounts.models import Grant, Role, User
    from fenming.modules.accounts.operations.founding import NewAccount, open_accounts
    from fenming.modules.people.models import Department, Post, Store

    for model, word, count in ((Department, "部门", DEPARTMENTS), (Store, "门店", STORES)):
        model.objects.bulk_create(model(code=f"{word}{one:03d}", name_zh=f"{word}{one:03d}") for one in range(count))
    Post.objects.bulk_create(Post(code=f"p{one}", name_zh=f"岗位{one:02d}") for one in range(40))
    open_accounts([NewAccount(name="hr", role="hr")], password="correct horse")  # noqa: S106 - of nobody
    assert Role.objects.filter(code="hr").exists()
    assert Grant.objects.exists()
    return int(User.objects.get(username="hr").pk)


def run(options: Options) -> Section:
    """SQLite, then PostgreSQL where a server can be had; each in a process and a database of its own."""
    people = options.of(PEOPLE)
    figures = []
    with tempfile.TemporaryDirectory(prefix="fenming-bench-") as folder, postgres() as address:
        path = f"{folder}/people.xlsx"
        size = apart("people", "written", path, people)
        for name, database in {"SQLite": "sqlite", "PostgreSQL": address}.items():
            if database:
                environ = {
                    "FENMING_DATA": f"{folder}/{name}",
                    "FENMING_DB": database,
                    "DJANGO_SETTINGS_MODULE": "fenming.web.settings",
                }
                figures += _figures(name, apart("people", "imported", path, environ=environ))
    about = f"{people:,} people with 13 columns each from one Excel file of {size / (1 << 20):.1f} MiB."
    return Section("People", about, figures)


def _figures(name: str, found: dict[str, Any]) -> list[Figure]:
    stages = found["stages"]
    whole = stages["read and compare"] + stages["write"]
    return [
        Figure(f"{name}: the whole import", whole, target=TARGET_S, of="seconds", note=f"{found['peak']:.0f} MiB peak"),
        *(Figure(f"{name}: {stage}", seconds) for stage, seconds in stages.items()),
        Figure(f"{name}: the longest transaction", found["slowest"], target=BATCH_S, of="seconds"),
        Figure(f"{name}: memory", ratio=found["peak"] / MOST_MIB, target=1, note=f"of {MOST_MIB} MiB"),
    ]
