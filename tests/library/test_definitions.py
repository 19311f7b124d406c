"""The shipped library: what it holds, that people can read it, and the traps its formulas were written around."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fenming.lake.engine import DuckEngine
from fenming.lake.measure import measure
from fenming.lake.needs import lower
from fenming.lake.schema import arrow_schema
from fenming.library.facts import fact_types
from fenming.library.files import parse
from fenming.library.indicators import Condition, Formula, Indicator, Measured, indicator, indicators
from fenming.library.schemes import Scheme, find_scheme, schemes
from fenming.library.text import Refusal, Words
from fenming.rules import curves
from fenming.rules.grades import Quota
from fenming.rules.periods import period
from fenming.rules.readings import check_formula

FOLDER = Path(__file__).parents[2] / "src/fenming/library/definitions"
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")

WEIGHTS = {
    "logistics": {"准时送达率": 40, "破损率": 25, "单位配送成本": 20, "用户投诉率": 15},
    "business": {"销售额": 30, "新客户获取量": 25, "毛利率": 20, "客户留存率": 15, "回款率": 10},
    "finance": {"预算执行率": 30, "财务报表准确性": 25, "成本控制率": 20, "资金周转率": 15, "税务合规率": 10},
    "hr": {"招聘完成率": 25, "员工留存率": 20, "培训效果评估": 15, "薪酬结构合理性": 15, "员工满意度": 25},
    "operations": {"用户增长率": 25, "转化率": 20, "复购率": 15, "页面停留时间": 10, "活动参与率": 30},
    "customer_service": {"用户满意度评分": 30, "响应时间": 25, "问题解决率": 20, "重复投诉率": 15, "平均处理时长": 10},
    "design": {"作品通过率": 25, "页面转化率": 20, "用户反馈评分": 15, "设计周期": 10, "跨部门协作满意度": 30},
    "new_media": {"粉丝增长率": 25, "阅读量": 20, "互动率": 15, "转化量": 20, "内容原创率": 20},
}
"""The eight departments of docs.ihr360.com/hr/632942, word for word."""

POSTS = {
    "courier": {"准时送达率": 40, "破损率": 30, "用户投诉率": 20, "单位配送成本": 10},
    "sales_representative": {"销售额": 30, "新客户获取量": 25, "毛利率": 20, "客户留存率": 15, "回款率": 10},
}
"""The two posts of the same document."""

INDICATORS = sorted(indicators())
SCHEMES = sorted(schemes())


def measured(one: Indicator) -> Iterator[Measured]:
    yield from one.measure.parts.values() if isinstance(one.measure, Formula) else (one.measure,)


def conditions(one: Indicator) -> Iterator[Condition]:
    return (condition for part in measured(one) for condition in part.only)


def words_of(one: Indicator) -> dict[str, Words]:
    named = {
        name: getattr(one, name)
        for name in ("name", "about", "formula", "unit", "data_source", "collection", "pitfalls")
    }
    return named | {condition.when: condition.otherwise for condition in conditions(one)}


def assert_both_languages(words: Words, where: str) -> None:
    assert words.zh.strip(), f"{where}: no Chinese"
    assert words.en.strip(), f"{where}: no English"
    assert not CHINESE.search(words.en), f"{where}: Chinese within the English: {words.en}"


# What the library holds


@pytest.mark.parametrize("folder", ["indicators", "schemes"])
def test_ids_are_file_names_and_occur_once(folder: str) -> None:
    names = [path.stem for path in (FOLDER / folder).rglob("*.yaml")]
    assert sorted(names) == (INDICATORS if folder == "indicators" else SCHEMES)


def test_names_tell_indicators_apart_in_both_languages() -> None:
    for language in ("zh", "en"):
        names = [one.name.say(language) for one in indicators().values()]
        assert sorted(set(names)) == sorted(names)


def test_all_39_indicators_of_the_eight_departments_are_there() -> None:
    wanted = [name for weights in WEIGHTS.values() for name in weights]
    assert len(wanted) == 39
    assert set(wanted) <= {one.name.zh for one in indicators().values()}


def test_every_fact_type_serves_an_indicator() -> None:
    assert {fact for one in indicators().values() for fact in one.measure.facts()} == set(fact_types())


@pytest.mark.parametrize("path", sorted((FOLDER / "indicators").rglob("*.yaml")), ids=lambda path: path.stem)
def test_indicators_lie_in_the_folder_of_their_department(path: Path) -> None:
    departments = indicator(path.stem).departments
    assert path.parent.name == ("common" if len(departments) == 9 else departments[0])


# Indicators that people can read and trust


@pytest.mark.parametrize("name", INDICATORS)
def test_indicators_speak_both_languages(name: str) -> None:
    one = indicator(name)
    for field, words in words_of(one).items():
        assert_both_languages(words, f"{name}.{field}")
    assert one.reference.strip()
    assert (one.unit.zh == "%") == one.percent


@pytest.mark.parametrize("name", INDICATORS)
def test_formulas_pass_the_wall_and_are_arithmetic_over_their_parts(name: str) -> None:
    lowered = lower(indicator(name))
    for formula in filter(None, (lowered.numerator, lowered.denominator)):
        check_formula(formula, lowered.needs)


@pytest.mark.parametrize("name", INDICATORS)
def test_pitfalls_are_more_than_a_phrase(name: str) -> None:
    pitfalls = indicator(name).pitfalls
    assert len(pitfalls.zh) >= 12
    assert len(pitfalls.en) >= 40


def test_only_points_may_read_zero_without_a_record() -> None:
    zero = {one.id for one in indicators().values() if one.empty == "zero"}
    assert zero == {"merit_points", "demerit_points", "collaboration_points", "veto_count"}


# Schemes


@pytest.mark.parametrize(("name", "weights"), (WEIGHTS | POSTS).items())
def test_schemes_have_exactly_the_weights_of_the_document(name: str, weights: dict[str, int]) -> None:
    scheme = schemes()[name]
    assert {scheme.indicator(item.indicator).name.zh: item.weight for item in scheme.items} == weights


@pytest.mark.parametrize("name", SCHEMES)
def test_weights_sum_to_100(name: str) -> None:
    assert sum(item.weight for item in schemes()[name].items) == 100


@pytest.mark.parametrize("name", SCHEMES)
def test_schemes_use_indicators_that_exist_for_their_subject(name: str) -> None:
    scheme = schemes()[name]
    for one in scheme.definitions().values():
        assert scheme.subject in one.subjects, one.id


@pytest.mark.parametrize("name", SCHEMES)
def test_curves_point_the_way_of_their_indicator(name: str) -> None:
    scheme = schemes()[name]
    for item in scheme.items:
        assert isinstance(item.curve, curves.Target | curves.Binary)
        assert item.curve.better == scheme.indicator(item.indicator).direction, item.indicator


@pytest.mark.parametrize("name", SCHEMES)
def test_schemes_say_why_in_both_languages(name: str) -> None:
    scheme = schemes()[name]
    texts = {"name": scheme.name, "about": scheme.about} | {item.indicator: item.basis for item in scheme.items}
    texts |= {one.id: Words(**one.name) for one in (*scheme.adjustments, *scheme.vetoes)}
    for field, words in texts.items():
        assert_both_languages(words, f"{name}.{field}")


@pytest.mark.parametrize("name", SCHEMES)
def test_vetoes_name_a_grade_that_the_scheme_knows(name: str) -> None:
    scheme = schemes()[name]
    assert {veto.effect for veto in scheme.vetoes} <= {"zero", *scheme.grades.grades}


@pytest.mark.parametrize("name", ["business", "sales_representative"])
def test_sales_weigh_40_in_november(name: str) -> None:
    seasons = schemes()[name].seasons
    assert [(season.start, season.until) for season in seasons] == [
        (date(2025, 11, 1), date(2025, 12, 1)),
        (date(2026, 11, 1), date(2026, 12, 1)),
    ]
    assert all(season.weights == {"sales_amount": 40} for season in seasons)


@pytest.mark.parametrize(
    ("name", "reward"),
    [("business", ("sales_amount", "0.10", "0.02")), ("design", ("page_conversion", "0.10", "0.03"))],
)
def test_beating_the_target_by_a_tenth_raises_the_reward(name: str, reward: tuple[str, str, str]) -> None:
    (found,) = schemes()[name].rewards
    assert (found.indicator, found.over_target, found.raise_by) == (reward[0], Decimal(reward[1]), Decimal(reward[2]))


@pytest.mark.parametrize("name", ["customer_service", "business", "logistics"])
def test_the_first_three_departments_score_on_partial_data(name: str) -> None:
    assert {item.missing for item in schemes()[name].items} == {"exclude"}


def test_finance_waits_for_its_tax_filings() -> None:
    missing = {item.indicator: item.missing for item in schemes()["finance"].items}
    assert missing["tax_compliance"] == "block"


def test_the_kinds_of_grading_and_bonus_are_all_shown() -> None:
    assert [name for name in SCHEMES if isinstance(schemes()[name].grades, Quota)] == ["operations"]
    assert {schemes()[name].bonus.kind for name in SCHEMES} == {"by_score", "by_grade", "mixed"}
    assert schemes()["design"].cycle == "quarter"


# Finding them, and being told the nearest name


@pytest.mark.parametrize("name", ["customer-service", "customer_service", "客服部", "Customer service"])
def test_schemes_are_found_by_id_and_by_name(name: str) -> None:
    assert find_scheme(name).id == "customer_service"


def test_an_unknown_scheme_suggests_the_nearest() -> None:
    with pytest.raises(Refusal, match="Did you mean logistics"):
        find_scheme("logistic")


def test_an_unknown_indicator_suggests_the_nearest() -> None:
    with pytest.raises(Refusal, match=r"Did you mean.*damage_rate"):
        indicator("damage_rat")


def test_a_scheme_with_a_misspelt_indicator_suggests_the_nearest() -> None:
    text = (FOLDER / "schemes/logistics.yaml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"logistics.yaml: .*Did you mean.*damage_rate"):
        parse(text.replace("indicator: damage_rate", "indicator: damage_rat"), Scheme, origin="logistics.yaml")


# The traps that the formulas were written around


class OneFile:
    """A single fact in a single file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self, fact: str, start: date | None, end: date) -> list[str]:
        return [str(self.path)]


