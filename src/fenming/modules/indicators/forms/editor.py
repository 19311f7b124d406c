"""The editor: which inputs there are depends on what was chosen so far; what is wrong stands beside its input."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fenming.controls.widgets import DayInput, DecimalInput
from fenming.lake import lines
from fenming.lake.lines import Compare
from fenming.library.facts import Column, fact_type
from fenming.modules.indicators.forms import defaults
from fenming.modules.indicators.forms.kinds import BY_CODE, KINDS, NUMBERS, WRITTEN, Kind, columns_for
from fenming.modules.indicators.forms.reading import SUBJECTS, Reading
from fenming.modules.indicators.forms.typed import Typed
from fenming.modules.indicators.queries import free_from
from fenming.modules.indicators.queries.library import departments, facts
from fenming.modules.indicators.queries.preview import suggestions
from fenming.modules.indicators.queries.telling import subject_names
from fenming.modules.indicators.queries.wording import speaking

Choices = list[tuple[str, str]]


def compare_words(kind: str) -> dict[Compare, str]:
    """How comparisons are called; times have words of their own."""
    if kind == "time":
        return {
            "le": pgettext("comparison", "not after"),
            "lt": pgettext("comparison", "before"),
            "ge": pgettext("comparison", "not before"),
            "gt": pgettext("comparison", "after"),
            "known": pgettext("comparison", "is known"),
            "unknown": pgettext("comparison", "is unknown"),
        }
    return {
        "is": pgettext("comparison", "is"),
        "not": pgettext("comparison", "is not"),
        "in": pgettext("comparison", "is one of"),
        "not_in": pgettext("comparison", "is none of"),
        "contains": pgettext("comparison", "contains"),
        "starts": pgettext("comparison", "begins with"),
        "yes": pgettext("comparison", "is yes"),
        "no": pgettext("comparison", "is no"),
        "eq": "=",
        "ne": "≠",
        "lt": "<",
        "le": "≤",
        "gt": ">",
        "ge": "≥",
        "between": pgettext("comparison", "between"),
        "known": pgettext("comparison", "is known"),
        "unknown": pgettext("comparison", "is unknown"),
    }


@dataclass(frozen=True, slots=True)
class LineView:
    """The inputs of one line of a condition."""

    number: int
    prefix: str
    either: BoundField | None
    column: BoundField
    compare: BoundField | None
    value: BoundField | None
    unknown: BoundField | None
    written: BoundField | None
    values: list[str]
    unit: str
    problem: str


@dataclass(frozen=True, slots=True)
class RowView:
    """The inputs of one row of another list, and what is wrong with it."""

    number: int
    fields: list[BoundField]
    lines: list[LineView]
    problem: str
    fact: str = ""


class EditorForm(forms.Form):
    """All inputs for what has been typed so far. It shows; `Reading` judges."""

    def __init__(self, reading: Reading, *, url: str, judged: bool, version: int = 0) -> None:
        typed = reading.typed
        data = QueryDict(mutable=True)
        for name, values in typed.values.items():
            data.setlist(name, values)
        super().__init__(data=data)
        self.reading, self.typed, self.url, self.judged = reading, typed, url, judged
        self.version = version
        self._suggested: dict[str, dict[str, list[str]]] = {}
        self._head()
        if reading.fact or reading.kind == "formula":
            self._asked()
        self._look()
        self._words()
        self._publish()

    def full_clean(self) -> None:
        """What is wrong was found by whoever read the form; before the first try nothing is said of it."""
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}
        if self.judged:
            for name, words in self.reading.problems.items():
                if name in self.fields:
                    self._errors[name] = ErrorList([words.say(speaking())])

    @property
    def other_problems(self) -> list[str]:
        """What is wrong without an input to stand beside."""
        if not self.judged:
            return []
        placed = {
            one for one in self.reading.problems if one in self.fields or one.startswith(("only-", "test-", "part-"))
        }
        return [words.say(speaking()) for name, words in self.reading.problems.items() if name not in placed]

    def problem(self, name: str) -> str:
        words = self.reading.problems.get(name)
        return words.say(speaking()) if words and self.judged else ""

    # inputs

    def _add(self, name: str, field: forms.Field) -> BoundField:
        field.required = False
        self.fields[name] = field
        return self[name]

    def _choice(
        self, name: str, label: str, choices: Iterable[tuple[str, str]], *, redraws: bool = False
    ) -> BoundField:
        attrs = {"aria-label": label, **(self._redraws() if redraws else {})}
        return self._add(name, forms.ChoiceField(label=label, choices=list(choices), widget=forms.Select(attrs)))

    def _text(self, name: str, label: str, *, most: int = 200, help_text: str = "", **attrs: str) -> BoundField:
        widget = forms.TextInput({"aria-label": label, "maxlength": str(most), "autocomplete": "off", **attrs})
        return self._add(name, forms.CharField(label=label, widget=widget, help_text=help_text))

    def _formula(self, name: str, label: str, words: str) -> BoundField:
        """An input with completion: its list holds what may stand in it."""
        return self._text(
            name, label, most=2000, list=words, spellcheck="false", **{"data-formula": words, "dir": "ltr"}
        )

    def _redraws(self) -> dict[str, str]:
        return {
            "hx-post": self.url, "hx-target": "#editor", "hx-select": "#editor", "hx-swap": "outerMorph",
            "hx-trigger": "change",
        }  # fmt: skip

    def _head(self) -> None:
        self._choice("fact", _("Kind of record"), [("", _("Choose…")), *facts()], redraws=True)
        widget = forms.RadioSelect(self._redraws())
        self._add("kind", forms.ChoiceField(choices=[(one.code, str(one.name)) for one in KINDS], widget=widget))

    def _asked(self) -> None:
        for one in BY_CODE[self.reading.kind].asks if self.reading.kind else ():
            _ASKED[one](self)
        if self.reading.kind and self.reading.kind != "formula":
            self._text("window_start", pgettext("indicator", "from"), most=5, type="time")
            self._text("window_until", pgettext("indicator", "until"), most=5, type="time")

    def columns(self, kinds: Iterable[str] | None = None) -> Choices:
        known = lines.columns(self.reading.fact)
        wanted = set(kinds) if kinds is not None else None
        found = [
            (name, column.words.say(speaking()))
            for name, column in known.items()
            if name != "occurred_at" and (wanted is None or column.type in wanted)
        ]
        return [("", _("Choose…")), *found, (WRITTEN, _("a formula…"))]

    def value_field(self, name: str, label: str, kinds: Iterable[str] | None) -> None:
        self._choice(name, label, self.columns(kinds), redraws=True)
        if self.typed.text(name) == WRITTEN:
            self._formula(f"{name}_written", _("Formula"), f"words-{self.reading.fact}")

    def aggregate_field(self, name: str, label: str) -> None:
        hows: Choices = [
            ("", _("Choose…")), ("rows", _("number of records")), ("sum", _("sum of")),
            ("distinct", _("different values of")), ("known", _("number of records with")), (WRITTEN, _("a formula…")),
        ]  # fmt: skip
        self._choice(f"{name}_how", label, hows, redraws=True)
        how = self.typed.text(f"{name}_how")
        if how == WRITTEN:
            self._formula(f"{name}_written", _("Formula"), f"words-{self.reading.fact}")
        elif how in ("sum", "distinct", "known"):
            known = columns_for(self.reading.fact, how)
            choices = [(one, column.words.say(speaking())) for one, column in known.items()]
            self._choice(f"{name}_column", _("Field"), [("", _("Choose…")), *choices])

    def number_field(self, name: str, label: str, placeholder: str) -> None:
        widget = DecimalInput({"placeholder": placeholder, "maxlength": "12"})
        self._add(name, forms.CharField(label=label, widget=widget))

    # lines of conditions

    def lines(self, prefix: str, fact: str, *, within: str = "") -> list[LineView]:
        typed = self.typed.sub(self.typed.rows("part")[int(within.split("-")[1])]) if within else self.typed
        at = f"{within}{prefix}"
        rows = typed.rows(prefix)
        return [self._line(at, number, row, fact, strict=prefix == "only") for number, row in enumerate(rows)]

    def _line(self, prefix: str, number: int, row: Mapping[str, str], fact: str, *, strict: bool) -> LineView:
        name = f"{prefix}-{number}"
        known = lines.columns(fact) if fact else {}
        choices = [(one, column.words.say(speaking())) for one, column in known.items() if one != "occurred_at"]
        choices = [("", _("Choose a field…")), *choices, (WRITTEN, _("a formula…"))]
        either: Choices = [("", pgettext("comparison", "and")), ("or", pgettext("comparison", "or"))]
        written = row.get("column") == WRITTEN
        column = known.get(row.get("column", ""))
        told = self._compared(name, row, column, fact) if column and not written else (None, None, [], "")
        return LineView(
            number=number,
            prefix=prefix,
            either=self._choice(f"{name}-either", _("and / or"), either) if number else None,
            column=self._choice(f"{name}-column", _("Field"), choices, redraws=True),
            compare=told[0],
            value=told[1],
            unknown=self._unknown(name) if strict and column and told[0] else None,
            written=self._formula(f"{name}-written", _("Condition"), f"words-{fact}") if written else None,
            values=told[2],
            unit=told[3],
            problem=self.problem(name),
        )

    @cached_property
    def only_lines(self) -> list[LineView]:
        return self.lines("only", self.reading.fact)

    @cached_property
    def test_lines(self) -> list[LineView]:
        return self.lines("test", self.reading.fact)

    @property
    def asks(self) -> tuple[str, ...]:
        return BY_CODE[self.reading.kind].asks if self.reading.kind else ()

    @property
    def measure_fields(self) -> list[BoundField]:
        """The inputs that the kind asks for, without its lists."""
        names = [f"{one}{suffix}" for one in self.asks for suffix in ("", "_how", "_column", "_written")]
        return [self[name] for name in names if name in self.fields]

    @property
    def kind_cards(self) -> list[tuple[Kind, bool]]:
        return [(one, one.code == self.reading.kind) for one in KINDS]

    def _unknown(self, name: str) -> BoundField:
        label = _("or unknown")
        return self._add(f"{name}-unknown", forms.CharField(label=label, widget=forms.CheckboxInput({"value": "yes"})))

    def _compared(
        self, name: str, row: Mapping[str, str], column: Column, fact: str
    ) -> tuple[BoundField, BoundField | None, list[str], str]:
        words = compare_words(column.type)
        choices = [(code, words[code]) for code in lines.comparisons(column)]
        compare = self._choice(f"{name}-compare", _("Comparison"), choices, redraws=True)
        now = row.get("compare") or choices[0][0]
        if not lines.takes_value(now):
            return compare, None, [], ""
        if column.type == "time":
            others = [(one, other.words.say(speaking())) for one, other in lines.columns(fact).items()]
            times = [
                pair for pair in others if lines.columns(fact)[pair[0]].type == "time" and pair[0] != row["column"]
            ]
            return compare, self._choice(f"{name}-value", pgettext("indicator", "Value"), times), [], ""
        unit = {"duration": pgettext("unit", "s"), "money": pgettext("unit", "yuan")}.get(column.type, "")
        if column.type != "text":
            hint = "10 ~ 20" if now == "between" else ""
            widget = DecimalInput(
                {"aria-label": pgettext("indicator", "Value"), "placeholder": hint, "maxlength": "40"}
            )
            return compare, self._add(f"{name}-value", forms.CharField(widget=widget)), [], unit
        values = self.suggested(fact, row["column"])
        attrs = {"list": f"{name}-values"} if values else {}
        hint = _("several, with commas") if now in ("in", "not_in") else ""
        return (
            compare,
            self._text(f"{name}-value", pgettext("indicator", "Value"), most=600, placeholder=hint, **attrs),
            values,
            "",
        )

    def suggested(self, fact: str, column: str) -> list[str]:
        """What the field held most often; each kind of record is asked once, for all its lines."""
        if fact not in self._suggested:
            rows = [*self.typed.rows("only"), *self.typed.rows("test"), *map(dict, self._part_lines())]
            named = [row.get("column", "") for row in rows]
            self._suggested[fact] = suggestions(fact, named)
        return self._suggested[fact].get(column, [])

    def _part_lines(self) -> list[dict[str, str]]:
        return [line for row in self.typed.rows("part") for line in self.typed.sub(row).rows("only")]

    # other lists

    def tiers(self) -> None:
        self.tier_rows = [
            RowView(
                number,
                [
                    self._text(f"tier-{number}-name", pgettext("indicator", "Value")),
                    self._text(f"tier-{number}-weight", _("Factor"), most=8),
                ],
                [],
                self.problem(f"tier-{number}"),
            )
            for number, _row in enumerate(self.typed.rows("tier"))
        ]

    def bands(self) -> None:
        self.band_rows = [
            RowView(
                number,
                [self._text(f"band-{number}-start", _("From so many times"), most=4),
                 self._text(f"band-{number}-weight", _("Factor"), most=8)],
                [],
                self.problem(f"band-{number}"),
            )
            for number, _row in enumerate(self.typed.rows("band"))
        ]  # fmt: skip

    def parts(self) -> None:
        self.part_rows = [self._part(number, row) for number, row in enumerate(self.typed.rows("part"))]

    def _part(self, number: int, row: Mapping[str, str]) -> RowView:
        at = f"part-{number}"
        fact = row.get("fact") or self.reading.fact
        overs: Choices = [
            ("period", _("this period")), ("previous", _("the period before")),
            ("before", _("all time before")), ("until", _("all time to its end")),
        ]  # fmt: skip
        fields = [
            self._text(f"{at}-name", _("Name of the part"), most=30, dir="ltr", spellcheck="false"),
            self._choice(f"{at}-fact", _("Kind of record"), [("", _("Choose…")), *facts()], redraws=True),
            self._choice(f"{at}-over", _("Of what time"), overs),
            self._formula(f"{at}-aggregate", _("Aggregate"), f"words-{fact}"),
        ]
        problem = self.problem(at) or self.problem(f"{at}-window_start")
        known = fact if fact in dict(facts()) else ""
        return RowView(number, fields, self.lines("only", known, within=f"{at}-"), problem, known)

    # how it is shown and told

    def _look(self) -> None:
        measure = self.reading.measure
        suits = self.reading.look(measure) if measure else {}
        unit = suits.get("unit")
        self._text("name_zh", pgettext("indicator", "Name"), most=80)
        self._text("name_en", _("English name"), most=80)
        self._text("unit_zh", _("Unit"), most=20, placeholder=unit.zh if unit else "")
        self._text("unit_en", _("Unit in English"), most=20, placeholder=unit.en if unit else "")
        self._text("digits", _("Decimals"), most=1, placeholder=str(suits.get("digits", "")), inputmode="numeric")
        scale_help = _("multiplies the value into its unit: 0.001 for milliseconds shown as seconds")
        scale = f"{suits['scale']:f}" if suits else ""
        self._text("scale", _("Scale"), most=20, placeholder=scale, help_text=scale_help)
        better: Choices = [("higher", _("more is better")), ("lower", _("less is better"))]
        self._add("direction", forms.ChoiceField(label=_("Better"), choices=better, widget=forms.RadioSelect))
        empty: Choices = [("missing", _("no value")), ("zero", _("counts as 0"))]
        self._choice("empty", _("Without records"), empty)
        self.fields["empty"].help_text = _("0 only where no record does mean none, as with points and vetoes")
        boxes = forms.CheckboxSelectMultiple
        subjects = subject_names()
        self._add("subjects", forms.MultipleChoiceField(
            label=_("Measured of"), choices=[(one, subjects[one]) for one in SUBJECTS], widget=boxes))  # fmt: skip
        self._add("departments", forms.MultipleChoiceField(label=_("Departments"), choices=departments(), widget=boxes))

    def _words(self) -> None:
        names = {
            "about": pgettext("indicator", "What it is"),
            "formula": _("Formula in words"), "data_source": _("Data source"),
            "collection": _("Collection"), "pitfalls": _("Pitfalls"),
        }  # fmt: skip
        suits = defaults.words(self.reading.measure) if self.reading.measure else {}
        for name, label in names.items():
            for language, suffix in (("zh", ""), ("en", " (English)")):
                hint = suits[name].say(language) if suits else ""
                widget = forms.Textarea({"rows": "2", "maxlength": "600", "placeholder": hint})
                self._add(f"{name}_{language}", forms.CharField(label=f"{label}{suffix}", widget=widget))

    def _publish(self) -> None:
        self._text(
            "reference",
            _("Basis"),
            most=300,
            help_text=_("where the definition comes from: a rule, a document, a meeting"),
        )
        self._text("id", _("Id"), most=80, dir="ltr", help_text=_("made from the name if left empty"))
        self._add("valid_from", forms.CharField(label=_("Valid from"), widget=DayInput()))
        self._text("reason", _("Reason"), most=200)

    @property
    def word_lists(self) -> dict[str, list[tuple[str, str]]]:
        """What formulas may say, by the id of the list: fields with their names, functions, parts."""
        named = {self.reading.fact, *(row.get("fact", "") for row in self.typed.rows("part"))} - {""}
        known = [one for one in named if one in dict(facts())]
        found = {f"words-{fact}": words_of(fact) for fact in known}
        parts = [
            (row.get("name", ""), pgettext("indicator", "part")) for row in self.typed.rows("part") if row.get("name")
        ]
        return found | ({"words-parts": parts} if self.reading.kind == "formula" else {})


FUNCTIONS = (
    "count(*)", "sum(", "count(DISTINCT ", "min(", "max(", "coalesce(", "abs(", "CASE WHEN ", "THEN ", "ELSE ", "END",
    "FILTER (WHERE ", "AND ", "OR ", "NOT ", "IN (", "BETWEEN ", "LIKE ", "IS NOT NULL", "IS NULL",
    "extract(hour FROM occurred_at)",
)  # fmt: skip


def words_of(fact: str) -> list[tuple[str, str]]:
    """The fields of a fact and the functions that a formula may use, each with what it is."""
    kind = fact_type(fact)
    fields = [(name, column.words.say(speaking())) for name, column in lines.columns(kind.id).items()]
    return fields + [(text, _("function")) for text in FUNCTIONS]


_ASKED: dict[str, Callable[[EditorForm], object]] = {
    "test": lambda form: None,
    "value": lambda form: form.value_field("value", _("Of what"), NUMBERS),
    "per": lambda form: form.value_field("per", _("Divided by (may stay empty)"), NUMBERS),
    "above": lambda form: form.aggregate_field("above", _("What is counted")),
    "below": lambda form: form.aggregate_field("below", _("Divided by")),
    "percent": lambda form: form.number_field("percent", pgettext("indicator", "Per cent that do not exceed it"), "90"),
    "key": lambda form: form.value_field("key", _("Which field"), ["text"]),
    "event": lambda form: form.value_field("event", _("One event is one"), ["text"]),
    "at_least": lambda form: form.number_field("at_least", _("At least so many"), "2"),
    "step": lambda form: form.value_field("step", _("Field of the step"), ["text"]),
    "people": lambda form: form.value_field("people", _("Field of the number of people"), NUMBERS),
    "start": lambda form: form._text("start", _("From the step")),
    "to": lambda form: form._text("to", _("To the step")),
    "tiers": lambda form: form.tiers(),
    "otherwise": lambda form: form.number_field("otherwise", _("Factor of all others"), "1"),
    "bands": lambda form: form.bands(),
    "active_days": lambda form: form.number_field("active_days", _("Active in so many days"), "180"),
    "parts": lambda form: form.parts(),
    "numerator": lambda form: form._formula("numerator", _("Numerator"), "words-parts"),
    "denominator": lambda form: form._formula("denominator", _("Denominator (may stay empty)"), "words-parts"),
}


def begun() -> Typed:
    """What a new indicator begins with."""
    return Typed.of(
        {"direction": "higher", "empty": "missing", "subjects": ["employee", "department", "company"],
         "valid_from": f"{first_day():%Y-%m-%d}"}
    )  # fmt: skip


def first_day() -> Any:
    """The first day of this month, or the first that no closed period holds."""
    this = timezone.localdate().replace(day=1)
    free = free_from()
    return max(this, free) if free else this
