"""The list of people, their files, and every change of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.queries import Wanted as WantedEntries
from fenming.controls.queries import operations
from fenming.controls.routes import Request, allow
from fenming.controls.scope import Scope
from fenming.modules.people.forms import persons as forms
from fenming.modules.people.models import Assignment, Employee
from fenming.modules.people.operations import changes, facts, persons, revealing
from fenming.modules.people.operations.career import Career
from fenming.modules.people.queries import persons as queries
from fenming.modules.people.queries.custom import fields_seen
from fenming.modules.people.queries.reach import visible_employees
from fenming.modules.people.queries.timeline import compared, moments, told

PAGE = 50
SECRETS = {"phone": "people.unmask", "id_number": "people.unmask", "base": "people.pay"}
CONTINUE = gettext_lazy("Continue")
private = cache_control(private=True, no_cache=True)


@allow("people.view")
@require_safe
@private
def people(request: Request) -> HttpResponse:
    """Whoever is in reach, searched and narrowed."""
    known = queries.choices(request.scope)
    wanted = forms.ListForm(request.GET, known).wanted()
    found: QuerySet[Employee] = queries.listed(request.scope, request.powers, wanted, known)
    page = Paginator(found, PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "page": page,
        "rows": queries.rows(request.scope, list(page), wanted.on),
        "wanted": wanted,
        "known": known,
        "states": [*forms.STATES[1:], ("all", pgettext("people", "Everybody"))],
        "is_today": wanted.on == timezone.localdate(),
    }
    return render(request, "people/list.html", context)


@allow("people.view")
@require_safe
@private
def find(request: Request) -> JsonResponse:
    """People by what is typed, for a field that completes it."""
    q = request.GET.get("q", "")[:80].replace("\0", "")
    found = queries.found_by(request.scope, request.powers, q)
    results = [
        {
            "value": one.number,
            "text": f"{one.name} {one.number}",
            "note": f"{place.department} · {place.post}" if place else "",
        }
        for one, place in found
    ]
    return JsonResponse({"results": results})


@allow("people.view")
@require_safe
@private
def person(request: Request, number: str) -> HttpResponse:
    """Somebody's file as of a day."""
    day = forms.day_asked(request.GET.get("on", ""))
    found = queries.person(request.scope, request.powers, number, day)
    if found is None:
        raise Http404
    tab = request.GET.get("tab", "") if "people.edit" in found.may else ""
    context: dict[str, Any] = _file(found) | {"tab": tab, "acts": _acts(found)}
    if tab == "history":
        context |= _history(request, found.employee)
    return render(request, "people/person.html", context)


def _file(found: queries.Person) -> dict[str, Any]:
    return {
        "person": found,
        "employee": found.employee,
        "moments": moments(found),
        "is_today": found.day == timezone.localdate(),
        "last_day": queries.last_day(found.current.valid_to) if found.current else None,
    }


def _history(request: Request, employee: Employee) -> dict[str, Any]:
    before = request.GET.get("before", "")
    older = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    page = operations(WantedEntries(object=persons.subject(employee.number)), before=older, size=20)
    names = queries.field_names()
    last = persons.last_change(employee.number, employee.version)
    undoable = last is not None and "undo" in (last.after or {})
    return {
        "history": [told(one, names) for one in page.entries],
        "older": page.older,
        "can_undo": told(last) if last and undoable else None,
    }


@allow("people.own")
@require_safe
@private
def my_file(request: Request) -> HttpResponse:
    """One's own file, made for the phone."""
    own = getattr(request.user, "employee_id", None)
    found = queries.own_file(own, timezone.localdate()) if own else None
    if found is None:
        return render(request, "people/my-file-empty.html")
    return render(request, "people/my-file.html", _file(found))


# Revealing


