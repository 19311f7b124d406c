"""Badges for thanks among colleagues."""

from functools import cache

from fenming.library.files import load_folder
from fenming.library.text import Model, Words


class Badge(Model):
    """What somebody is thanked for, as a picture and a few words."""

    id: str
    position: int
    icon: str
    tone: str
    name: Words
    about: Words


@cache
def badges() -> dict[str, Badge]:
    """Every shipped badge by id, in the order in which they are offered."""
    return dict(sorted(load_folder("badges", Badge).items(), key=lambda one: one[1].position))
