"""What is done with many at once, from the lists of people and of tasks."""

from django.contrib import messages
from django.http import QueryDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from fenming.controls.routes import Request
from fenming.library.text import Refusal
from fenming.modules.cycles.operations import reviewers
from fenming.modules.cycles.operations.reminders import remind
from fenming.modules.cycles.operations.tasks import waive
from fenming.modules.people.queries.seats import present

MOST = 2000
"""How many a form may name at once."""


def sent(request: Request) -> QueryDict | None:
    """What a form is bound to: also what is empty, if it was sent."""
    return request.POST if request.method == "POST" else None


def say(refusal: Refusal) -> str:
    """A refusal in the language of the page."""
    return refusal.words.say(get_language() or "zh")


def numbers(request: Request) -> list[int]:
    given = request.POST.getlist("chosen")[:MOST]
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 16]


def back(request: Request, page: str) -> str:
    """The same page with the filters that it had."""
    query = request.POST.get("query", "")[:400]
    return f"{page}?{query}" if query and query.isprintable() and "\\" not in query else page


def name_reviewer(request: Request, participants: list[int]) -> None:
    number = request.POST.get("reviewer", "")[:30].replace("\0", "").strip()
    who = present(request.powers.scope("people.view")).filter(number=number).first() if number else None
    if who is None:
        messages.error(request, _("Choose the reviewer by name or number."))
        return
    try:
        count = reviewers.name_reviewer(request.actor, participants, who.pk)
    except Refusal as refusal:
        messages.error(request, say(refusal))
    else:
        text = ngettext("%(name)s reviews %(n)s person now.", "%(name)s reviews %(n)s people now.", count)
        messages.success(request, text % {"name": who.name, "n": count})


def act_on_tasks(request: Request, act: str, tasks: list[int]) -> None:
    if act == "remind":
        count = remind(request.actor, tasks)
        if count:
            text = ngettext("%(n)s person has been reminded.", "%(n)s people have been reminded.", count)
            messages.success(request, text % {"n": count})
        else:
            messages.info(request, _("They have been reminded today already, or have no account."))
        return
    try:
        count = waive(request.actor, tasks, request.POST.get("reason", "")[:200].replace("\0", ""))
    except Refusal as refusal:
        messages.error(request, say(refusal))
    else:
        messages.success(request, ngettext("%(n)s task is waived.", "%(n)s tasks are waived.", count) % {"n": count})
