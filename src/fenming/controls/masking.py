"""Sensitive values as a page shows them to those who may know that they exist."""

from typing import Literal

Kind = Literal["id_number", "phone", "email", "account", "pay"]

_SHOWN: dict[Kind, tuple[int, int]] = {"id_number": (3, 4), "phone": (3, 4), "account": (0, 4)}
"""How many characters at the front and at the end stay readable."""
_HIDDEN_MIN = 4


def masked(kind: Kind, text: str) -> str:
    """The text with stars: ``110***********002X``, ``138****1234``, ``l***@example.com``, ``***********1234``, ``***``.

    A text too short to hide four characters between what is shown is hidden wholly. Pay hides even its length.
    """
    if kind == "pay":
        return "***"
    if kind == "email":
        return _email(text)
    front, end = _SHOWN[kind]
    hidden = len(text) - front - end
    if hidden < _HIDDEN_MIN:
        return "*" * len(text)
    return f"{text[:front]}{'*' * hidden}{text[-end:]}"


def _email(text: str) -> str:
    """The first letter and the domain; a name of one letter is hidden too."""
    name, at, domain = text.rpartition("@")
    if not at:
        return "*" * len(text)
    return f"{name[0] if len(name) > 1 else ''}***@{domain}"
