"""Cell values of a file of people, cleaned the same way whether they come from a file or from the database."""

import re
import unicodedata

from fenming.modules.people.identity import plain_id, plain_phone

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LENGTHS = {"number": 30, "name": 80, "tag": 30, "team": 60, "phone": 30, "id_number": 30, "email": 254, "reason": 200}
LONGEST = 1000
_FOLDED = frozenset({"number", "tag", "phone", "id_number", "email"})
_PLAIN = {"phone": plain_phone, "id_number": plain_id}
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]|[\x00-\x1f\x7f]+")


def neutral(text: str) -> str:
    """Text that a spreadsheet shows and never runs, and that `plain` turns back."""
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text


def plain(text: str) -> str:
    """The text without the quote that `neutral` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA_STARTS, "'")) else text


def tidy(field: str, text: str) -> str:
    """One text of one field: without invisible characters, full-width digits and letters of codes as usual ones."""
    text = " ".join(_INVISIBLE.sub(" ", plain(text)).split())
    if field in _FOLDED:
        text = unicodedata.normalize("NFKC", text)
        text = text.replace(" ", "") if field == "email" else " ".join(text.split())
    return _PLAIN[field](text) if field in _PLAIN else text


def folded(text: str) -> str:
    """A name as look-ups know it: case, width and blanks do not matter."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("＞", "/").replace(">", "/").casefold()