@allow("people.unmask", "people.pay")
@require_POST
@private
def reveal(request: Request, number: str, field: str) -> HttpResponse:
    """A masked value of somebody in plain."""
    needed = SECRETS.get(field)
    if needed is None:
        raise Http404
    if not request.powers.may(needed):
        raise PermissionDenied(_("Your role does not include this."))
    employee = _in_reach(request.powers.scope(needed), number)
    return _revealed(request, employee, field)


@allow("people.own")
@require_POST
@private
def my_reveal(request: Request, field: str) -> HttpResponse:
    """A masked value of one's own in plain."""
    own = getattr(request.user, "employee_id", None)
    employee = Employee.objects.filter(pk=own).first() if own else None
    if employee is None or field not in SECRETS:
        raise Http404
    return _revealed(request, employee, field)


def _revealed(request: Request, employee: Employee, field: str) -> HttpResponse:
    day = forms.day_asked(request.GET.get("on", ""))
    context: dict[str, Any] = {"employee": employee, "field": field}
    try:
        context["value"] = revealing.reveal(request.actor, employee, field, day)
    except revealing.TooMany:
        context["refused"] = True
    template = "people/_revealed.html" if getattr(request, "htmx", False) else "people/revealed.html"
    return render(request, template, context, status=429 if "refused" in context else 200)


def _in_reach(scope: Scope, number: str) -> Employee:
    found = visible_employees(scope).filter(number=number).first() if "\0" not in number else None
    if found is None:
        raise Http404
    return found


# Changes


@dataclass(frozen=True, slots=True)
class Desk:
    """What a change is made with: who is changed, by whose reach, and what there is now."""

    employee: Employee
    reach: Scope
    seen: Scope
    pay: bool
    now: Assignment | None

    def place(self) -> dict[str, Any]:
        return {"reach": self.reach, "seen": self.seen, "pay": self.pay, "now": self.now}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of change: its form, and the change that a valid form asks for."""

    title: str | Promise
    icon: str
    form: Callable[[Desk, Mapping[str, Any] | None], forms.Sent]
    change: Callable[[Desk, dict[str, Any], Any], changes.Change]
    permission: str = "people.edit"
    previewed: bool = True
    button: str | Promise = CONTINUE
    of_a_post: bool = False


def _after(day: date) -> date:
    return day + timedelta(days=1)


KINDS: dict[str, Kind] = {
    "transfer": Kind(
        title=pgettext_lazy("people", "Transfer"),
        icon="arrows-exchange",
        form=lambda desk, data: forms.TransferForm(data, **desk.place()),
        change=lambda desk, data, form: changes.Transfer(
            place=form.place(), day=data["day"], reason=data["reason"], until_next=data["until_next"]
        ),
    ),
    "post": Kind(
        title=gettext_lazy("Additional post"),
        icon="briefcase-2",
        form=lambda desk, data: forms.AddPostForm(data, **desk.place()),
        change=lambda desk, data, form: changes.AddPost(
            place=form.place(),
            day=data["day"],
            reason=data["reason"],
            end=_after(data["last"]) if data["last"] else None,
        ),
        previewed=False,
        button=gettext_lazy("Save"),
    ),
    "manager": Kind(
        title=gettext_lazy("Change the manager"),
        icon="hierarchy-2",
        form=lambda desk, data: forms.ManagerForm(data, seen=desk.seen, now=desk.now),
        change=lambda desk, data, form: changes.Replace(
            action="people.change_manager",
            day=data["day"],
            reason=data["reason"],
            what={"manager": data["manager"]},
            until_next=data["until_next"],
        ),
    ),
    "pay": Kind(
        title=gettext_lazy("Change the base pay"),
        icon="coins",
        permission="people.pay",
        form=lambda desk, data: forms.PayForm(data),
        change=lambda desk, data, form: changes.Replace(
            action="people.change_pay",
            day=data["day"],
            reason=data["reason"],
            what={"base": data["base"]},
            until_next=data["until_next"],
        ),
    ),
    "leave": Kind(
        title=pgettext_lazy("people", "Leave"),
        icon="logout",
        form=lambda desk, data: forms.LeaveForm(data),
        change=lambda desk, data, form: changes.Leave(end=_after(data["day"]), reason=data["reason"]),
    ),
    "return": Kind(
        title=pgettext_lazy("people", "Return"),
        icon="login",
        form=lambda desk, data: forms.PlaceForm(data, **desk.place()),
        change=lambda desk, data, form: changes.ComeBack(place=form.place(), day=data["day"], reason=data["reason"]),
    ),
    "correct": Kind(
        title=gettext_lazy("Correct a mistake"),
        icon="eraser",
        of_a_post=True,
        form=lambda desk, data: forms.CorrectForm(data, **desk.place()),
        change=lambda desk, data, form: changes.Correct(
            post=desk.now.pk if desk.now else 0, place=form.place(), day=data["day"], reason=data["reason"]
        ),
    ),
    "end": Kind(
        title=gettext_lazy("End this post"),
        icon="calendar-x",
        of_a_post=True,
        form=lambda desk, data: forms.LeaveForm(data),
        change=lambda desk, data, form: changes.EndPost(
            post=desk.now.pk if desk.now else 0, end=_after(data["day"]), reason=data["reason"]
        ),
    ),
}


def _acts(found: queries.Person) -> list[tuple[str, Kind]]:
    """The changes that make sense for somebody on the day, and that the viewer may make."""
    gone = found.employee.left is not None and found.employee.left <= timezone.localdate()
    names = ["return"] if gone else ["transfer", "post", "manager", "pay", "leave"]
    return [(one, KINDS[one]) for one in names if KINDS[one].permission in found.may]


@allow("people.edit", "people.pay")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def change(request: Request, number: str, what: str, pk: int | None = None) -> HttpResponse:
    """A change of somebody's career: asked, shown before and after, and done."""
    kind = KINDS.get(what)
    if kind is None or kind.of_a_post != (pk is not None):
        raise Http404
    if not request.powers.may(kind.permission):
        raise PermissionDenied(_("Your role does not include this."))
    desk = _desk(request, kind, number, pk)
    if desk.employee.pk == getattr(request.user, "employee_id", None):
        raise PermissionDenied(_("Nobody changes the own post or pay. A colleague with this role has to do it."))
    form = kind.form(desk, request.POST if request.method == "POST" else None)
    form.fields["version"].initial = desk.employee.version
    context: dict[str, Any] = {"kind": kind, "employee": desk.employee, "form": form, "now": desk.now}
    if request.method == "POST" and form.is_valid():
        done = _changed(request, kind, desk, form, context)
        if done:
            return done
    return render(request, "people/change.html", context, status=_status(form, context))


