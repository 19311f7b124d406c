"""Who may be invited at the first start, and as what."""

from collections.abc import Iterator
from dataclasses import dataclass

from fenming.modules.accounts.queries.entry import accounts_of
from fenming.modules.people.queries.size import Member, members, places_with_posts
from fenming.modules.start.queries.suggestions import of_place

ROLES = ("lead", "store_manager", "hr", "employee")
MANAGERS = ("店长", "store manager", "shop manager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody to invite, the role that suits, and whether the person has signed in or been invited before."""

    member: Member
    role: str
    has_account: bool
    is_in: bool


def candidates() -> list[Candidate]:
    """Everybody who works here; five queries."""
    there = members()
    known = accounts_of([one.id for one in there])
    hr = {one.id for one in places_with_posts() if of_place(one) == "hr"}
    return [
        Candidate(
            member=one, role=_role(one, one.department in hr), has_account=one.id in known,
            is_in=one.id in known and known[one.id].has_usable_password(),
        )
        for one in there
    ]  # fmt: skip


def _role(one: Member, in_hr: bool) -> str:
    if one.has_store and any(word in one.post.casefold() for word in MANAGERS):
        return "store_manager"
    if in_hr:
        return "hr"
    return "lead" if one.reports else "employee"


def by_hand(found: list[Candidate]) -> Iterator[Candidate]:
    """Those who are chosen one by one: with reports, or in HR; the others are invited together."""
    return (one for one in found if one.role != "employee" and not one.is_in)
