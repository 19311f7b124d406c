"""What may be sent to set goals, to say how far they are, and to keep notes."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DayInput, DecimalInput
from fenming.library.indicators import Indicator
from fenming.modules.cycles.models import Goal
from fenming.modules.cycles.operations.goals import Aim
from fenming.modules.indicators.queries import wording

LONGEST = 4000
HUNDRED = Decimal(100)


def words(**options: Any) -> forms.CharField:
    """Several lines in whatever writing direction they have."""
    attrs = {"dir": "auto", "rows": options.pop("rows", 4)}
    return forms.CharField(widget=forms.Textarea(attrs=attrs), **options)


def line(**options: Any) -> forms.CharField:
    """One line in whatever writing direction it has."""
    return forms.CharField(widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}), **options)


class GoalForm(forms.Form):
    """One goal. A target in per cent is typed as people say it, 95 for 95 %."""

    title = line(label=_("Goal"), max_length=200)
    measure = line(label=_("How it is measured"), max_length=300, required=False)
    target = forms.DecimalField(
        label=_("Target"), max_digits=18, decimal_places=4, required=False, widget=DecimalInput, localize=False
    )
    due = forms.DateField(label=_("Due"), required=False, widget=DayInput)
    is_milestone = forms.BooleanField(
        label=_("Milestone of a project"),
        required=False,
        help_text=_("Counts by being reached on its day, not by volume."),
    )
    parent = forms.ChoiceField(label=_("Serves"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0, min_value=0, max_value=10**9)

    def __init__(
        self,
        data: Any = None,
        *,
        goal: Goal | None = None,
        about: Indicator | None = None,
        parents: Sequence[Goal] = (),
    ) -> None:
        self.about = about
        super().__init__(data, initial=self._initial(goal) if goal else None)
        names = [(str(one.pk), f"{one.title} · {one.participant.employee.name}") for one in parents]
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("nothing in particular")), *names]
        if not names:
            del self.fields["parent"]
        self.fields["target"].help_text = _("A goal in words is followed up only. It does not count in the score.")
        if about:
            self.fields["target"].label = f"{_('Target')} ({about.unit.say(wording.speaking())})"
            self.fields["target"].help_text = _(
                "Counts in the score of this period once acknowledged, if the person's scheme scores this indicator "
                "against a target."
            )
            self.fields["title"].help_text = about.about.say(wording.speaking())

    def _initial(self, goal: Goal) -> dict[str, Any]:
        return {
            "title": goal.title,
            "measure": goal.measure,
            "target": self._typed(goal.target),
            "due": goal.due,
            "is_milestone": goal.is_milestone,
            "parent": goal.parent_id or "",
            "version": goal.version,
        }

    def _typed(self, target: Decimal | None) -> str:
        if target is None:
            return ""
        return f"{(target * HUNDRED if self.about and self.about.percent else target).normalize():f}"

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("is_milestone") and not given.get("due"):
            self.add_error("due", _("A milestone has a day: choose it."))
        return given

    def aim(self) -> Aim:
        given = self.cleaned_data
        target = given["target"]
        if target is not None and self.about and self.about.percent:
            target = target / HUNDRED
        return Aim(
            title=given["title"],
            measure=given["measure"],
            indicator=self.about.id if self.about else "",
            target=target,
            due=given["due"],
            is_milestone=given["is_milestone"],
            parent=int(given["parent"]) if given.get("parent") else None,
        )


class ManyForm(GoalForm):
    """The same goal for several people."""

    people = forms.MultipleChoiceField(label=_("For whom"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, people: Collection[tuple[int, str]], parents: Sequence[Goal] = ()) -> None:
        super().__init__(data, parents=parents)
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(number), name) for number, name in people]
        field.error_messages["required"] = _("Choose at least one person.")
        self.order_fields(["people", *GoalForm.base_fields])


class ProgressForm(forms.Form):
    """How far a goal is."""

    progress = forms.IntegerField(
        label=_("Progress in per cent"), validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    state = forms.ChoiceField(label=_("State"), choices=Goal.State.choices)


class NoteForm(forms.Form):
    """A note on the way."""

    text = words(label=_("Note"), max_length=LONGEST, rows=3)


def key() -> str:
    """A key for an opened page."""
    return uuid4().hex