def _desk(request: Request, kind: Kind, number: str, pk: int | None) -> Desk:
    reach = request.powers.scope(kind.permission)
    employee = _in_reach(reach, number)
    posts = employee.assignments.select_related("department", "post", "store", "manager").order_by("valid_from")
    now = next((one for one in posts if one.pk == pk), None) if pk else queries.seat(posts, timezone.localdate())
    if pk and now is None:
        raise Http404
    pay = bool(request.powers.may("people.pay")) and bool(
        visible_employees(request.powers.scope("people.pay")).filter(pk=employee.pk).exists()
    )
    return Desk(employee, reach, request.powers.scope("people.view", kind.permission), pay, now)


def _changed(
    request: Request, kind: Kind, desk: Desk, form: forms.Sent, context: dict[str, Any]
) -> HttpResponse | None:
    """Do it and go back to the file; None where the page is to be shown again, with what the context now says."""
    number, data = desk.employee.number, form.cleaned_data
    try:
        wanted = kind.change(desk, data, form)
        if kind.previewed and "confirmed" not in request.POST and data["version"] == desk.employee.version:
            career = persons.preview(number, wanted, reach=desk.reach)
            context.update(_comparison(request, career))
            return None
        persons.carry_out(request.actor, number, wanted, reach=desk.reach, version=data["version"], form=data["form"])
    except ValidationError as error:
        form.refused(error)
        return None
    except persons.Gone:
        raise Http404 from None
    except persons.Stale as stale:
        context.update(_stale(stale, form))
        return None
    messages.success(request, _("Saved."))
    return _back(request, number)


