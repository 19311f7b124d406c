"""The working calendar."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from fenming.controls.routes import Request, allow
from fenming.modules.people.forms.calendar import YEARS, DayForm, NoticeForm
from fenming.modules.people.operations import calendar as operations
from fenming.modules.people.queries import calendar as queries


@allow("organisation.view")
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: Request) -> HttpResponse:
    """A year of days; whoever may edit the organisation makes a day what it is."""
    may_edit = request.powers.scope("organisation.edit").everything
    form = DayForm(request.POST if request.method == "POST" and may_edit else None)
    if form.is_bound and form.is_valid():
        day, wanted = form.cleaned_data["day"], form.wanted()
        if wanted is None:
            operations.clear_day(request.actor, day)
        else:
            operations.set_day(request.actor, wanted)
        messages.success(request, _("Saved."))
        return redirect(f"{request.path}?year={day.year}")
    return _page(request, form, NoticeForm(), may_edit)


@allow("organisation.edit")
@require_POST
def notice(request: Request) -> HttpResponse:
    """A year's notice in the place of what the calendar said about that year."""
    form = NoticeForm(request.POST, request.FILES)
    may_edit = request.powers.scope("organisation.edit").everything
    if not may_edit or not form.is_valid():
        return _page(request, DayForm(), form, may_edit)
    days = form.cleaned_data["file"]
    operations.replace_year(request.actor, days[0].date.year, days)
    told = ngettext("%(n)s day is in the calendar.", "%(n)s days are in the calendar.", len(days))
    messages.success(request, told % {"n": len(days)})
    return redirect(f"{reverse('people-calendar')}?year={days[0].date.year}")


def _page(request: Request, form: DayForm, upload: NoticeForm, may_edit: bool) -> HttpResponse:
    asked = request.GET.get("year", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else timezone.localdate().year
    number = number if number in YEARS else timezone.localdate().year
    months = queries.year(number)
    context = {
        "year": number, "months": months, "working": sum(one.working for one in months),
        "weekdays": queries.weekday_names(),
        "years": sorted({*queries.years_known(), number, timezone.localdate().year}),
        "form": form, "upload": upload, "may_edit": may_edit, "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "people/calendar.html", context)
