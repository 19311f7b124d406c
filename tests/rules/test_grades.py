from decimal import Decimal
from typing import Any

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from fenming.rules.grades import Band, Bands, Grading, Quota, grade, ranks

D = Decimal
GRADING: TypeAdapter[Grading] = TypeAdapter(Grading)
BANDS = Bands(bands=(Band(grade="A", at_least=D(60)), Band(grade="C", at_least=D(0))))
QUOTA = Quota(shares={"A": D("0.2"), "B": D("0.7"), "C": D("0.1")}, otherwise=BANDS, small_group=3)
TOTALS = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 9).map(Decimal), min_size=3, max_size=20)


@pytest.mark.parametrize("case", golden.load("grades"), ids=golden.title)
def test_golden_grades(case: dict[str, Any]) -> None:
    found = grade(GRADING.validate_python(case["rule"]), case["totals"], at_best=case.get("at_best"))
    assert {person: graded.grade for person, graded in found.items()} == case["expect"]


@given(TOTALS)
def test_ties_are_never_split_and_better_totals_never_get_worse_grades(totals: dict[str, Decimal]) -> None:
    letters = {person: graded.grade for person, graded in grade(QUOTA, totals).items()}
    for one in totals:
        for other in totals:
            if totals[one] == totals[other]:
                assert letters[one] == letters[other]
            if totals[one] > totals[other]:
                assert str(letters[one]) <= str(letters[other])


@given(st.sets(st.integers(0, 1000), min_size=10, max_size=10))
def test_without_ties_the_quota_is_met_exactly(values: set[int]) -> None:
    letters = [graded.grade for graded in grade(QUOTA, {str(value): D(value) for value in values}).values()]
    assert sorted(map(str, letters)) == ["A"] * 2 + ["B"] * 7 + ["C"]


def test_ranking_is_1_1_3_and_leaves_out_who_has_no_total() -> None:
    assert ranks({"a": D(5), "b": None, "c": D(9), "d": D(9)}) == {"a": 3, "b": None, "c": 1, "d": 1}


def test_a_total_below_0_gets_the_lowest_grade() -> None:
    assert grade(BANDS, {"a": D(-1)})["a"].grade == "C"


def test_a_veto_to_an_unknown_grade_is_refused() -> None:
    with pytest.raises(ValueError, match="no grade 'X'"):
        grade(BANDS, {"a": D(1)}, at_best={"a": "X"})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "bands", "bands": []}, "last band must have at_least 0"),
        ({"kind": "bands", "bands": [{"grade": "A", "at_least": 60}]}, "last band must have at_least 0"),
        (
            {"kind": "bands", "bands": [{"grade": "C", "at_least": 0}, {"grade": "A", "at_least": 0}]},
            "best grade first",
        ),
        ({"kind": "bands", "bands": [{"grade": "A", "at_least": 9}, {"grade": "A", "at_least": 0}]}, "appears twice"),
        ({"kind": "quota", "shares": {"A": 0.5}, "otherwise": {"bands": [{"grade": "A", "at_least": 0}]}}, "sum to 1"),
        ({"kind": "quota", "shares": {"A": 1}, "otherwise": {"bands": [{"grade": "Z", "at_least": 0}]}}, "no share"),
    ],
)
def test_grading_nobody_could_explain_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        GRADING.validate_python(rule)
