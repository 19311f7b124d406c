"""What may be sent about an appeal. What is named as evidence comes beside the fields and is read by `pieces`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from fenming.controls.widgets import DecimalInput
from fenming.modules.cycles.models import Appeal
from fenming.modules.cycles.queries.appeals import Candidate
from fenming.modules.cycles.queries.evidence import Piece

LONGEST = 5000
LONGEST_KEY = 400
MOST_PIECES = 200


class Told(forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea

    def __init__(self, *, rows: int = 5, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)
        self.widget.attrs.update(rows=rows, dir="auto")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without a limit: a browser would cut off what is too long. The answer says it and keeps all."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class Versioned(forms.Form):
    """A form about a case that knows on which version it was opened."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: int = 0, **options: Any) -> None:
        names_of_its_own = f"{type(self).__name__.lower()}_%s"  # several stand on one page
        super().__init__(*args, **{"auto_id": names_of_its_own} | options)
        self.fields["version"].initial = version

    def again(self, version: int) -> None:
        """The same input upon the newest version."""
        self.data = dict(self.data.items()) | {"version": str(version)}


class AppealForm(forms.Form):
    """What is disputed, why, and what should be."""

    reason = Told(label=_("What is disputed, and why"), help_text=_("Say what is wrong, and how you know."))
    wish = forms.CharField(
        label=_("What should it be?"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )  # fmt: skip
    had_interview = forms.BooleanField(label=_("A feedback interview about this result was held"), required=False)


class MoreForm(forms.Form):
    """What was asked for."""

    text = Told(label=_("What you add"), rows=4)


class ViewForm(forms.Form):
    """The rater's view."""

    text = Told(label=_("Your view"), help_text=_("What did you base the rating on? What do you say to the points?"))


class AssignForm(Versioned):
    """Who handles it, among those who may."""

    handler = forms.TypedChoiceField(label=_("Handler"), coerce=int)

    def __init__(self, *args: Any, candidates: Sequence[Candidate] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        free = [(one.user, one.name) for one in candidates]
        self.fields["handler"].choices = [("", "—"), *free]  # type: ignore[attr-defined]


class AskForm(Versioned):
    """What is missing."""

    text = Told(label=_("What is missing"), rows=3)


class FindingsForm(Versioned):
    """What was found."""

    text = Told(
        label=_("Findings"), rows=5, help_text=_("Facts, with where they stand; not yet what follows from them.")
    )


class RulingForm(Versioned):
    """The decision, its grounds and its effect."""

    decision = forms.ChoiceField(label=_("Decision"), choices=Appeal.Decision.choices, widget=forms.RadioSelect)
    text = Told(label=_("Grounds"), rows=5, help_text=_("The employee reads them as you write them."))
    points = forms.DecimalField(
        label=_("Points added"), required=False, max_value=200, max_digits=9, decimal_places=2,
        widget=DecimalInput({"placeholder": "+2.5"}), help_text=_("Empty: the points stay."),
    )  # fmt: skip
    grade = forms.ChoiceField(label=_("Grade"), required=False)

    def __init__(self, *args: Any, letters: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["grade"].choices = [("", _("as it follows from the points")), *((one, one) for one in letters)]  # type: ignore[attr-defined]


def pieces(given: QueryDict) -> list[Piece]:
    """What was ticked: numbers as ``indicator:stay``, records as ``indicator:stay:record``, each with its note."""
    found: dict[tuple[str, int, str], Piece] = {}
    for text in [*given.getlist("number"), *given.getlist("record")][:MOST_PIECES]:
        if (one := _piece(text, given)) is not None:
            found[one.indicator, one.span, one.fact] = one
    return list(found.values())


def _piece(text: str, given: Mapping[str, Any]) -> Piece | None:
    indicator, _colon, rest = text[:LONGEST_KEY].partition(":")
    span, _colon, fact = rest.partition(":")
    if not indicator or "\0" in text or not (span.isascii() and span.isdigit() and len(span) < 4):
        return None
    note = str(given.get(f"note {text}", ""))
    return Piece(indicator=indicator, span=int(span), fact=fact, note=note.replace("\0", "").strip())


def opened(given: QueryDict) -> dict[str, int]:
    """Whose records are shown, and which page of them: ``indicator:stay`` → page; the button pressed counts last."""
    found: dict[str, int] = {}
    for text in [*given.getlist("open")[:30], given.get("look", "")]:
        key, _at, page = text.partition("@")
        if page.isascii() and page.isdigit() and len(page) < 6:
            found[key] = int(page)
    return {key: page for key, page in found.items() if page}