def value_of(name: str, rows: Iterable[dict[str, Any]], folder: Path) -> Decimal | None:
    """The indicator for 小林 in November 2026, over rows that all are his unless they say otherwise."""
    one = indicator(name)
    (fact,) = one.measure.facts()
    schema = arrow_schema(fact)
    at = datetime(2026, 11, 5, 10, 0)
    facts = [
        {"fact_id": str(number), "employee": "小林", "month": "2026-11", "occurred_at": at} | row
        for number, row in enumerate(rows)
    ]
    path = folder / "facts.parquet"
    pq.write_table(pa.Table.from_pylist(facts, schema=schema), path)
    engine = DuckEngine([folder])
    try:
        tally = measure(engine, OneFile(path), [one], period(date(2026, 11, 1), date(2026, 12, 1)))
    finally:
        engine.close()
    return tally.reading(one, ("小林", 0)).value


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 5, hour, minute)


WHOLE = {"damaged": False, "returned": False}


def test_damage_on_return_counts(tmp_path: Path) -> None:
    broken = {"damaged": False, "returned": True, "return_damaged": True}
    assert value_of("damage_rate", [WHOLE, WHOLE, WHOLE, broken], tmp_path) == Decimal("0.25")


def test_a_return_not_yet_inspected_is_left_out_and_not_called_whole(tmp_path: Path) -> None:
    waiting = {"damaged": False, "returned": True}
    assert value_of("damage_rate", [WHOLE, {**WHOLE, "damaged": True}, waiting], tmp_path) == Decimal("0.5")


