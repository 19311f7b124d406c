"""Writes of the company's own indicators: publish a version, take back one that was never used, end one."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from fenming.controls.operations import Actor, record
from fenming.lake.needs import lower
from fenming.library.indicators import Indicator, Mean, indicators
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.queries import RESERVED, closed_runs_since, newest_version, versions_of

LARGEST = 60_000
LEAST_LEVELS, MOST_LEVELS = 3, 7
LONGEST_REASON = 200
_SCALES = Decimal("1e-9"), Decimal("1e9")
_LEVELS = Decimal(1000)
leaving = Signal()
"""Sent before nothing defines an ``indicator`` any more from a ``day`` on; whoever needs it refuses."""


class Stale(Refusal):
    """Somebody else has published a version meanwhile."""

    def __init__(self, newest: OwnIndicator | None) -> None:
        super().__init__(
            Words(
                zh="别人刚发布过这个指标的新版本。请比较下面的不同，再发布一次。",
                en="Somebody else has published a version meanwhile. Compare below, then publish again.",
            )
        )
        self.newest = newest


def publish(
    actor: Actor, definition: Indicator, valid_from: date, reason: str, *, version: int | None = None
) -> OwnIndicator:
    """A dated version of an own indicator; the one before ends that day, one of the same day is replaced.

    ``version`` is the id of the newest version that the editor saw, 0 for none; without it nobody looked.
    Periods that begin on the day or later read it; refused where a closed one would.
    """
    one = definition.model_copy(update={"valid_from": valid_from})
    check(one)
    _check_day(valid_from, reason)
    try:
        return _published(actor, one, reason, version)
    except IntegrityError as error:
        raise Stale(newest_version(one.id)) from error


def _published(actor: Actor, one: Indicator, reason: str, version: int | None) -> OwnIndicator:
    with transaction.atomic():
        valid_from = one.valid_from
        rows = list(versions_of(one.id).select_for_update(of=("self",)))
        newest = rows[0] if rows else None
        if version is not None and version != (newest.pk if newest else 0):
            raise Stale(newest)
        if newest is not None or one.id in indicators():
            _refuse_closed(valid_from)
        before = _make_room(newest, valid_from)
        made = OwnIndicator.objects.create(
            identifier=one.id,
            definition=one.model_dump(mode="json"),
            valid_from=valid_from,
            reason=reason.strip(),
            author_id=actor.user,
        )
        record(actor, "indicators.publish", _subject(one.id), before=before, after=_told(made))
    return made


def withdraw(actor: Actor, version: OwnIndicator) -> None:
    """Take back the newest version, by which no closed period was scored; the one before holds again."""
    with transaction.atomic():
        now = OwnIndicator.objects.select_for_update().filter(pk=version.pk).first()
        if now is None:
            raise refuse("这个版本已经被收回。", "This version has been withdrawn already.")
        if newest_version(now.identifier) != now:
            raise refuse("只能收回最新的版本。", "Only the newest version can be withdrawn.")
        _refuse_closed(now.valid_from)
        previous = OwnIndicator.objects.filter(identifier=now.identifier, valid_to=now.valid_from).first()
        if previous is None:
            _leave(now, now.valid_from)
        told = _told(now)
        now.delete()
        if previous is not None:
            previous.valid_to = None
            previous.save(update_fields=["valid_to"])
        record(actor, "indicators.withdraw", _subject(now.identifier), before=told)


def end(actor: Actor, identifier: str, day: date, reason: str, *, version: int) -> OwnIndicator:
    """Stop using an own indicator from a day on; the shipped one of its id, where there is one, speaks again."""
    _check_day(day, reason)
    with transaction.atomic():
        now = versions_of(identifier).select_for_update(of=("self",)).first()
        if now is None or now.pk != version:
            raise Stale(now)
        if now.valid_to is not None:
            raise refuse("这个指标已经停用。", "This indicator has ended already.")
        if day <= now.valid_from:
            raise refuse(
                f"停用日应晚于生效日 {now.valid_from}；没有用过的版本可以直接收回。",
                f"The day should be after {now.valid_from}, when it began. A version never used can be withdrawn.",
            )
        _refuse_closed(day)
        _leave(now, day)
        now.valid_to = day
        now.save(update_fields=["valid_to"])
        record(actor, "indicators.end", _subject(identifier), after={"valid_to": day, "reason": reason.strip()})
    return now


def check(one: Indicator) -> None:
    """Refuse what could not be measured or shown: hostile text, impossible numbers, unknown expressions."""
    if one.id in RESERVED or len(one.id) > 80:
        raise refuse(f"代码不能是 {one.id[:80]}，请换一个。", f"The id cannot be {one.id[:80]}. Choose another one.")
    text = json.dumps(one.model_dump(mode="json"), ensure_ascii=False)
    if len(text) > LARGEST:
        raise refuse("这个指标的文字太长，请缩短。", "The texts of this indicator are too long. Shorten them.")
    if "\\u0000" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise refuse("文字中有不能保存的字符。", "The texts hold characters that cannot be kept.")
    if not (_SCALES[0] <= one.scale <= _SCALES[1]):
        raise refuse("换算系数应在 0.000000001 与 1000000000 之间。", "The scale should be between 1e-9 and 1e9.")
    _check_levels(one)
    lower(one)


def _check_levels(one: Indicator) -> None:
    if not one.levels:
        return
    values = [level.value for level in one.levels]
    if not LEAST_LEVELS <= len(values) <= MOST_LEVELS:
        raise refuse(
            f"等级应有 {LEAST_LEVELS} 到 {MOST_LEVELS} 个。", f"There should be {LEAST_LEVELS} to {MOST_LEVELS} levels."
        )
    if values != sorted(values, reverse=True) or len(set(values)) != len(values):
        raise refuse("等级分应从高到低，互不相同。", "The levels' points should differ and fall from best to last.")
    if not all(Decimal(0) <= value <= _LEVELS for value in values):
        raise refuse("等级分应在 0 到 1000 之间。", "The levels' points should be between 0 and 1000.")
    if not isinstance(one.measure, Mean) or one.measure.fact != "rating":
        raise refuse("有等级的指标应取“评价”的平均值。", "An indicator with levels takes the mean of ratings.")


def _check_day(day: date, reason: str) -> None:
    if not date(2000, 1, 1) <= day <= date(2099, 12, 31):
        raise refuse("日期应在 2000 年到 2099 年之间。", "The day should be between 2000 and 2099.")
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        raise refuse(f"原因最多 {LONGEST_REASON} 字。", f"The reason has {LONGEST_REASON} characters at most.")


def _refuse_closed(day: date) -> None:
    closed = closed_runs_since(day).first()
    if closed is not None:
        raise refuse(
            f"周期 {closed.label} 已经归档，它的指标不能再变；请选 {closed.end} 或以后。",
            f"The period {closed.label} is closed and its indicators stay as they were. Choose {closed.end} or later.",
        )


def _leave(last: OwnIndicator, day: date) -> None:
    """Ask everybody whether an indicator may go, unless a shipped one of its id speaks again."""
    if last.identifier not in indicators():
        leaving.send(OwnIndicator, indicator=last.identifier, day=day)


def _make_room(newest: OwnIndicator | None, day: date) -> Mapping[str, Any] | None:
    """End the version before on the day of the new one, or replace one of the same day."""
    if newest is None:
        return None
    if newest.valid_from > day:
        raise refuse(
            f"已有从 {newest.valid_from} 起的版本；请选更晚的日期，或先收回它。",
            f"There is a version from {newest.valid_from} on. Choose a later day, or withdraw that one first.",
        )
    told = _told(newest)
    if newest.valid_from == day:
        newest.delete()
    elif newest.valid_to is None or newest.valid_to > day:
        newest.valid_to = day
        newest.save(update_fields=["valid_to"])
    return told


def _subject(identifier: str) -> str:
    return f"indicator {identifier}"


def _told(version: OwnIndicator) -> dict[str, Any]:
    return {"valid_from": version.valid_from, "reason": version.reason, "definition": version.definition}
