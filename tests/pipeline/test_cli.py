"""What a person gets who calls the command wrongly: a word, not a traceback, and nothing half-written."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fenming.cli import main

SESSIONS = """会话编号,客服,开始时间,首次响应时长（秒),是否解决,满意度
1,王芳,2026-10-01 09:00:00,12,是,5
2,李娜,2026-10-01 09:05:00,40,否,3
3,王芳,2026-10-02 10:00:00,８,是,暂无数据
4,李娜,2026-10-02 10:30:00,-5,是,4
汇总值,,,,,
"""


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    path = tmp_path / "会话.csv"
    path.write_bytes(SESSIONS.encode("gb18030"))
    return path


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sessions: Path, tmp_path: Path):
    """Call ``fenming score`` and return what it says when it refuses."""

    def call(*words: object, scheme: object = "customer_service") -> str:
        out = tmp_path / "out" / "r.json"
        argv = ["fenming", "score", "--facts", sessions, "--scheme", scheme, "--out", out, *words]
        monkeypatch.setattr("sys.argv", [str(word) for word in argv])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        assert not out.exists()
        assert not out.with_name("r.evidence").exists()
        return " ".join(capsys.readouterr().err.replace("│", " ").split())

    return call


def scheme_with(tmp_path: Path, **changes: Any) -> Path:
    words = {"zh": "试", "en": "try"}
    curve = {"kind": "target", "floor": 3, "target": 4}
    own = {
        "id": "own", "valid_from": "2026-01-01", "name": words, "about": words, "formula": words, "unit": words,
        "direction": "higher", "departments": ["customer_service"], "data_source": words, "collection": words,
        "pitfalls": words, "reference": "ours",
        "measure": {
            "kind": "ratio", "fact": "service_session", "numerator": changes.pop("numerator", "count(*)"),
            "denominator": "count(*)",
        },
    }  # fmt: skip
    weights = changes.pop("weights", (60, 40))
    scheme = {
        "id": "mine", "valid_from": "2026-01-01", "name": words, "about": words, "department": "customer_service",
        "items": [
            {"indicator": name, "weight": weight, "curve": curve, "basis": words}
            for name, weight in zip(("satisfaction_score", "own"), weights, strict=True)
        ],
        "grades": {"kind": "bands", "bands": [{"grade": "A", "at_least": 90}, {"grade": "B", "at_least": 0}]},
        "bonus": {"kind": "by_score"},
        "indicators": {"own": own},
        **changes,
    }  # fmt: skip
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(scheme, allow_unicode=True), encoding="utf-8")
    return path


def test_a_misspelt_scheme_gets_a_suggestion(refused: Any) -> None:
    assert "Did you mean customer_service" in refused(scheme="customer_servce")


def test_a_period_without_data_names_the_time_that_has_some(refused: Any) -> None:
    assert "those in the files are of 2026-10-01..2026-10-02" in refused("--period", "2027-03")


def test_a_period_that_is_none_lists_the_forms(refused: Any) -> None:
    assert "2026-Q4" in refused("--period", "last month")


def test_a_pool_of_zero_is_refused(refused: Any) -> None:
    assert "above zero" in refused("--pool", "0")


def test_a_scheme_that_nobody_matches_says_what_it_reads_and_what_there_is(refused: Any) -> None:
    said = refused(scheme="logistics")
    assert "matches nobody" in said
    assert "parcel" in said
    assert "service_session" in said


def test_an_unknown_column_and_an_unknown_field_get_suggestions(refused: Any) -> None:
    assert "Did you mean 客服" in refused("--map", "客服人=employee")
    assert "Did you mean employee" in refused("--map", "客服=employe")


def test_weights_that_do_not_sum_say_by_how_much(refused: Any, tmp_path: Path) -> None:
    assert "sum to 90" in refused(scheme=scheme_with(tmp_path, weights=(60, 30)))


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("handle_ms", "not an aggregate"),
        ("sum(read_csv('/etc/passwd'))", "not allowed"),
        ("sum(handle_ms) / count(*)", "Formulas do not divide"),
        ("sum(handle_m)", "Did you mean handle_ms"),
        ("max(occurred_at)", "whole number or a decimal"),
    ],
)
def test_a_formula_that_cannot_be_names_its_indicator_and_the_remedy(
    refused: Any, tmp_path: Path, formula: str, said: str
) -> None:
    told = refused(scheme=scheme_with(tmp_path, numerator=formula))
    assert "Indicator “own”" in told
    assert said in told


def test_a_misspelt_key_in_a_scheme_file_is_named(refused: Any, tmp_path: Path) -> None:
    assert "cycel" in refused(scheme=scheme_with(tmp_path, cycel="month"))


def test_an_unknown_result_format_is_refused_before_reading(refused: Any, tmp_path: Path) -> None:
    assert ".xlsx, .json or .parquet" in refused("--out", tmp_path / "out" / "r.pdf")


def test_good_rows_go_on_and_bad_rows_are_listed(
    monkeypatch: pytest.MonkeyPatch, sessions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r.json"
    argv = ["fenming", "score", "-f", sessions, "-s", "customer_service", "-o", out, "--pool", "100"]
    monkeypatch.setattr("sys.argv", [str(word) for word in argv])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert {person["person"] for person in found["people"]} == {"王芳", "李娜"}
    listed = {(one["row"], one["field"]) for one in found["rejected"]}
    assert (5, "first_reply_ms") in listed
    assert any(row == 6 for row, _ in listed)
    lines = {line["indicator"]: line for line in found["people"][0]["indicators"]}
    assert lines["response_time"]["missing"] is None
    wang = next(person for person in found["people"] if person["person"] == "王芳")
    assert next(line for line in wang["indicators"] if line["indicator"] == "response_time")["value"] == "10"


SHARED = """会话编号,平台,客服账号,客服,客服标签,开始时间,首次响应时长（秒),是否解决,满意度
1,京东,京东01,,,2026-10-01 09:10:00,12,是,5
2,京东,京东01,,李娜,2026-10-01 09:20:00,40,是,4
3,京东,京东01,,,2026-10-01 23:30:00,20,否,3
4,京东,京东01,,,2026-10-02 05:00:00,20,否,3
5,天猫,天猫-1,王芳,,2026-10-01 10:00:00,10,是,5
"""
ROSTER = """员工,账号,开始,结束
王芳,京东01,2026-10-01 09:00,2026-10-01 17:00
李娜,京东01,2026-10-01 09:00,2026-10-01 13:00
李娜,京东01,2026-10-01 22:00,2026-10-02 02:00
"""


def test_shared_accounts_are_credited_by_name_then_tag_then_roster_and_the_rest_stays_unassigned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    facts, roster, out = tmp_path / "共用.csv", tmp_path / "排班.csv", tmp_path / "r.json"
    facts.write_text(SHARED, encoding="utf-8-sig")
    roster.write_text(ROSTER, encoding="utf-8-sig")
    argv = ["fenming", "score", "-f", facts, "-s", "customer_service", "--roster", roster, "-o", out]
    monkeypatch.setattr("sys.argv", [str(word) for word in argv])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    rated = {
        person["person"]: next(
            line["denominator"] for line in person["indicators"] if line["indicator"] == "satisfaction_score"
        )
        for person in found["people"]
    }
    # 王芳: own one and half of the first; 李娜: the tagged one, half of the first, the night's.
    assert rated == {"王芳": "1.5", "李娜": "2.5"}
    assert found["run"]["unassigned"] == {"service_session": "1"}
