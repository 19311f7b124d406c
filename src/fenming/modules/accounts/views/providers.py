"""Administration of single sign-on."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fenming.controls.routes import Request, allow
from fenming.library.text import Refusal
from fenming.modules.accounts.forms.sso import ProviderForm, SubjectsForm
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.operations import providers as operations
from fenming.modules.accounts.queries import sso as queries

form_page = require_http_methods(["GET", "HEAD", "POST"])


@allow("security.policy")
@require_safe
def providers(request: Request) -> HttpResponse:
    """All of them."""
    context = {"providers": queries.providers(), "kinds": Provider.Kind.choices}
    return render(request, "accounts/providers.html", context)


@allow("security.policy")
@sensitive_post_parameters("secret")
@never_cache
@form_page
def new_provider(request: Request) -> HttpResponse:
    """A new one, of the kind that was chosen."""
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in Provider.Kind.values:
        return redirect("providers")
    return _page(request, Provider(kind=kind))


@allow("security.policy")
@sensitive_post_parameters("secret")
@never_cache
@form_page
def edit_provider(request: Request, code: str) -> HttpResponse:
    """Change one."""
    return _page(request, _found(code))


def _page(request: Request, provider: Provider) -> HttpResponse:
    is_new, shown = provider.pk is None, provider.code
    form = ProviderForm(request.POST or None, instance=provider)
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_provider(form.made(), actor=request.actor, new_secret=bool(form.cleaned_data["secret"]))
        except Refusal as refusal:
            form.add_error(None, refusal.words.say(get_language() or "zh"))
        else:
            messages.success(request, _("Saved. Try it now: that shows whether the credentials are right."))
            return redirect("providers")
    back = request.build_absolute_uri(reverse("sign-in-back", args=[shown or "CODE"]))
    context = {
        "form": form,
        "provider": None if is_new else provider,
        "kind": Provider.Kind(provider.kind),
        "back": back,
    }
    return render(request, "accounts/provider.html", context)


@allow("security.policy")
@require_POST
def try_provider(request: Request, code: str) -> HttpResponse:
    """Ask the platform whether it accepts the credentials."""
    provider = _found(code)
    right, words = operations.try_out(provider, actor=request.actor)
    said = f"{provider.name}: {words.say(get_language() or 'zh')}"
    (messages.success if right else messages.error)(request, said)
    return redirect("providers")


@allow("security.policy")
@require_POST
def switch_provider(request: Request, code: str) -> HttpResponse:
    """On or off."""
    provider = _found(code)
    on = request.POST.get("on") == "1"
    operations.switch(provider, on=on, actor=request.actor)
    said = _("%(provider)s is on the sign-in page.") if on else _("%(provider)s is switched off.")
    messages.success(request, said % {"provider": provider.name})
    return redirect("providers")


@allow("security.policy")
@never_cache
@form_page
def provider_people(request: Request, code: str) -> HttpResponse:
    """User ids of the platform, copied from Excel."""
    provider = _found(code)
    form = SubjectsForm(request.POST or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        count, wrong = operations.import_subjects(provider, form.cleaned_data["rows"], actor=request.actor)
        problems = [one.say(get_language() or "zh") for one in wrong]
        if not wrong:
            said = ngettext("%(count)d person is newly linked.", "%(count)d people are newly linked.", count)
            messages.success(request, said % {"count": count})
            return redirect("providers")
    context = {"form": form, "provider": provider, "problems": problems[:50], "more": max(len(problems) - 50, 0)}
    return render(request, "accounts/provider-people.html", context)


def _found(code: str) -> Provider:
    found = queries.provider(code)
    if found is None:
        raise Http404
    return found
