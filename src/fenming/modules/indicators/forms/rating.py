"""A rated item: what a reviewer chooses from, the best level first, each with the behaviour that stands for it."""

from datetime import date
from decimal import Decimal, InvalidOperation

from fenming.library.facts import fact_type
from fenming.library.indicators import Condition, Indicator, Level, Mean
from fenming.library.text import Words
from fenming.modules.indicators.forms.typed import Row, Typed

LEAST, MOST = 3, 7
USUAL = (
    ("6", "优秀1", "Excellent 1"), ("5", "优秀2", "Excellent 2"), ("4", "优秀3", "Excellent 3"), ("3", "良好", "Good"),
    ("2", "合格", "Sufficient"), ("1", "待改进", "To improve"),
)  # fmt: skip
"""The levels that a new item begins with; what behaviour they stand for, only the company can say."""
OTHER_ITEM = Words(zh="不是这个评价项", en="another item was rated")


class RatedItem:
    """A rated item as typed, or what is wrong with which field."""

    def __init__(self, typed: Typed, base: Indicator | None = None) -> None:
        self.typed, self.base = typed, base
        self.problems: dict[str, Words] = {}

    def definition(self, identifier: str, valid_from: date) -> Indicator | None:
        name = self._words("name", 80)
        if not name.zh:
            self._wrong("name", "请给评价项起个名字。", "Give the item a name.")
        levels = self._levels()
        if self.problems:
            return None
        departments = tuple(dict.fromkeys(self.typed.several("departments"))) or fact_type("rating").departments
        about = self._words("about", 300)
        return Indicator(
            id=identifier,
            valid_from=valid_from,
            name=name,
            about=Words(zh=about.zh or f"主管按锚定行为评定：{name.zh}",
                        en=about.en or f"How the manager rates it, by anchored behaviour: {name.en}"),
            formula=Words(zh="等级分之和 ÷ 评价次数", en="sum of levels ÷ number of ratings"),
            unit=Words(zh="级", en="level"),
            digits=2,
            direction="higher",
            subjects=("employee", "department", "store"),
            departments=departments,
            measure=self.base.measure if self.base else _measure(identifier),
            levels=levels,
            data_source=Words(zh="绩效周期中的上级评价", en="The manager review of the performance cycle"),
            collection=Words(
                zh="上级评价时按行为锚定选择等级并写明理由，被评人可见、可申诉",
                en="The reviewer chooses a level by its behaviour and says why; the person sees it and can appeal",
            ),
            pitfalls=Words(
                zh="没有评价就是缺数据，不是最低级；各主管尺度不一，要用校准会拉齐。",
                en="Without a rating there is no value, not the lowest level; reviewers differ, so calibrate.",
            ),
            reference=self.base.reference if self.base else "company: anchored rating",
        )  # fmt: skip

    def _levels(self) -> tuple[Level, ...]:
        found: list[Level] = []
        for place, row in enumerate(self.typed.rows("level")):
            level = self._level(place, row)
            if level and found and level.value >= found[-1].value:
                self._wrong(
                    f"level-{place}", "等级分应从高到低，互不相同。", "The points should fall from best to last."
                )
            found += [level] if level else []
        if not self.problems and not LEAST <= len(found) <= MOST:
            self._wrong("level", f"等级应有 {LEAST} 到 {MOST} 个。", f"There should be {LEAST} to {MOST} levels.")
        return tuple(found)

    def _level(self, place: int, row: Row) -> Level | None:
        at = f"level-{place}"
        try:
            value = Decimal(row.get("value", "").strip())
            usable = value.is_finite() and 0 <= value <= 1000 and value == round(value, 2) and len(row["value"]) < 12
        except InvalidOperation:
            usable = False
        if not usable:
            self._wrong(at, "等级分应是 0 到 1000 的数。", "The points should be a number from 0 to 1000.")
            return None
        name, anchor = self._row_words(row, "name"), self._row_words(row, "anchor")
        if not name.zh or not anchor.zh:
            self._wrong(at, "请写出等级的名称和对应的行为。", "Give the level a name and the behaviour it stands for.")
            return None
        return Level(value=value, name=name, anchor=anchor)

    def _row_words(self, row: Row, name: str) -> Words:
        zh, en = (row.get(f"{name}_{language}", "").strip()[:300] for language in ("zh", "en"))
        return Words(zh=zh or en, en=en or zh)

    def _words(self, name: str, most: int) -> Words:
        zh, en = (self.typed.text(f"{name}_{language}")[:most] for language in ("zh", "en"))
        return Words(zh=zh or en, en=en or zh)

    def _wrong(self, name: str, zh: str, en: str) -> None:
        self.problems.setdefault(name, Words(zh=zh, en=en))


def _measure(identifier: str) -> Mean:
    return Mean(fact="rating", only=(Condition(when=f"item = '{identifier}'", otherwise=OTHER_ITEM),), value="level")


def begun() -> Typed:
    """A new item: the usual levels, their behaviour still to be written."""
    typed = Typed.of({"departments": list(fact_type("rating").departments)})
    typed.put("level", [{"value": value, "name_zh": zh, "name_en": en} for value, zh, en in USUAL])
    return typed


def typed_of(one: Indicator) -> Typed:
    typed = Typed.of(
        {
            "name_zh": one.name.zh, "name_en": one.name.en, "about_zh": one.about.zh, "about_en": one.about.en,
            "departments": list(one.departments),
        }
    )  # fmt: skip
    typed.put("level", [_row(level) for level in one.levels])
    return typed


def _row(level: Level) -> Row:
    return {
        "value": f"{level.value:f}", "name_zh": level.name.zh, "name_en": level.name.en,
        "anchor_zh": level.anchor.zh, "anchor_en": level.anchor.en,
    }  # fmt: skip
