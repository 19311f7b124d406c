"""October of the small company, settled; one sign-in for each role."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from fenming.controls.models import Run
from fenming.modules.bonus.operations import set_pool, settle
from fenming.modules.conftest import OCTOBER, SmallCompany
from fenming.modules.people.queries.records import department_ids
from fenming.modules.schemes.models import Scorecard


@dataclass(frozen=True, slots=True)
class October:
    """The settled month, and the scorecards by employee number."""

    company: SmallCompany
    run: Run
    cards: dict[str, Scorecard]


@pytest.fixture
def october(small_company: SmallCompany) -> October:
    for department in department_ids().values():
        set_pool(department, OCTOBER.start, OCTOBER.end, Decimal("8000.00"))
    run = settle(small_company.engine, small_company.lake, OCTOBER, folder=small_company.runs, kind=Run.Kind.CLOSE)
    cards = {card.employee.number: card for card in Scorecard.objects.filter(run=run).select_related("employee")}
    return October(small_company, run, cards)
