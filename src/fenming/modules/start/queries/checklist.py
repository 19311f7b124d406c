"""What comes after the first start, and what of it is done."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fenming.controls.queries import complete_runs
from fenming.modules.accounts.queries.entry import waiting_officers
from fenming.modules.accounts.queries.roles import combining
from fenming.modules.people.queries.size import size
from fenming.modules.schemes.queries import open_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One thing to do, where, with which permission, and whether it is done."""

    title: str | Promise
    text: str | Promise
    page: str
    needs: str
    done: bool


def checklist() -> list[Todo]:
    """What an administrator goes through in the first weeks."""
    return [
        Todo(
            title=_("Bring in your people"), text=_("By Excel, or one by one."), page="people-import",
            needs="people.import", done=size().people > 0,
        ),
        Todo(
            title=_("Publish a scheme"), text=_("So that something is measured."), page="board", needs="board.view",
            done=bool(open_versions()),
        ),
        Todo(
            title=_("Score a month"), text=_("Take in records and look at the first board."), page="board",
            needs="board.view", done=complete_runs().exists(),
        ),
        Todo(
            title=_("Your administrators have signed in"), text=_("Each by the own link."), page="accounts",
            needs="security.accounts", done=not waiting_officers(),
        ),
        Todo(
            title=_("Nobody combines administrations"), text=_("Share the roles among three people."), page="roles",
            needs="security.roles", done=not combining(),
        ),
        Todo(
            title=_("Connect messages"), text=_("A mail server or a group robot, so that people hear of things."),
            page="channels", needs="system.channels", done=False,
        ),
    ]  # fmt: skip
