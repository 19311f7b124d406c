"""The roles that Fenming brings; a company changes them or composes its own."""

from functools import cache
from typing import Literal

from fenming.library.files import load_folder
from fenming.library.text import Model, Words

Reach = Literal["self", "reports", "department", "tree", "store", "region", "custom", "all"]


class Role(Model):
    """A set of permissions, and the reach that it is usually granted with."""

    id: str
    name: Words
    permissions: tuple[str, ...]
    reach: Reach
    everyone: bool = False


@cache
def roles() -> dict[str, Role]:
    """The shipped roles by id."""
    return load_folder("roles", Role)
