"""Who works where, and who may see whom."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from fenming.modules.conftest import SmallCompany
from fenming.modules.people.models import Assignment, Department, Post
from fenming.modules.people.queries.reach import with_children
from fenming.modules.people.queries.records import department_ids


def test_the_database_refuses_two_posts_at_once(small_company: SmallCompany) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Assignment.objects.create(
            employee_id=small_company.ids["KF2"],
            department_id=department_ids()["logistics"],
            post=Post.objects.get(code="courier"),
            base=Decimal(1),
            valid_from=date(2026, 3, 1),
        )


def test_a_post_may_follow_another_without_a_gap(small_company: SmallCompany) -> None:
    moved = date(2026, 10, 16)
    Assignment.objects.filter(employee_id=small_company.ids["KF2"]).update(valid_to=moved)
    Assignment.objects.create(
        employee_id=small_company.ids["KF2"],
        department_id=department_ids()["logistics"],
        post=Post.objects.get(code="courier"),
        base=Decimal(1),
        valid_from=moved,
    )
    assert Assignment.objects.filter(employee_id=small_company.ids["KF2"]).count() == 2


def test_a_department_reaches_those_below_it(small_company: SmallCompany) -> None:
    top = Department.objects.get(code="logistics")
    middle = Department.objects.create(code="couriers", name_zh="快递", name_en="Couriers", parent=top)
    leaf = Department.objects.create(code="night", name_zh="夜班", name_en="Night", parent=middle)
    assert with_children([top.pk]) == {top.pk, middle.pk, leaf.pk}
