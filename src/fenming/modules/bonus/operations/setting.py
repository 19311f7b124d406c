"""Setting pools: by hand, as last time, by the head, from a file. A closed period keeps what it had."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.controls.queries import closed_departments
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.bonus.models import Pool
from fenming.modules.people.queries.names import department_names
from fenming.rules.periods import Period

MOST = Decimal("999999999999.99")
Amounts = Mapping[int, Decimal | None]
"""Department → its pool in yuan; None for no pool."""


class Stale(Refusal):
    """Somebody else has set some of these pools meanwhile, to what ``now`` says."""

    def __init__(self, now: Amounts) -> None:
        super().__init__(
            Words(
                zh="别人刚刚修改了其中的奖金池，当前金额已标出。您填写的内容仍在，请对照后再保存。",
                en="Somebody else has set some of these pools meanwhile; the amounts of now are marked. What you "
                "typed is still here: compare, and save again.",
            )
        )
        self.now = now


def set_pools(actor: Actor, span: Period, wanted: Amounts, *, seen: Amounts | None = None) -> int:
    """Set the pools of a period, all or none; returns how many changed. ``seen`` is what the page showed."""
    with transaction.atomic():
        rows = Pool.objects.select_for_update().filter(start=span.start, end=span.end, department__in=wanted)
        held: dict[int, Decimal | None] = {one.department_id: one.amount for one in rows.order_by("id")}
        changed = {one: amount for one, amount in wanted.items() if amount != held.get(one)}
        _check(span, changed)
        if seen is not None:
            moved = {one: held.get(one) for one in changed if held.get(one) != seen.get(one)}
            if moved:
                raise Stale(moved)
        Pool.objects.filter(
            start=span.start, end=span.end, department__in=[one for one, amount in changed.items() if amount is None]
        ).delete()
        for one, amount in changed.items():
            if amount is not None:
                Pool.objects.update_or_create(
                    department_id=one, start=span.start, end=span.end, defaults={"amount": amount}
                )
        if changed:
            names = department_names(changed)
            record(
                actor,
                "bonus.set_pools",
                f"pools {span.label}",
                before={names[one]: held.get(one) for one in changed},
                after={names[one]: amount for one, amount in changed.items()},
            )
    return len(changed)


def copy_pools(actor: Actor, span: Period, departments: Collection[int]) -> int:
    """Give departments that have no pool yet what they had in the period before; returns how many."""
    before = span.previous()
    with transaction.atomic():
        free = _free(span, departments)
        had = Pool.objects.filter(start=before.start, end=before.end, department__in=free)
        wanted = dict(had.values_list("department_id", "amount"))
        if not wanted:
            raise refuse(
                f"没有可复制的：{before.label} 没有奖金池，或各部门都已设置。",
                f"There is nothing to copy: {before.label} has no pools, or every department has one already.",
            )
        return set_pools(actor, span, wanted)


def pools_by_head(actor: Actor, span: Period, amount: Decimal, people: Mapping[int, int]) -> int:
    """Give departments that have no pool yet so much for each of their ``people``; returns how many."""
    with transaction.atomic():
        free = _free(span, people)
        wanted = {one: amount * people[one] for one in free if people[one]}
        if not wanted:
            raise refuse("各部门都已设置奖金池。", "Every department has a pool already.")
        return set_pools(actor, span, wanted)


def _free(span: Period, departments: Collection[int]) -> list[int]:
    """Those that have no pool and are not closed."""
    taken = set(Pool.objects.filter(start=span.start, end=span.end).values_list("department_id", flat=True))
    closed = closed_departments(span.start, span.end)
    return [one for one in departments if one not in taken and one not in closed]


def _check(span: Period, changed: Amounts) -> None:
    closed = closed_departments(span.start, span.end).intersection(changed)
    if closed:
        names = department_names(closed)
        listed = sorted(names.values())
        raise refuse(
            f"{span.label} 已归档：{'、'.join(listed)} 的奖金池不再改变。需要补发时请用次期调整。",
            f"{span.label} is closed: the pool of {', '.join(listed)} stands. Make differences good by adjustments.",
        )
    for amount in changed.values():
        if amount is not None and not (0 < amount <= MOST and amount == amount.quantize(Decimal("0.01"))):
            raise refuse(
                f"奖金池 {amount} 不可用：须大于 0，最多两位小数。",
                f"The pool {amount} cannot be used: it must be above 0, with at most two decimals.",
            )
