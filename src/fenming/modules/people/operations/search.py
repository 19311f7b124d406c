"""What the search looks into, kept in step with the company's own fields."""

from django.db import transaction

from fenming.modules.people.models import Employee
from fenming.modules.people.queries.custom import search_of, searched_fields

BATCH = 500


def rewrite_after(last: int) -> tuple[int, int] | None:
    """Rewrite the search of the people after an id: how many, and up to which id; None where there are no more."""
    fields = searched_fields()
    with transaction.atomic():
        found = Employee.objects.filter(id__gt=last).order_by("id").select_for_update()
        some = list(found.only("name", "number", "tag", "custom", "search")[:BATCH])
        changed = []
        for one in some:
            text = search_of(one, fields)
            if text != one.search:
                one.search = text
                changed.append(one)
        Employee.objects.bulk_update(changed, ["search"])
    return (len(some), some[-1].pk) if some else None
