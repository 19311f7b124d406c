"""The library, and definitions as files."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.controls.widgets import DayInput
from fenming.lake import telling
from fenming.library.files import LONGEST_TEXT, read
from fenming.library.indicators import Indicator, indicators
from fenming.library.text import Refusal
from fenming.modules.indicators import queries
from fenming.modules.indicators.forms.editor import first_day
from fenming.modules.indicators.forms.kinds import KINDS
from fenming.modules.indicators.operations import publishing
from fenming.modules.indicators.queries import files
from fenming.modules.indicators.queries import library as reads
from fenming.modules.indicators.queries.preview import check_measurable
from fenming.modules.indicators.queries.telling import differences
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.indicators.views.editor import address_of, form_page

private = cache_control(private=True, no_cache=True)
PAGE = 50


@allow("indicators.view")
@require_safe
@private
def library(request: Request) -> HttpResponse:
    """Every indicator, shipped and the company's own."""
    every = reads.entries(timezone.localdate())
    wanted = _wanted(request)
    found = reads.found(every, wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    counts = reads.counts(every)
    names, kinds = origins(), {one.code: str(one.name) for one in KINDS}
    context = {
        "page": page,
        "rows": [(entry, address_of(entry.one.id), kinds[entry.one.measure.kind]) for entry in page],
        "kind_options": list(kinds.items()),
        "departments": reads.departments(),
        "facts": reads.facts(),
        "origins": [(code, names[code], counts[code]) for code in names],
        "directions": [("higher", _("more is better")), ("lower", _("less is better"))],
        "data": [("here", _("has data")), ("lacking", _("lacks data"))],
    }
    return render(request, "indicators/library.html", context)


@allow("indicators.view")
@require_safe
@private
def workbook(request: Request) -> HttpResponse:
    """The library as it is filtered, as a workbook."""
    entries = reads.found(reads.entries(timezone.localdate()), _wanted(request))
    kinds = {one.code: str(one.name) for one in KINDS}
    body = files.workbook(entries, origins(), kinds)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": 'attachment; filename="indicators.xlsx"'}
    )


def _wanted(request: Request) -> reads.Wanted:
    names = [name for name in asdict(reads.Wanted()) if name != "text"]
    return reads.Wanted(text=request.GET.get("q", "")[:80], **{name: request.GET.get(name, "")[:80] for name in names})


def origins() -> dict[str, str]:
    return {reads.OWN: _("our own"), reads.CHANGED: _("changed by us"), reads.SHIPPED: _("shipped")}


class ReasonForm(forms.Form):
    """A day and a reason."""

    valid_from = forms.DateField(widget=DayInput())
    reason = forms.CharField(required=False, max_length=publishing.LONGEST_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].label = _("Valid from")
        self.fields["reason"].label = _("Reason")


