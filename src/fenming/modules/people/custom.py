"""Values of the company's own fields: how they are read from text, kept as JSON, and written as text again."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from fenming.library.text import refuse
from fenming.modules.people.models import CustomField

Kind = CustomField.Kind
Kept = str | bool
"""Text, a choice, a number as ``1234.5``, a day as ``2026-03-01``; yes and no as truth."""

LONGEST: Final = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_NUMBER = re.compile(r"([+-]?)(\d{1,20}|\d{1,3}(?:,\d{3}){1,6})(?:\.(\d{0,6}))?", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))", re.ASCII)
_YES = frozenset({"yes", "y", "true", "1", "是", "有", "√", "✓"})
_NO = frozenset({"no", "n", "false", "0", "否", "无", "×", "✗"})


def clean(field: CustomField, text: str) -> Kept | None:
    """What is kept of a text typed for a field, None where nothing was; what cannot be read is refused in words."""
    text = plain(text)
    if not text:
        if field.required:
            raise refuse("这一项必填。", "This is required.")
        return None
    match field.kind:
        case Kind.NUMBER:
            return _number(text)
        case Kind.DATE:
            return _day(text)
        case Kind.CHOICE:
            return _choice(text, [str(one) for one in field.choices])
        case Kind.YES_NO:
            return _yes_no(text)
        case _:
            return _text(text)


def plain(text: str) -> str:
    """One line without control characters and doubled blanks."""
    return " ".join(_CONTROL.sub(" ", text).split())


def as_text(field: CustomField, value: object) -> str:
    """A kept value as people and files have it; `clean` reads the same value from it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


def folded(text: str) -> str:
    """A text as it is compared: width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _text(text: str) -> str:
    if len(text) > LONGEST:
        raise refuse(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters.")
    return text


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    if not found:
        raise refuse(
            f"“{text[:40]}”不是数字。请写成 1234.5 的样子，最多 20 位整数、6 位小数。",
            f"“{text[:40]}” is no number. Write it like 1234.5, with at most 20 digits and 6 decimals.",
        )
    sign, whole, part = found.groups()
    number = Decimal(f"{sign}{whole.replace(',', '')}.{part or '0'}")
    kept = f"{number:f}".rstrip("0").rstrip(".")
    return "0" if not number else kept.removeprefix("+")


def _day(text: str) -> str:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", "").removesuffix("00:00:00"))
    try:
        if not found:
            raise ValueError
        year, month, day = (int(one) for one in (found[1], *(found[at] or "" for at in _month_and_day(found))))
        if not 1900 <= year <= 2200:
            raise ValueError
        return date(year, month, day).isoformat()
    except ValueError:
        raise refuse(
            f"“{text[:40]}”不是日期。请写成 2026-03-01 的样子。",
            f"“{text[:40]}” is no date. Write it like 2026-03-01.",
        ) from None


def _month_and_day(found: re.Match[str]) -> tuple[int, int]:
    return (3, 4) if found[3] else (5, 6) if found[5] else (7, 8)


def _choice(text: str, choices: list[str]) -> str:
    known = next((one for one in choices if one == text), None)
    known = known or next((one for one in choices if folded(one) == folded(text)), None)
    if known is None:
        some = choices[:10]
        raise refuse(
            f"“{text[:40]}”不在选项中。可选：{'、'.join(some)}。",
            f"“{text[:40]}” is none of the choices: {', '.join(some)}.",
        )
    return known


def _yes_no(text: str) -> bool:
    if folded(text) in _YES:
        return True
    if folded(text) in _NO:
        return False
    raise refuse(f"“{text[:40]}”请写“是”或“否”。", f"Instead of “{text[:40]}” write yes or no.")
