"""Why a row was refused and what to do about it, in words."""

# ruff: noqa: E501 - a table of words

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.library.text import Words


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: the sentence's code, the column and cell, and what the sentence names."""

    code: str
    field: str = ""
    value: str = ""
    more: Mapping[str, Any] = made(default_factory=dict)


SENTENCES: Mapping[str, tuple[Any, Any]] = {
    "missing": (_("“%(column)s” is empty."), _("Fill it in: new people need it.")),
    "no_number": (_("The row has no number."), _("Fill in the employee number.")),
    "formula_error": (_("The cell is an error of a formula."), _("Mend the formula, or type the value.")),
    "digits_lost": (
        _("The number was kept as a figure, so the digits after the 15th are lost."),
        _("Format the column as text and type the whole number again."),
    ),
    "unreadable_time": (_("This is no date."), _("Write the date as 2024-03-01.")),
    "ambiguous_date": (_("Day and month cannot be told apart."), _("Write the date as 2024-03-01.")),
    "unreadable_number": (_("This is no number."), _("Write a number, such as 8500.00.")),
    "unreadable_bool": (_("This is neither yes nor no."), _("Write yes or no.")),
    "negative": (_("The amount is below zero."), _("Write zero or more.")),
    "out_of_range": (_("The number is too large."), _("Check the digits.")),
    "too_long": (_("The text has more than %(most)s characters."), _("Shorten it.")),
    "ragged_row": (_("The line has another number of columns than the heading."), _("Look for a comma too many, or a missing quote.")),
    "cannot_clear": (_("This cannot be emptied."), _("Leave the cell empty to keep what is there.")),
    "repeated_number": (_("The number stands in the file more than once: rows %(rows)s."), _("Keep one of the rows.")),
    "repeated_id": (_("The ID number stands in the file more than once: rows %(rows)s."), _("Check whose ID number it is.")),
    "repeated_tag": (_("The service tag stands in the file more than once: rows %(rows)s."), _("Give each person a tag of one's own.")),
    "taken": (_("This number is taken."), _("Use another number.")),
    "id_taken": (_("The ID number belongs to another number."), _("Check the ID number; somebody who returns keeps the former number.")),
    "tag_taken": (_("The service tag belongs to somebody else."), _("Give each person a tag of one's own.")),
    "wrong_id": (_("The ID number was mistyped: its check digit is wrong."), _("Compare it with the document.")),
    "wrong_email": (_("This is no e-mail address."), _("Write an address such as name@example.com.")),
    "wrong_phone": (_("This is no phone number."), _("Write digits, with + and the country in front where it is abroad.")),
    "unknown_department": (_("There is no such department."), _("Check the name, or have it created first.")),
    "unknown_post": (_("There is no such post."), _("Check the name, or have it created first.")),
    "unknown_store": (_("There is no such store."), _("Check the name, or create the store first.")),
    "ambiguous_department": (_("Several departments have this name."), _("Write the path, such as Service/Presales, or the code.")),
    "ambiguous_post": (_("Several posts have this name."), _("Write the code of the post.")),
    "ambiguous_store": (_("Several stores have this name."), _("Write the code of the store.")),
    "closed_department": (_("The department is closed."), _("Choose one that is open.")),
    "closed_post": (_("The post is closed."), _("Choose one that is open.")),
    "closed_store": (_("The store is closed."), _("Choose one that is open.")),
    "out_of_reach": (_("You cannot place people there."), _("Choose a department or store of yours.")),
    "store_elsewhere": (_("The store lies in another region than the department."), _("Choose a store of the department's region, or a department of the store's.")),
    "unknown_manager": (_("The manager is not known."), _("Write the manager's number.")),
    "ambiguous_manager": (_("Several people have the manager's name."), _("Write the manager's number.")),
    "refused_manager": (_("The manager's own row was refused."), _("Mend the manager's row, then import both.")),
    "manager_left": (_("The manager has left."), _("Choose somebody who works here.")),
    "manager_circle": (_("The managers form a circle: %(circle)s."), _("Somebody in it must report to somebody else.")),
    "pay_out_of_reach": (_("You may not set this person's base pay."), _("Leave the base pay empty.")),
    "left_before_joined": (_("The day of leaving is not after the day of joining."), _("Check both dates.")),
    "joined_after_post": (_("The person has held a post since %(day)s, before that day."), _("Check the date, or correct the posts first.")),
    "several_employments": (_("The person was employed more than once, so the day of joining cannot be changed here."), _("Change it on the person's page.")),
    "joined_before_left": (_("The person left on %(day)s; a new employment begins that day or later."), _("Check the day of joining.")),
    "post_overlaps": (_("The present post began on %(day)s, not before that day."), _("Choose a later day, or the same to correct it.")),
    "later_post": (_("A later post is already planned from %(day)s."), _("Change it on the person's page.")),
    "post_before_joined": (_("The post would begin before the person joins."), _("Check both dates.")),
    "post_after_left": (_("The person has left, so the post cannot change."), _("To take the person on again, write the new day of joining.")),
    "not_created": (_("%(what)s was not to be created."), _("Choose another name, or allow it to be created.")),
    "changed_meanwhile": (_("Somebody changed this person after the preview."), _("Import the row again to see the change anew.")),
    "gone_meanwhile": (_("The person, department or post was removed after the preview."), _("Import the row again.")),
    "conflict": (_("The database refused the row."), _("Import the row again to see why.")),
}  # fmt: skip


def reason(problem: Mapping[str, Any]) -> str:
    """Why, in the language of the page; ``problem`` as a row keeps it."""
    return _said(problem, 0)


def remedy(problem: Mapping[str, Any]) -> str:
    return _said(problem, 1)


def _said(problem: Mapping[str, Any], part: int) -> str:
    more = dict(problem.get("with", {}))
    if problem["code"] == "own":
        return "" if part else Words(**more).say(get_language() or "zh")
    return str(SENTENCES[problem["code"]][part]) % more
