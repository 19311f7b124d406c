"""What a person may wish, and what an administrator may say of a way out."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.library.text import Refusal
from fenming.modules.messages.models import Channel, Preference
from fenming.modules.messages.operations import TOPIC_PATTERN, Way, Wish
from fenming.modules.messages.sending.robots import check_address

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One's own wishes."""

    digest_hour = forms.TypedChoiceField(choices=HOURS, coerce=int, label=_("At what hour"))
    language = forms.ChoiceField(required=False, label=_("Language of letters"))

    class Meta:
        model = Preference
        fields = ("email_todos", "email_notices", "quiet_from", "quiet_to", "digest", "digest_hour", "language")
        widgets: ClassVar = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - declared above
        language.choices = [("", _("As in my account")), ("zh-hans", "简体中文"), ("en", "English")]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if (found.get("quiet_from") is None) != (found.get("quiet_to") is None):
            self.add_error("quiet_to", _("Give both times, or leave both empty for no quiet hours."))
        return found

    def wish(self) -> Wish:
        return Wish(**self.cleaned_data)


class ChannelForm(forms.Form):
    """A way out. What is kept secret is never shown again; left empty it stays as it is."""

    kind = forms.ChoiceField(choices=Channel.Kind.choices, label=_("Kind"))
    name = forms.CharField(max_length=80, label=_("Name of the robot"))
    address = forms.CharField(
        max_length=500, required=False, label=_("Robot address (webhook)"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    secret = forms.CharField(
        max_length=200, required=False, label=_("Signing secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    topics = forms.CharField(
        max_length=2000, required=False, label=_("Topics, one a line"), widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    def __init__(self, *args: Any, channel: Channel | None = None, **kwargs: Any) -> None:
        self.channel = channel
        if channel is not None:
            kwargs["initial"] = {"kind": channel.kind, "name": str(channel), "topics": "\n".join(channel.topics)}
        super().__init__(*args, **kwargs)
        if channel is not None:
            del self.fields["kind"]
        if channel is not None and not channel.is_robot:
            del self.fields["address"], self.fields["secret"]
        elif channel is None:
            kind = self.fields["kind"]
            assert isinstance(kind, forms.ChoiceField)  # noqa: S101 - declared above
            kind.choices = [one for one in Channel.Kind.choices if one[0] != Channel.Kind.EMAIL]

    def clean_topics(self) -> list[str]:
        found = list(dict.fromkeys(self.cleaned_data["topics"].replace(",", " ").split()))
        for one in found:
            if not TOPIC_PATTERN.fullmatch(one):
                raise forms.ValidationError(
                    _("“%(topic)s” is no topic. Write people.import_done or people.*"), params={"topic": one}
                )
        return found

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        kind = self.channel.kind if self.channel else found.get("kind", "")
        address = found.get("address", "")
        if kind in Channel.Kind.values and kind != Channel.Kind.EMAIL and (address or self.channel is None):
            try:
                check_address(kind, address)
            except Refusal as refusal:
                self.add_error("address", refusal.words.say(get_language() or "zh-hans"))
        return found

    def way(self) -> Way:
        given = {"kind": self.channel.kind if self.channel else "", **self.cleaned_data}
        return Way(**given, enabled=self.channel.enabled if self.channel else True)
