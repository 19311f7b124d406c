"""The pages of the log."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.modules.audit.forms import SearchForm
from fenming.modules.audit.operations import export as export_entries
from fenming.modules.audit.queries import chain as chains
from fenming.modules.audit.queries import log as logs

EXPORTED_MAX = 100_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow("audit.view")
@require_safe
@cache_control(private=True, no_cache=True)
def log(request: Request) -> HttpResponse:
    """The entries, the newest first."""
    form = SearchForm(request.GET)
    page = logs.page(form.wanted(), before=_before(request))
    context = {"form": form, "page": page, "query": _query(request), "may_export": request.powers.may("audit.export")}
    return render(request, "audit/log.html", context)


@allow("audit.export")
@require_safe
def export(request: Request) -> HttpResponse:
    """The entries that are seen, as an Excel file."""
    wanted = SearchForm(request.GET).wanted()
    if logs.exceeds(wanted, EXPORTED_MAX):
        messages.error(
            request,
            _(
                "These are more than %(limit)s entries. Choose a shorter period, or let an administrator run "
                "“fenming audit export” on the server."
            )
            % {"limit": f"{EXPORTED_MAX:,}"},
        )
        return redirect(f"{reverse('audit-log')}?{_query(request)}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.xlsx"
        export_entries(request.actor, wanted, path)
        content = path.read_bytes()
    name = f"{_('Operation log')} {timezone.localdate():%Y-%m-%d}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    return HttpResponse(content, content_type=XLSX, headers=headers)


@allow("audit.view")
@require_safe
@cache_control(private=True, no_cache=True)
def seals(request: Request) -> HttpResponse:
    """How far the log is sealed."""
    return render(request, "audit/seals.html", {"chain": chains.chain()})


@allow("audit.view")
@require_POST
def verify(request: Request) -> HttpResponse:
    """The newest seals, verified now."""
    return render(request, "audit/seals.html", {"verdict": chains.verdict(), "chain": chains.chain()})


def _before(request: Request) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _query(request: Request) -> str:
    """What was asked, without the empty parts and the page."""
    given = request.GET.copy()
    for name in [name for name, value in given.items() if not value or name == "before"]:
        del given[name]
    return given.urlencode()
