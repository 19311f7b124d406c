"""Writes of the company's own fields: their values follow when the type or the choices change, or nothing changes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import JSONField
from django.utils import timezone

from fenming.controls import queries as log
from fenming.controls.models import Operation
from fenming.controls.operations import Actor, record
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.people import custom
from fenming.modules.people.models import CustomField, Employee
from fenming.modules.people.queries.custom import HOLDERS, values_of

MOST = 100
MOST_SEARCHED = 10
"""Each one is another look through the values of everybody, with every search."""
MOST_CHOICES = 200
LONGEST_CHOICE = 80
BATCH = 1000
NAMED = 3
LOOKUPS = frozenset(JSONField().get_lookups())
"""Names that mean something else in a query of JSON, such as ``contains``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewField:
    """What a field is to be."""

    name_zh: str
    name_en: str = ""
    kind: str = CustomField.Kind.TEXT
    choices: tuple[str, ...] = ()
    required: bool = False
    seen_with: str = CustomField.Seen.VIEWERS
    searchable: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a change of type or choices makes of the values there are."""

    values: Mapping[int, Any] = field(default_factory=dict)
    """By the id of who has it; only those that change."""
    kept: int = 0
    failing: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.kept + len(self.failing)


class Converts(Refusal):
    """Values would be rewritten: somebody has to look first."""


class Stale(Refusal):
    """Somebody else has changed the field meanwhile; ``entries`` of the log say what."""

    def __init__(self, one: CustomField, entries: list[Operation]) -> None:
        super().__init__(
            Words(
                zh="别人刚修改过这个字段。请比较下面的改动，再保存一次。",
                en="Somebody else has changed this field meanwhile. Compare the changes below, then save again.",
            )
        )
        self.field = one
        self.entries = entries


def subject(code: str) -> str:
    """How the operation log names a field."""
    return f"field {code}"


def add(actor: Actor, on: str, code: str, wanted: NewField) -> CustomField:
    """A new field on people, departments or posts."""
    _check(wanted)
    if code in LOOKUPS:
        raise refuse(f"代码不能是 {code}，请换一个。", f"The code cannot be {code}. Choose another one.")
    with transaction.atomic():
        if CustomField.objects.filter(code__iexact=code).exists():
            raise refuse(f"代码 {code} 已被使用，请换一个。", f"The code {code} is taken. Choose another one.")
        made = CustomField.objects.create(code=code, on=on, **_columns(wanted))
        _refuse_too_many(made)
        record(actor, "fields.add", subject(code), after=_columns(wanted) | {"on": on, "version": 1})
    return made


def change(actor: Actor, one: CustomField, wanted: NewField, *, version: int, sure: bool = False) -> CustomField:
    """Change a field. ``sure``: the values that have to be rewritten may be."""
    _check(wanted)
    with transaction.atomic():
        now = _held(one, version)
        before = _told(now)
        conversion = converted(now, wanted)
        _refuse_losing(conversion)
        if conversion.values and not sure:
            raise Converts(_in_words(conversion))
        for name, value in _columns(wanted).items():
            setattr(now, name, value)
        if _told(now) == before:
            return now
        _rewrite(now, conversion.values)
        _save(actor, "fields.change", now, before, {"rewritten": len(conversion.values)} if conversion.values else {})
        _refuse_too_many(now)
    return now


def retire(actor: Actor, one: CustomField, *, version: int) -> None:
    """No longer ask for a field nor show it; what it said is kept."""
    _switch(actor, "fields.retire", one, version, retired=True)


def bring_back(actor: Actor, one: CustomField, *, version: int) -> None:
    """Use a retired field again, with what it said."""
    _switch(actor, "fields.bring_back", one, version, retired=False)


def converted(one: CustomField, wanted: NewField) -> Conversion:
    """What becomes of the values there are; one query, and none where type and choices stay."""
    if (one.kind, list(one.choices)) == (wanted.kind, list(wanted.choices)):
        return Conversion()
    future = CustomField(kind=wanted.kind, choices=list(wanted.choices))
    changed: dict[int, Any] = {}
    failing: list[str] = []
    values = values_of(one)
    for who, value in values.items():
        text = custom.as_text(one, value)
        try:
            new = custom.clean(future, text)
        except Refusal:
            failing.append(text)
            continue
        if new != value or type(new) is not type(value):
            changed[who] = new
    return Conversion(values=changed, kept=len(values) - len(failing), failing=tuple(failing))


def _switch(actor: Actor, action: str, one: CustomField, version: int, *, retired: bool) -> None:
    with transaction.atomic():
        now = _held(one, version)
        before = _told(now)
        now.retired = retired
        _save(actor, action, now, before, {})
        _refuse_too_many(now)


def _held(one: CustomField, version: int) -> CustomField:
    now = CustomField.objects.select_for_update().get(pk=one.pk)
    if now.version != version:
        newest = log.operations(log.Wanted(object=subject(now.code)), size=20).entries
        raise Stale(now, [entry for entry in newest if (entry.after or {}).get("version", 0) > version])
    return now


def _save(actor: Actor, action: str, one: CustomField, before: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    one.version += 1
    one.save()
    after = _told(one)
    changed = [name for name in after if before[name] != after[name]]
    record(
        actor, action, subject(one.code),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | dict(more) | {"version": one.version},
    )  # fmt: skip


def _rewrite(one: CustomField, values: Mapping[int, Any]) -> None:
    holders = _holders(one.on)
    ids = list(values)
    for start in range(0, len(ids), BATCH):
        rows = list(
            holders.filter(id__in=ids[start : start + BATCH]).select_for_update().only("id", "custom", "version")
        )
        for row in rows:
            row.custom = {**row.custom, one.code: values[row.pk]}
            row.version += 1
        holders.bulk_update(rows, ["custom", "version"])
        if holders.model is Employee:
            holders.filter(id__in=[row.pk for row in rows]).update(updated_at=timezone.now())


def _holders(on: str) -> Any:
    return HOLDERS[on]._default_manager


def _columns(wanted: NewField) -> dict[str, Any]:
    return asdict(wanted) | {"choices": list(wanted.choices)}


def _told(one: CustomField) -> dict[str, Any]:
    return {name: getattr(one, name) for name in (*NewField.__dataclass_fields__, "retired")}


def _check(wanted: NewField) -> None:
    if wanted.kind != CustomField.Kind.CHOICE:
        if wanted.choices:
            raise refuse("只有“选项”类型才有选项。", "Only fields of the type choice have choices.")
        return
    if not 1 <= len(wanted.choices) <= MOST_CHOICES:
        raise refuse(f"请给出 1 到 {MOST_CHOICES} 个选项，每行一个。", f"Give 1 to {MOST_CHOICES} choices, one a line.")
    if len({custom.folded(one) for one in wanted.choices}) < len(wanted.choices):
        raise refuse("有两个选项相同。", "Two choices are the same.")
    if any(len(one) > LONGEST_CHOICE for one in wanted.choices):
        raise refuse(f"每个选项最多 {LONGEST_CHOICE} 个字符。", f"A choice has at most {LONGEST_CHOICE} characters.")


def _refuse_too_many(one: CustomField) -> None:
    used = CustomField.objects.filter(retired=False)
    if not one.retired and used.count() > MOST:
        raise refuse(f"最多 {MOST} 个字段。请先停用不用的。", f"There are at most {MOST} fields. Retire some first.")
    if one.searchable and used.filter(on=one.on, searchable=True).count() > MOST_SEARCHED:
        raise refuse(
            f"最多 {MOST_SEARCHED} 个字段可参与搜索。", f"At most {MOST_SEARCHED} fields can be in the search."
        )  # fmt: skip


def _refuse_losing(conversion: Conversion) -> None:
    if not conversion.failing:
        return
    some = list(dict.fromkeys(conversion.failing))[:NAMED]
    zh, en = "、".join(f"“{one[:40]}”" for one in some), ", ".join(f"“{one[:40]}”" for one in some)
    raise refuse(
        f"已有 {conversion.total} 个值，其中 {len(conversion.failing)} 个不适合新的类型或选项：{zh}。请先改好这些值。",
        f"Of {conversion.total} values, {len(conversion.failing)} do not fit the new type or choices: {en}. "
        "Change those first.",
    )


def _in_words(conversion: Conversion) -> Words:
    return Words(
        zh=f"已有 {conversion.total} 个值，全部适合，{len(conversion.values)} 个会改写。请勾选“改写这些值”再保存。",
        en=f"All {conversion.total} values fit, and {len(conversion.values)} would be rewritten. "
        "Tick “Rewrite the values” and save again.",
    )
