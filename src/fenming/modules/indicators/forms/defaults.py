"""What suits a measure where nothing was typed: unit, scale, decimals, departments, and the words around it."""

from decimal import Decimal

from fenming.lake import lines, telling
from fenming.library import indicators as library
from fenming.library.facts import fact_type
from fenming.library.indicators import Measure
from fenming.library.text import Words

_COLLECTION = Words(zh="随业务记录导入，或由接口推送", en="Comes with the imported records, or by the API")
_UNITS = {
    "duration": Words(zh="秒", en="s"),
    "money": Words(zh="元", en="yuan"),
}
_PER_CENT = Words(zh="%", en="%")
_ALWAYS_PER_CENT = (
    library.Share, library.Funnel, library.Growth, library.Retention, library.Repeat, library.Banded,
)  # fmt: skip


def words(measure: Measure) -> dict[str, Words]:
    """What people who are measured read, in the general."""
    return {
        "about": telling.sentence(measure),
        "formula": telling.formula(measure),
        "data_source": _source(measure),
        "collection": _COLLECTION,
        "pitfalls": _pitfalls(measure),
    }


def unit(measure: Measure) -> Words:
    if isinstance(measure, _ALWAYS_PER_CENT):
        return _PER_CENT
    if (kind := _kind_of_value(measure)) in _UNITS:
        return _UNITS[kind]
    if isinstance(measure, library.Ratio):
        return _PER_CENT
    if isinstance(measure, library.Count):
        return Words(zh="条", en="records")
    return Words(zh="个", en="units")


def scale(measure: Measure) -> Decimal:
    return Decimal("0.001") if _kind_of_value(measure) == "duration" else Decimal(1)


def digits(unit: Words) -> int:
    return {"%": 1, "s": 1, "yuan": 2}.get(unit.en, 0)


def _kind_of_value(measure: Measure) -> str:
    """The type of the column whose sum, mean or percentile is taken."""
    match measure:
        case library.Sum(value=text) | library.Mean(value=text) | library.Percentile(value=text):
            column = lines.columns(measure.fact).get(text)
            return column.type if column else ""
        case library.Tiered(value=text, per=None):
            column = lines.columns(measure.fact).get(text)
            return column.type if column else ""
        case _:
            return ""


def departments(measure: Measure) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for fact in measure.facts() for name in fact_type(fact).departments))


def _source(measure: Measure) -> Words:
    names = [fact_type(fact).name for fact in measure.facts()]
    return Words(zh="、".join(one.zh for one in names), en=", ".join(one.en for one in names))


def _pitfalls(measure: Measure) -> Words:
    """How such a number can lie, in general."""
    match measure:
        case library.Share() | library.Ratio() | library.Funnel():
            return Words(
                zh="记录少的人，一条就能让比例大变；缺少所需字段的记录不进分母。",
                en="With few records a single one moves it much; records without the field are left out.",
            )
        case library.Distinct() | library.Percentile() | library.Retention() | library.Repeat() | library.Banded():
            return Words(
                zh="共用账号的记录分不到个人，只看写明姓名的记录；各人的值不能相加。",
                en="Records of shared accounts cannot be shared out; only those that name somebody are seen.",
            )
        case library.Mean():
            return Words(
                zh="少数极端值会拉动平均值；没有该值的记录不计。",
                en="A few extremes move a mean; records without a value do not count.",
            )
        case library.Growth():
            return Words(
                zh="大促前后波动很大；新人没有上期，显示缺失。",
                en="Sales campaigns move it; newcomers have no period before.",
            )
        case _:
            return Words(
                zh="只反映数量，不反映质量与难度；人数、天数不同时不宜直接比较。",
                en="It says how much, not how well; compare only like with like.",
            )
