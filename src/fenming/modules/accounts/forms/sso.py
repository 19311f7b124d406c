"""Providers, and the list of whom they know."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.library.text import Refusal
from fenming.modules.accounts.models import Provider
from fenming.modules.accounts.operations.providers import Row
from fenming.modules.accounts.sso import hosts

MOST_ROWS = 20_000
METADATA = "/.well-known/openid-configuration"
LABELS = {
    "oidc": {"client": _("Client id"), "secret": _("Client secret")},
    "wecom": {"client": _("Corp id"), "secret": _("Secret of the app")},
    "dingtalk": {"client": _("Client ID (AppKey)"), "secret": _("Client Secret (AppSecret)")},
    "feishu": {"client": _("App ID"), "secret": _("App Secret")},
}
"""As each platform's own console calls them."""
ONLY = {"agent": "wecom", "issuer": "oidc", "number_claim": "oidc"}


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """A provider. The secret is never shown again; left empty it stays as it is."""

    secret = forms.CharField(
        max_length=500, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    class Meta:
        model = Provider
        fields = (
            "kind", "code", "name_zh", "name_en", "issuer", "client", "agent", "secret", "match", "number_claim",
            "is_strong",
        )  # fmt: skip
        widgets = {"kind": forms.HiddenInput}  # noqa: RUF012 - Django reads it as it is

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.kept = self.instance.secret
        self.sent_to = (self.instance.issuer, self.instance.client)
        kind = self.instance.kind
        for name, label in LABELS[kind].items():
            self.fields[name].label = label
        for name, only in ONLY.items():
            if only == kind:
                self.fields[name].required = True
            else:
                del self.fields[name]
        match = self.fields["match"]
        assert isinstance(match, forms.ChoiceField)  # noqa: S101 - a field with choices
        match.choices = [one for one in Provider.Match.choices if kind == "oidc" or one[0] != Provider.Match.EMAIL]
        self.fields["secret"].required = not self.kept
        self.initial["secret"] = ""
        if self.instance.pk:
            self.fields["code"].disabled = True  # the platform knows the address to come back to

    def clean_kind(self) -> str:
        """It was chosen before."""
        return str(self.instance.kind)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code in {"new"}:
            raise forms.ValidationError(_("Please take another code."))
        return code

    def clean_issuer(self) -> str:
        issuer = str(self.cleaned_data["issuer"]).removesuffix(METADATA)
        try:
            hosts.check(issuer)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.words.say(get_language() or "zh")) from refusal
        return issuer

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        moved = (given.get("issuer", ""), given.get("client", "")) != self.sent_to
        if self.kept and moved and not given.get("secret"):
            self.add_error("secret", _("It goes elsewhere now: please type the secret again."))
        return given

    def made(self) -> Provider:
        """The provider as typed, with the secret it had where none was typed."""
        provider: Provider = self.instance
        provider.secret = self.cleaned_data["secret"] or self.kept
        return provider


class SubjectsForm(forms.Form):
    """Two columns copied from Excel: employee number and user id of the platform."""

    rows = forms.CharField(
        label=_("Number and user id, one person a line"),
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
    )

    def clean_rows(self) -> list[Row]:
        lines = enumerate(self.cleaned_data["rows"].splitlines(), 1)
        found = [_row(line, text.split()) for line, text in lines if text.strip()]
        if len(found) > MOST_ROWS:
            raise forms.ValidationError(_("At most 20,000 people at once, please."))
        return found


def _row(line: int, parts: list[str]) -> Row:
    if len(parts) != 2:
        raise forms.ValidationError(
            _("Line %(line)s should be a number and a user id, and nothing else."), params={"line": line}
        )
    return Row(line=line, number=parts[0], subject=parts[1][:255])