class ImportForm(ReasonForm):
    """A definition as text or as a file."""

    file = forms.FileField(required=False)
    text = forms.CharField(required=False, max_length=LONGEST_TEXT, strip=False)
    field_order = ("file", "text", "valid_from", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("YAML file")
        self.fields["text"].label = _("or its text")
        self.fields["text"].widget = forms.Textarea(
            {"rows": "14", "spellcheck": "false", "dir": "ltr", "class": "code"}
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        if file:
            if file.size > LONGEST_TEXT * 4:
                self.add_error("file", _("The file is too large."))
                return given
            try:
                given["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file should be text in UTF-8."))
        if not given.get("text", "").strip() and not self.errors:
            self.add_error("text", _("Choose a file or paste its text."))
        return given


@allow("indicators.edit")
@form_page
@private
def take_in(request: Request) -> HttpResponse:
    """Take a definition from a file: first what it says and what it changes, then it is published."""
    initial = {"valid_from": first_day()}
    form = ImportForm(request.POST or None, request.FILES or None, initial=initial)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        found = read(text, Indicator)
        if isinstance(found, Indicator):
            answer = _taken(request, form, found, context)
            if answer is not None:
                return answer
        else:
            context["problems"] = [(one.line, one.field, one.words.say(speaking())) for one in found]
        context["form"] = ImportForm({**form.cleaned_data, "text": text}) if form.is_valid() else form
    return render(request, "indicators/import.html", context)


def _taken(request: Request, form: ImportForm, one: Indicator, context: dict[str, Any]) -> HttpResponse | None:
    known = queries.current(one.id, timezone.localdate())
    try:
        publishing.check(one)
        check_measurable(one)
        if request.POST.get("do") == "publish":
            given = form.cleaned_data
            number = request.POST.get("version", "")
            version = int(number) if number.isdecimal() and len(number) < 19 else 0
            publishing.publish(request.actor, one, given["valid_from"], given["reason"], version=version)
            messages.success(request, _("Published."))
            return redirect(address_of(one.id))
    except Refusal as refusal:
        context["refused"] = refusal.words.say(speaking())
    newest = queries.newest_version(one.id)
    context |= {
        "one": one,
        "name": one.name.say(speaking()),
        "sentence": telling.sentence(one.measure).say(speaking()),
        "shipped": one.id in indicators(),
        "changes": differences(known[0], one) if known else None,
        "version": newest.pk if newest else 0,
    }
    return None


@allow("indicators.view")
@require_safe
@private
def yaml(request: Request, identifier: str) -> HttpResponse:
    """The definition that holds as its file."""
    found = queries.current(identifier, timezone.localdate())
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{found[0].id}.yaml"'}
    return HttpResponse(files.yaml_of(found[0]), content_type="application/yaml; charset=utf-8", headers=headers)


@allow("indicators.view")
@require_safe
@private
def versions(request: Request, identifier: str) -> HttpResponse:
    """All versions of an indicator, each with what it changed."""
    rows = list(queries.versions_of(identifier))
    shipped = indicators().get(identifier)
    if not rows and shipped is None:
        raise Http404
    told = [Indicator.model_validate(row.definition) for row in rows]
    before = [*told[1:], shipped]
    listed = [
        (row, one, differences(older, one) if older else None)
        for row, one, older in zip(rows, told, before, strict=False)
    ]
    newest = told[0] if told else shipped
    assert newest is not None  # noqa: S101 - one of both is there
    context = {
        "identifier": identifier,
        "name": newest.name.say(speaking()),
        "sentence": telling.sentence(newest.measure).say(speaking()),
        "rows": listed,
        "newest": rows[0] if rows else None,
        "shipped": shipped,
        "form": ReasonForm(initial={"valid_from": first_day()}),
        "home": reverse("indicators"),
    }
    return render(request, "indicators/versions.html", context)


@allow("indicators.edit")
@require_POST
def withdraw(request: Request, identifier: str, pk: int) -> HttpResponse:
    """Take back the newest version."""
    row = queries.version(pk)
    if row is None or row.identifier != identifier:
        raise Http404
    try:
        publishing.withdraw(request.actor, row)
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
    else:
        messages.success(request, _("Withdrawn."))
    known = identifier in indicators() or queries.is_taken(identifier)
    return redirect(reverse("indicator-versions", args=[identifier]) if known else reverse("indicators"))


@allow("indicators.edit")
@require_POST
def end(request: Request, identifier: str) -> HttpResponse:
    """Stop using the company's own version; a shipped one of the same id speaks again."""
    if not queries.newest_version(identifier):
        raise Http404
    form = ReasonForm(request.POST)
    version = request.POST.get("version", "")
    try:
        if not form.is_valid():
            messages.error(request, _("Give a day and, if you like, a reason."))
        else:
            given = form.cleaned_data
            number = int(version) if version.isdecimal() and len(version) < 19 else 0
            publishing.end(request.actor, identifier, given["valid_from"], given["reason"], version=number)
            messages.success(request, _("Ended."))
    except Refusal as refusal:
        messages.error(request, refusal.words.say(speaking()))
    return redirect("indicator-versions", identifier)
