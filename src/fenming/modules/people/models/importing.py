"""Imports of people: the file, what each of its rows comes to, and what has been written of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.fields import EncryptedText


class PeopleImport(models.Model):
    """One uploaded file and how far it has come."""

    class State(models.TextChoices):
        READING = "reading", pgettext_lazy("import", "being read")
        READY = "ready", pgettext_lazy("import", "waits for confirmation")
        APPLYING = "applying", pgettext_lazy("import", "being written")
        STOPPED = "stopped", pgettext_lazy("import", "stopped")
        APPLIED = "applied", pgettext_lazy("import", "written")
        UNDOING = "undoing", pgettext_lazy("import", "being undone")
        UNDONE = "undone", pgettext_lazy("import", "undone")
        FAILED = "failed", pgettext_lazy("import", "failed")

    name = models.CharField(_("file"), max_length=200)
    file = models.CharField(max_length=80, blank=True)
    """Its random name in the data folder, encrypted; empty once it is no longer needed."""
    from_day = models.DateField(_("changes of post take effect on"))
    corrects = models.BooleanField(_("put present posts right"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READING)
    counts = models.JSONField(default=dict)
    """Rows by kind."""
    headings = models.JSONField(default=list)
    fields = models.JSONField(default=dict)
    """Field → the heading that it was found under."""
    notes = models.JSONField(default=dict)
    """What was found in the file and not followed."""
    missing = models.JSONField(default=list)
    """Departments and posts that would have to be created."""
    create = models.JSONField(default=list)
    """Those of them that shall be."""
    created = models.JSONField(default=dict)
    """Ids of what this import created, by kind."""
    error = models.JSONField(null=True)
    work = models.BigIntegerField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class ImportRow(models.Model):
    """A row of the file: what it comes to, and whether that has been done."""

    class Kind(models.TextChoices):
        REFUSED = "refused", pgettext_lazy("import", "Refused")
        NEW = "new", pgettext_lazy("import", "New")
        RETURNED = "returned", pgettext_lazy("import", "Returned")
        LEFT = "left", pgettext_lazy("import", "Left")
        MOVED = "moved", pgettext_lazy("import", "New post")
        CHANGED = "changed", pgettext_lazy("import", "Changed")
        UNCHANGED = "unchanged", pgettext_lazy("import", "Unchanged")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("import", "waiting")
        APPLIED = "applied", pgettext_lazy("import", "written")
        UNDONE = "undone", pgettext_lazy("import", "undone")
        KEPT = "kept", pgettext_lazy("import", "cannot be undone")
        NOTHING = "nothing", pgettext_lazy("import", "nothing to do")

    of = models.ForeignKey(PeopleImport, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    """The order of writing: managers before those who report to them."""
    sheet = models.CharField(max_length=80, blank=True)
    row = models.PositiveIntegerField()
    number = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    employee = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(null=True)
    """The person's version when the row was compared; once written, the one that it led to."""
    content = EncryptedText(max_length=100_000, blank=True, default="")
    """JSON: changes, writes, problem, the cells of a refused row, what undoing needs."""

    class Meta:
        ordering = ("of_id", "position")
        indexes = (
            models.Index(fields=("of", "position"), name="import_row_position"),
            models.Index(fields=("of", "state", "position"), name="import_row_state"),
            models.Index(fields=("of", "kind", "position"), name="import_row_kind"),
        )

    def __str__(self) -> str:
        return f"{self.of_id} {self.row} {self.kind}"
