"""How far the first start is, and who runs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fenming.modules.accounts.queries.entry import any_account
from fenming.modules.start.models import Setup

HELD = timedelta(minutes=10)
"""How long somebody who does nothing is still taken to run the first start."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the first start."""

    id: str
    name: str | Promise
    note: str | Promise
    can_skip: bool = False

    @property
    def page(self) -> str:
        return f"start-{self.id}"


STEPS = (
    Step("account", _("Your account"), _("and who administers what")),
    Step("company", _("Company"), _("name, language, calendar")),
    Step("people", _("Departments and people"), _("from Excel"), can_skip=True),
    Step("schemes", _("Schemes"), _("what is measured"), can_skip=True),
    Step("records", _("First records"), _("and the first board"), can_skip=True),
    Step("invitations", _("Invitations"), _("by link"), can_skip=True),
    Step("done", _("What comes next"), _("done")),
)


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    return not any_account()


def setup() -> Setup:
    """The row of the first start; one that is not kept yet where there is none."""
    return Setup.objects.select_related("holder").filter(pk=1).first() or Setup(pk=1)


def under_way() -> Step | None:
    """The step at which a first start goes on; the list of what comes next, until somebody puts it away."""
    row = Setup.objects.filter(pk=1, dismissed_at=None).first()
    return next_step(row) if row and row.done else None


def next_step(row: Setup) -> Step:
    """The first step that is not done."""
    return next((one for one in STEPS if one.id not in row.done), STEPS[-1])


def is_elsewhere(row: Setup, user: int | None) -> bool:
    """Whether somebody else has been running it within the last minutes."""
    return bool(row.holder_id and row.holder_id != user and row.held_at and row.held_at > timezone.now() - HELD)


def rail(row: Setup, current: str) -> Iterator[dict[str, object]]:
    """The steps as the page shows them; those that are done, and the next one, can be gone to."""
    ahead = next_step(row).id
    for one in STEPS:
        state = "current" if one.id == current else "done" if one.id in row.done else "next"
        reachable = one.id != "account" and (one.id in row.done or one.id == ahead)
        yield {"id": one.id, "name": one.name, "note": one.note, "state": state, "page": one.page if reachable else ""}
