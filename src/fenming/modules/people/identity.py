"""Phone and ID numbers in one spelling, the index they are found by, and what text may stand in a file."""

import re
import unicodedata
from datetime import date

from fenming.controls.secrets import blind

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_PHONE = re.compile(r"\+?[0-9]{5,20}")
_SPACING = re.compile(r"[\s()（）.\-‐–—－]+")
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain_phone(text: str) -> str:
    """One spelling of a phone number: digits, in China without +86."""
    plain = _SPACING.sub("", unicodedata.normalize("NFKC", text))
    mainland = re.fullmatch(r"(?:\+86|0086)(1[0-9]{10})", plain)
    return mainland[1] if mainland else plain


def plain_id(text: str) -> str:
    """One spelling of an ID number: capitals, without spaces."""
    return _SPACING.sub("", unicodedata.normalize("NFKC", text)).upper()


def is_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(plain_phone(text)))


def is_wrong_id(text: str) -> bool:
    """Whether it looks like a Chinese resident's ID number but cannot be one; of foreign papers nothing is known."""
    plain = plain_id(text)
    if not _RESIDENT.fullmatch(plain):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, plain[:17], strict=True))
    return _CHECKS[total % 11] != plain[17] or not _is_day(plain[6:14])


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def phone_index(text: str) -> str:
    """What ``Employee.phone_index`` holds for a phone number; empty for none."""
    plain = plain_phone(text)
    return blind(plain, "people.Employee.phone") if plain else ""


def id_index(text: str) -> str:
    """What ``Employee.id_index`` holds for an ID number; empty for none."""
    plain = plain_id(text)
    return blind(plain, "people.Employee.id_number") if plain else ""


def has_odd_characters(text: str) -> bool:
    """Control characters, halves of a character, and marks that turn the reading order of what follows."""
    return any(one in _REORDERING or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in text)
