"""The company's own settings."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class CompanyForm(forms.Form):
    """Names, time zone and language of the company."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=[(one, one) for one in sorted(available_timezones())])
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    calendar = forms.ChoiceField(
        label=_("Working calendar"),
        choices=[
            ("cn", _("Mainland China: public holidays and make-up working days")),
            ("five_days", _("Five-day week; holidays are entered later")),
        ],
    )
