"""A plan as it is typed: what holds for all steps, and a row for each step."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.widgets import SearchSelect
from fenming.modules.cycles.models import Plan, Rhythm, StepKind
from fenming.modules.cycles.operations.plans import FARTHEST, problems
from fenming.modules.cycles.queries.plans import OWNERS, Planned, PlannedStep
from fenming.modules.indicators.queries.wording import speaking

ANCHORS = ((False, _("after the period's end")), (True, _("from the period's first day")))
FREE_ANCHOR = (StepKind.GOALS, StepKind.TRACKING)
"""Steps that may be counted from the period's first day."""


class PlanForm(forms.Form):
    """The whole plan of a department, or the company's."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    rhythm = forms.ChoiceField(label=_("Rhythm"), choices=Rhythm.choices)
    head = forms.CharField(label=_("Head of department"), max_length=30, required=False)
    appeal_days = forms.IntegerField(label=_("Working days to appeal"), min_value=1, max_value=60)
    shows_rank = forms.ChoiceField(
        label=_("What people see of their place"), choices=Plan._meta.get_field("shows_rank").choices or ()
    )
    opens_itself = forms.BooleanField(
        label=_("Open each cycle by itself"), required=False,
        help_text=_("On the day when its first step opens. Without it, HR opens every cycle."),
    )  # fmt: skip

    def __init__(self, *args: Any, plan: Planned, head: str, head_name: str, url: str, **kwargs: Any) -> None:
        self.plan = plan
        kwargs["initial"] = _initial(plan, head)
        super().__init__(*args, **kwargs)
        self.fields["head"].widget = SearchSelect(url, head_name)
        for kind in StepKind:
            self._add(kind)

    def _add(self, kind: StepKind) -> None:
        self.fields[f"{kind}_enabled"] = forms.BooleanField(label=kind.label, required=False)
        owners = [(one.value, one.label) for one in OWNERS[kind]]
        self.fields[f"{kind}_owner"] = forms.ChoiceField(label=_("Done by"), choices=owners)
        self.fields[f"{kind}_opens"] = forms.IntegerField(
            label=pgettext_lazy("day", "Opens"), min_value=-FARTHEST, max_value=FARTHEST
        )
        self.fields[f"{kind}_due"] = forms.IntegerField(
            label=pgettext_lazy("day", "Due"), min_value=-FARTHEST, max_value=FARTHEST
        )
        self.fields[f"{kind}_remind"] = forms.IntegerField(label=_("Reminder"), min_value=0, max_value=20)
        if kind in FREE_ANCHOR:
            self.fields[f"{kind}_anchor"] = forms.TypedChoiceField(
                label=_("Counted from"), choices=ANCHORS, coerce=lambda text: text == "True"
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each step with its fields, for the table."""
        names = ("enabled", "owner", "opens", "due", "remind", "anchor")
        return [
            {"kind": kind, **{one: self[f"{kind}_{one}"] for one in names if f"{kind}_{one}" in self.fields}}
            for kind in StepKind
        ]

    def errors_of(self, kind: StepKind) -> list[str]:
        """What is wrong with the row of a step."""
        return [str(text) for name, texts in self.errors.items() if name.startswith(f"{kind}_") for text in texts]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            for kind, words in problems(self.wanted()):
                self.add_error(f"{kind}_due", words.say(speaking()))
        return given

    def wanted(self, head: int | None = None) -> Planned:
        """The plan as typed."""
        given = self.cleaned_data
        return Planned(
            department=self.plan.department,
            rhythm=given["rhythm"],
            head=head,
            appeal_days=given["appeal_days"],
            shows_rank=given["shows_rank"],
            opens_itself=given["opens_itself"],
            version=given["version"],
            steps=tuple(
                PlannedStep(
                    kind=kind.value, owner=given[f"{kind}_owner"], from_start=given.get(f"{kind}_anchor", False),
                    opens_after=given[f"{kind}_opens"], due_after=given[f"{kind}_due"],
                    remind_before=given[f"{kind}_remind"], enabled=given[f"{kind}_enabled"],
                )
                for kind in StepKind
            ),
        )  # fmt: skip


def _initial(plan: Planned, head: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": plan.version, "rhythm": plan.rhythm, "head": head, "appeal_days": plan.appeal_days,
        "shows_rank": plan.shows_rank, "opens_itself": plan.opens_itself,
    }  # fmt: skip
    known = {one.kind: one for one in plan.steps}
    for kind in StepKind:
        one = known.get(kind.value) or PlannedStep(
            kind=kind.value, owner=OWNERS[kind][0], from_start=False, opens_after=1, due_after=5, remind_before=1,
            enabled=False,
        )  # fmt: skip
        found |= {
            f"{kind}_enabled": one.enabled, f"{kind}_owner": one.owner, f"{kind}_opens": one.opens_after,
            f"{kind}_due": one.due_after, f"{kind}_remind": one.remind_before, f"{kind}_anchor": one.from_start,
        }  # fmt: skip
    return found