def test_without_any_word_on_returns_the_damage_rate_is_missing(tmp_path: Path) -> None:
    assert value_of("damage_rate", [{"damaged": False}, {"damaged": True}], tmp_path) is None


def test_a_session_counts_by_the_hour_in_which_it_starts(tmp_path: Path) -> None:
    quick, slow = {"first_reply_ms": 12_000}, {"first_reply_ms": 45_000}
    rows = [
        {**quick, "occurred_at": at(9)},
        {**slow, "occurred_at": at(22, 59)},
        {**quick, "occurred_at": at(8, 59)},
        {**quick, "occurred_at": at(23)},
    ]
    assert value_of("thirty_second_reply_rate", rows, tmp_path) == Decimal("0.5")


def test_an_unanswered_session_fails_the_30_seconds_and_a_message_left_does_not(tmp_path: Path) -> None:
    rows = [
        {"first_reply_ms": 30_000, "answered": True},
        {"answered": False},
        {"answered": False, "offline_message": True},
    ]
    assert value_of("thirty_second_reply_rate", rows, tmp_path) == Decimal("0.5")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("thirty_second_reply_rate", {"answered": False}),
        ("three_minute_reply_rate", {"answered": False}),
        ("feige_three_minute_rate", {"answered": False}),
        ("rating_participation_rate", {"answered": True}),
        ("repeat_complaint_rate", {"complaint": True}),
        ("resolution_rate", {"answered": True}),
        ("inquiry_conversion_rate", {"presale": True}),
        ("undelivered_rate", {"freight": Decimal("6.00")}),
        ("on_time_delivery_rate", {"promised_at": at(12)}),
        ("gross_margin", {"amount": Decimal("100.00")}),
        ("refund_rate", {"amount": Decimal("100.00")}),
        ("statement_accuracy", {"entries": 200}),
        ("statement_on_time_rate", {"entries": 200}),
        ("tax_on_time_rate", {"compliant": True}),
        ("budget_execution_rate", {"budget": Decimal("100.00")}),
        ("training_effect", {"attended": False}),
        ("hiring_completion", {"planned": 3}),
        ("page_conversion", {"page_visitors": 900}),
        ("interaction_rate", {"reads": 900}),
        ("follow_up_visit_share", {"member": "M1"}),
    ],
)
def test_a_column_that_nobody_filled_is_missing_and_never_zero(name: str, row: dict[str, Any], tmp_path: Path) -> None:
    assert value_of(name, [row, row], tmp_path) is None