def _comparison(request: Request, career: Career) -> dict[str, Any]:
    sent = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "confirmed")]
    reports = 0
    if career.employee.left is None and career.employments[-1].valid_to:
        reports = queries.reports_of(career.employee.pk, career.employments[-1].valid_to, request.scope).count()
    return {"comparison": compared(career), "sent": sent, "reports": reports}


def _stale(stale: persons.Stale, form: forms.Sent) -> dict[str, Any]:
    """What somebody else changed meanwhile; the same input may be sent again upon it."""
    form.again(stale.employee.version)
    return {"others": [told(one) for one in stale.entries], "employee": stale.employee}


def _status(form: forms.Sent, context: Mapping[str, Any]) -> int:
    if "others" in context:
        return 409
    return 422 if form.is_bound and form.errors else 200


def _back(request: Request, number: str) -> HttpResponseRedirect:
    """To the file, or to the list if the file is out of reach now."""
    seen = visible_employees(request.powers.scope("people.view")).filter(number=number).exists()
    return HttpResponseRedirect(reverse("person", args=[number]) if seen else reverse("people"))


@allow("people.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def edit(request: Request, number: str) -> HttpResponse:
    """Name, contacts, papers, and the company's own fields."""
    found = queries.visible_person(request.scope, request.powers, number)
    if found is None:
        raise Http404
    employee, may = found
    fields = fields_seen("employee", {"people.view", *may})
    form = forms.FactsForm(request.POST or None, fields=fields, employee=employee)
    context: dict[str, Any] = {"employee": employee, "form": form, "title": _("Edit the file")}
    if request.method == "POST" and form.is_valid():
        try:
            facts.edit_facts(
                request.actor,
                number,
                form.facts(),
                reach=request.scope,
                version=form.cleaned_data["version"],
                form=form.cleaned_data["form"],
                hidden=[one.code for one in fields if one.seen_with == "people.unmask"],
            )
        except ValidationError as error:
            form.refused(error)
        except persons.Stale as stale:
            context |= _stale(stale, form)
        else:
            messages.success(request, _("Saved."))
            return _back(request, number)
    return render(request, "people/edit.html", context, status=_status(form, context))


@allow("people.edit")
@require_http_methods(["GET", "HEAD", "POST"])
@private
def new(request: Request) -> HttpResponse:
    """A new person."""
    powers = request.powers
    may = {one for one in queries.REACHING if powers.may(one)}
    form = forms.NewPersonForm(
        request.POST or None,
        fields=fields_seen("employee", {"people.view", *may}),
        reach=request.scope,
        seen=powers.scope("people.view", "people.edit"),
        pay="people.pay" in may,
    )
    form.fields["number"].initial = queries.next_number()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            taken = facts.take_on_one(
                request.actor,
                data["number"],
                form.facts(),
                form.place(),
                data["day"],
                reach=request.scope,
                reason=data["reason"],
                form=data["form"],
            )
        except ValidationError as error:
            form.refused(error)
        else:
            messages.success(request, _("%(name)s has been taken on.") % {"name": taken.name})
            return _back(request, taken.number)
    return render(request, "people/new.html", {"form": form}, status=_status(form, {}))


@allow("people.edit")
@require_POST
@private
def undo(request: Request, number: str) -> HttpResponse:
    """Take the last change of somebody's file back."""
    _in_reach(request.scope, number)
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Http404
    try:
        persons.undo(
            request.actor, number, reach=request.scope, version=int(version), form=request.POST.get("form", "")[:40]
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except persons.Stale:
        messages.error(
            request, _("Somebody has changed this file meanwhile. Look at it again before you undo anything.")
        )
    except persons.Gone:
        raise Http404 from None
    else:
        messages.success(request, _("The last change has been taken back."))
    return _back(request, number)
