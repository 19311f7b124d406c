"""What places are called, by their id."""

from collections.abc import Collection

from fenming.modules.people.models import Department, Post


def department_names(departments: Collection[int]) -> dict[int, str]:
    """Department → its name, in the language of the page."""
    return {one.pk: one.name for one in Department.objects.filter(pk__in=list(departments))}


def post_names(codes: Collection[str]) -> dict[str, str]:
    """Post code → its name, in the language of the page."""
    return {one.code: one.name for one in Post.objects.filter(code__in=list(codes))}
