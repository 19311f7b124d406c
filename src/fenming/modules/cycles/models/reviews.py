"""What people say about a period: the person, then the reviewer, with anchored levels where a scheme asks for them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fenming.modules.cycles.models.cycles import Participant


class Review(models.Model):
    """One review. What is written is a draft until it is handed in; ``version`` tells the second of two editors."""

    class Kind(models.TextChoices):
        SELF = "self", _("self review")
        MANAGER = "manager", _("manager review")

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="reviews")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    done_well = models.TextField(_("what went well"), blank=True)
    to_improve = models.TextField(_("what could be better"), blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    terms = models.BigIntegerField(null=True)
    """The scheme version under which it was begun or last handed in, to tell when another has come into force."""
    form = models.CharField(max_length=40, blank=True)
    """The opened page that saved it last: it may save again without being told of its own changes."""

    class Meta:
        ordering = ("participant", "kind")
        constraints = (models.UniqueConstraint(fields=("participant", "kind"), name="one_review_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.kind}"


class Rating(models.Model):
    """The level that a review gives for one rated item, with the reason."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="ratings")
    indicator = models.CharField(max_length=80)
    level = models.DecimalField(_("level"), max_digits=6, decimal_places=2)
    note = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("review", "indicator"), name="one_level_an_item"),)

    def __str__(self) -> str:
        return f"{self.review_id} {self.indicator} {self.level}"
