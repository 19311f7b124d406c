"""The organisation and its people."""

from fenming.modules.people.models.calendar import CalendarDay
from fenming.modules.people.models.custom import CustomField
from fenming.modules.people.models.importing import ImportRow, PeopleImport
from fenming.modules.people.models.organisation import Company, Department, Post, Region, Shop, Store
from fenming.modules.people.models.persons import Assignment, Attendance, Employee, Employment

__all__ = [
    "Assignment", "Attendance", "CalendarDay", "Company", "CustomField", "Department", "Employee", "Employment",
    "ImportRow", "PeopleImport", "Post", "Region", "Shop", "Store",
]  # fmt: skip
