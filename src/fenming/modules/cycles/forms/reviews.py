"""What may be sent to write a review: texts, and a level with its reason for each rated item."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.library.indicators import Indicator
from fenming.modules.cycles.forms.goals import key, line, words
from fenming.modules.cycles.models import Review
from fenming.modules.cycles.operations.reviews import Rated, Written
from fenming.modules.cycles.queries.reviews import Levels, cards, lacking, level_name, levels_of, needs_reason, plain

LONGEST = 8000
NOTE = 500


class ReviewForm(forms.Form):
    """A review of either kind. Levels are optional until a manager review is handed in."""

    done_well = words(label=gettext_lazy("What went well"), max_length=LONGEST, required=False, rows=5)
    to_improve = words(label=gettext_lazy("What could be better"), max_length=LONGEST, required=False, rows=5)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)
    page = forms.CharField(widget=forms.HiddenInput, max_length=40, min_length=8)
    """The key of the opened page. Not called "form": htmx asks a form for its ``form``."""

    def __init__(
        self, data: Any = None, *, review: Review | None, items: Sequence[Indicator], whole: bool = False
    ) -> None:
        self.items, self.whole = items, whole
        super().__init__(data, initial=_initial(review))
        for one in items:
            choices = [("", ""), *((card.value, card.level.name.en) for card in cards(one))]
            self.fields[f"level_{one.id}"] = forms.ChoiceField(choices=choices, required=False)
            self.fields[f"note_{one.id}"] = line(max_length=NOTE, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.whole and not self.errors:
            for problem in lacking(self.items, self.levels()):
                self.add_error(None, problem)
        return given

    def levels(self) -> Levels:
        given = self.cleaned_data
        found = {}
        for one in self.items:
            if level := given.get(f"level_{one.id}"):
                found[one.id] = (Decimal(level), given.get(f"note_{one.id}", ""))
        return found

    def written(self, terms: int | None) -> Written:
        given = self.cleaned_data
        return Written(
            done_well=given["done_well"],
            to_improve=given["to_improve"],
            levels=self.levels(),
            version=given["version"],
            form=given["page"],
            terms=terms,
        )

    def rated(self) -> list[dict[str, Any]]:
        """The items as they are shown: the cards, the level chosen, the field of the reason."""
        return [
            {
                "indicator": one,
                "cards": cards(one),
                "name": f"level_{one.id}",
                "chosen": str(self[f"level_{one.id}"].value() or ""),
                "note": self[f"note_{one.id}"],
            }
            for one in self.items
        ]


def _initial(review: Review | None) -> dict[str, Any]:
    given: dict[str, Any] = {"version": 0, "page": key(), "done_well": "", "to_improve": ""}
    if review is not None:
        given |= {"version": review.version, "done_well": review.done_well, "to_improve": review.to_improve}
        for name, (level, note) in levels_of(review).items():
            given |= {f"level_{name}": plain(level), f"note_{name}": note}
    return given


class SideBySideForm(forms.Form):
    """One item for everybody: a level and a reason for each person."""

    def __init__(self, data: Any = None, *, item: Indicator, people: dict[int, Review | None]) -> None:
        super().__init__(data)
        self.item, self.people = item, people
        values = [card.value for card in cards(item)]
        for person, review in people.items():
            level, note = levels_of(review).get(item.id, (None, ""))
            shown = plain(level) if level is not None else ""
            choices = [("", "—"), *((value, level_name(item, Decimal(value))) for value in values)]
            self.fields[f"level_{person}"] = forms.ChoiceField(choices=choices, required=False, initial=shown)
            self.fields[f"note_{person}"] = line(max_length=NOTE, required=False, initial=note)
            self.fields[f"version_{person}"] = forms.IntegerField(
                widget=forms.HiddenInput,
                min_value=0,
                max_value=10**9,
                required=False,
                initial=review.version if review else 0,
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for person, review in self.people.items():
            level, note = given.get(f"level_{person}"), given.get(f"note_{person}", "")
            if level and needs_reason(self.item, Decimal(level)) and not note.strip():
                self.add_error(f"note_{person}", _("The best and the worst level need a reason."))
            if review is not None and review.submitted_at and level == "":
                self.add_error(f"level_{person}", _("This review is handed in: a level may change, not go."))
        return given

    def rated(self) -> list[Rated]:
        given = self.cleaned_data
        return [
            Rated(
                person=person,
                version=given.get(f"version_{person}") or 0,
                level=Decimal(level) if (level := given.get(f"level_{person}")) else None,
                note=given.get(f"note_{person}", ""),
            )
            for person in self.people
            if f"level_{person}" in self.data
        ]

    def cells(self, person: int) -> dict[str, Any]:
        """The fields of one person."""
        return {name: self[f"{name}_{person}"] for name in ("level", "note", "version")}
