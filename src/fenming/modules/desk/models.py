"""What people keep of the boards: alerts with their hits, walls, and reports by mail. Results are not kept here."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Alert(models.Model):
    """A rule that somebody set for oneself. It is judged each day by what its owner may see on that day."""

    class Kind(models.TextChoices):
        FLOOR = "floor", _("beyond a mark, some days running")
        MISSING = "missing", _("no data, some working days running")
        DROP = "drop", _("worse than the week before")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    indicator = models.CharField(_("indicator"), max_length=80)
    dimension = models.CharField(_("group by"), max_length=40, blank=True)
    value = models.CharField(_("group"), max_length=200, blank=True)
    kind = models.CharField(_("rule"), max_length=10, choices=Kind.choices)
    mark = models.DecimalField(_("mark"), max_digits=20, decimal_places=6, null=True, blank=True)
    """In the unit of the reading; of a drop, per cent."""
    days = models.PositiveSmallIntegerField(_("days"), default=3)
    department = models.ForeignKey(
        "people.Department", models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("also tell the managers of"),
    )  # fmt: skip
    """Its managers are told too, what holds for the department alone."""
    enabled = models.BooleanField(default=True)
    snoozed_until = models.DateField(null=True, blank=True)
    judged_on = models.DateField(null=True, blank=True)
    """The last day that was judged."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.indicator} {self.kind}"


class AlertHit(models.Model):
    """A day on which an alert's rule held."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="hits")
    day = models.DateField(_("day"))
    value = models.DecimalField(_("value"), max_digits=30, decimal_places=6, null=True)
    before = models.DecimalField(_("before"), max_digits=30, decimal_places=6, null=True)
    told = models.BooleanField(default=False)
    """Whether a message went out: on the first of several days running."""

    class Meta:
        ordering = ("-day", "-id")
        constraints = (models.UniqueConstraint(fields=("alert", "day"), name="one_hit_a_day"),)

    def __str__(self) -> str:
        return f"{self.alert_id} {self.day}"


class Wall(models.Model):
    """A screen on a wall: boards in turn, by a link that needs no sign-in and shows what its maker may see."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    """Of the link's token, which nobody keeps."""
    boards = models.JSONField(default=list)
    """[kind, address query] of each."""
    seconds = models.PositiveSmallIntegerField(_("seconds for each board"), default=20)
    expires_on = models.DateField(_("works until"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """A board that somebody gets by mail, made when it is sent, within what one may see then."""

    class Rhythm(models.TextChoices):
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    class State(models.TextChoices):
        NEW = "new", _("not sent yet")
        SENT = "sent", _("sent")
        EMPTY = "empty", _("nothing to see")
        FAILED = "failed", _("failed")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(_("board"), max_length=10)
    query = models.CharField(max_length=1000, blank=True)
    title = models.CharField(_("title"), max_length=120)
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.WEEK)
    day = models.PositiveSmallIntegerField(_("day"), default=1)
    """Of the week, Monday being 1, or of the month, 1 to 28."""
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    error = models.CharField(max_length=300, blank=True)
    sent_for = models.DateField(null=True, blank=True)
    """The day on which the last one was due: it is not made twice."""
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.title
