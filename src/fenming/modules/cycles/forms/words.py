"""What may be sent to ask, to answer and to thank."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.widgets import SearchSelect
from fenming.library.badges import badges
from fenming.modules.cycles.forms.goals import words
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.colleagues import Colleague, colleague

LONGEST = 2000
THANKS = 300


class QuestionForm(forms.Form):
    """A question or a word in general. Where somebody reviews, it is that person's first."""

    text = words(label=gettext_lazy("Question"), max_length=LONGEST, rows=4)
    to = forms.ChoiceField(label=gettext_lazy("To"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, reviewer: str = "", text: str = "") -> None:
        super().__init__(data, initial={"to": "reviewer" if reviewer else "hr", "text": text})
        choices = [("reviewer", reviewer)] if reviewer else []
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [*choices, ("hr", _("HR"))]


class AnswerForm(forms.Form):
    """The answer."""

    answer = words(label=gettext_lazy("Answer"), max_length=LONGEST, rows=4)


class ThanksForm(forms.Form):
    """Thanks to a colleague."""

    receiver = forms.IntegerField(
        label=gettext_lazy("Whom"),
        min_value=1,
        max_value=2**31 - 1,
        widget=SearchSelect(reverse_lazy("thanks-find")),
        error_messages={"required": gettext_lazy("Choose a colleague by name.")},
    )
    badge = forms.ChoiceField(label=gettext_lazy("For what"), widget=forms.RadioSelect)
    text = words(label=gettext_lazy("In your words"), max_length=THANKS, rows=3)

    def __init__(self, data: Any = None, *, giver: int, receiver: Colleague | None = None) -> None:
        self.giver = giver
        super().__init__(data, initial={"receiver": receiver.id} if receiver else None)
        field = self.fields["badge"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.id, one.name.say(wording.speaking())) for one in badges().values()]
        widget = self.fields["receiver"].widget
        chosen = receiver or (self._typed() if data is not None else None)
        if isinstance(widget, SearchSelect) and chosen:
            widget.text = chosen.name

    def _typed(self) -> Colleague | None:
        given = str(self.data.get("receiver", ""))
        return colleague(int(given)) if given.isascii() and given.isdigit() and len(given) < 10 else None

    def clean_receiver(self) -> int:
        given: int = self.cleaned_data["receiver"]
        if given == self.giver:
            raise forms.ValidationError(_("You cannot thank yourself."))
        if colleague(given) is None:
            raise forms.ValidationError(_("There is no such colleague. Choose one from the list."))
        return given
