"""The working calendar: the days that differ from the week."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A day that is not what its weekday says; all others follow the five-day week."""

    class Kind(models.TextChoices):
        WORK = "work", _("Working day")
        REST = "rest", _("Day off")
        STATUTORY = "statutory", _("Statutory holiday")

    date = models.DateField(_("day"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name_zh = models.CharField(_("Chinese name"), max_length=40, blank=True)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)

    class Meta:
        ordering = ("date",)

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        chinese = (get_language() or "zh").startswith("zh")
        return (self.name_zh if chinese else self.name_en) or self.name_zh or self.name_en
