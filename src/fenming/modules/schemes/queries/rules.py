"""By which rule the pool of a department is divided, before anything is scored."""

from datetime import date

from fenming.library.schemes import Scheme
from fenming.modules.schemes.models import SchemeVersion
from fenming.modules.schemes.queries import schemes_during


def schemes_by_department(start: date, end: date) -> dict[int, list[Scheme]]:
    """Department → the schemes in force at some time of a period, the one for all posts first."""
    schemes = schemes_during(start, end)
    rows = SchemeVersion.objects.filter(pk__in=schemes).order_by("identifier", "-valid_from")
    found: dict[int, list[Scheme]] = {}
    for pk, department in rows.values_list("pk", "department_id"):
        found.setdefault(department, []).append(schemes[pk])
    return {department: sorted(some, key=lambda one: bool(one.posts)) for department, some in found.items()}