def test_the_feige_rate_looks_at_the_mean_wait_of_the_session(tmp_path: Path) -> None:
    kept, broken = {"reply_turns": 3, "reply_wait_ms": 540_000}, {"reply_turns": 3, "reply_wait_ms": 540_001}
    assert value_of("feige_three_minute_rate", [kept, broken], tmp_path) == Decimal("0.5")


def test_automatic_replies_do_not_make_a_fast_agent(tmp_path: Path) -> None:
    rows = [{"first_reply_ms": 500, "auto_reply": True}, {"first_reply_ms": 40_000, "auto_reply": False}]
    assert value_of("response_time", rows, tmp_path) == 40


def test_overspending_and_underspending_do_not_cancel_out(tmp_path: Path) -> None:
    rows = [
        {"budget": Decimal("100.00"), "actual": Decimal("120.00")},
        {"budget": Decimal("100.00"), "actual": Decimal("80.00")},
    ]
    assert value_of("budget_execution_rate", rows, tmp_path) == Decimal("0.8")
    assert value_of("budget_use_rate", rows, tmp_path) == 1


def test_absence_from_a_course_counts_as_not_passed(tmp_path: Path) -> None:
    rows = [{"attended": True, "passed": True}, {"attended": False}, {"attended": True}]
    assert value_of("training_effect", rows, tmp_path) == Decimal("0.5")


def test_a_full_refund_takes_its_cost_along(tmp_path: Path) -> None:
    rows = [
        {"amount": Decimal("100.00"), "cost": Decimal("70.00")},
        {"amount": Decimal("50.00"), "cost": Decimal("40.00"), "refund": Decimal("50.00")},
    ]
    assert value_of("gross_margin", rows, tmp_path) == Decimal("0.3")
    assert value_of("sales_amount", rows, tmp_path) == 100


def test_original_content_weighs_one_and_a_half(tmp_path: Path) -> None:
    rows = [
        {"reads": 1000, "interactions": 60, "origin": "原创"},
        {"reads": 1000, "likes": 10, "comments": 5, "shares": 5, "origin": "转载"},
    ]
    assert value_of("interaction_rate", rows, tmp_path) == Decimal("0.044")
    assert value_of("plain_interaction_rate", rows, tmp_path) == Decimal("0.04")


def test_members_weigh_by_how_often_they_came_among_those_active(tmp_path: Path) -> None:
    visits = ["M1", "M2", "M2", "M3", "M3", "M3", "M3"]
    rows = [{"member": member} for member in visits]
    rows += [
        {"member": "M4", "occurred_at": datetime(2026, 8, 1)},
        {"member": "M5", "occurred_at": datetime(2026, 1, 1)},
    ]
    assert value_of("member_visit_rate", rows, tmp_path) == Decimal("0.925")
    assert value_of("active_member_visit_rate", rows, tmp_path) == Decimal("0.75")
    assert value_of("overall_member_visit_rate", rows, tmp_path) == Decimal("0.6")


def test_retention_counts_the_opening_headcount_and_who_joined(tmp_path: Path) -> None:
    before = datetime(2026, 3, 1)
    rows = [
        {"joined": 50, "departed": 2, "occurred_at": before},
        {"joined": 2, "departed": 0},
        {"joined": 0, "departed": 5},
    ]
    assert value_of("employee_retention", rows, tmp_path) == Decimal("0.9")
    assert value_of("turnover_rate", rows, tmp_path) == Decimal("0.107527")


def test_a_design_cycle_is_in_days(tmp_path: Path) -> None:
    assert value_of(
        "design_cycle", [{"turnaround_ms": 86_400_000}, {"turnaround_ms": 172_800_000}], tmp_path
    ) == Decimal("1.5")


def test_points_are_zero_for_who_has_none_while_others_do(tmp_path: Path) -> None:
    rows = [{"employee": "小周", "nature": "加分", "points": Decimal("3.0000")}]
    assert value_of("merit_points", rows, tmp_path) == 0
    assert value_of("veto_count", rows, tmp_path) == 0


def test_demerits_count_by_their_size_whatever_their_sign(tmp_path: Path) -> None:
    rows = [{"nature": "扣分", "points": Decimal("-2.0000")}, {"nature": "扣分", "points": Decimal("1.5000")}]
    assert value_of("demerit_points", rows, tmp_path) == Decimal("3.5")
