"""The board of all departments reads the runs that speak, however often a period was scored."""

import pytest
from django.http import QueryDict

from fenming.controls.models import Run
from fenming.controls.scope import Scope
from fenming.modules.bonus.operations import settle
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.desk.queries import company as board


def test_overtaken_runs_are_not_read(small_company: SmallCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs)
    fields = ("label", "start", "end", "departments", "facts", "inputs", "code")
    given = {name: getattr(run, name) for name in fields}
    old = Run.objects.bulk_create([Run(kind=Run.Kind.LIVE, complete=True, **given) for _ in range(20)])
    seen: list[list[int]] = []
    speaking = board._speaking

    def watched(department: int, complete: list[Run]) -> dict[board.Span, Run]:
        seen.append([one.pk for one in complete])
        return speaking(department, complete)

    monkeypatch.setattr(board, "_speaking", watched)
    board.company(Scope.all(), QueryDict())
    newest = max(one.pk for one in old)
    assert seen
    assert all(one == [newest] for one in seen)
