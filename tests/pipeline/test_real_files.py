"""The command line on real files, from the export to the last fen."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fenming.cli import main

MAPPINGS = Path(__file__).parent / "reading" / "mappings"
pytestmark = pytest.mark.real


@pytest.fixture
def fenming(monkeypatch: pytest.MonkeyPatch):
    def call(*words: object) -> None:
        monkeypatch.setattr("sys.argv", ["fenming", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 0

    return call


def scored(fenming: Any, out: Path, *words: object) -> dict[str, Any]:
    fenming("score", *words, "--out", out)
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture
def calls(fenming: Any, real: Path, tmp_path: Path) -> dict[str, Any]:
    file = real / "pwc_call_center" / "Call-Center-Dataset.xlsx"
    return scored(fenming, tmp_path / "r.json", "--facts", file, "--scheme", "customer-service", "--pool", "8000")


def total(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in result["totals"] if one["indicator"] == name)


def test_the_call_centre_totals_are_those_of_the_file(calls: dict[str, Any]) -> None:
    assert total(calls, "answered_sessions")["value"] == "4054"
    assert total(calls, "resolved_sessions")["value"] == "3646"
    assert Decimal(total(calls, "satisfaction_score")["value"]).quantize(Decimal("0.01")) == Decimal("3.40")
    assert Decimal(total(calls, "response_time")["value"]).quantize(Decimal("0.1")) == Decimal("67.5")


def test_the_call_centre_gives_eight_cards_and_an_exact_split(calls: dict[str, Any]) -> None:
    assert len(calls["people"]) == 8
    assert sum(Decimal(person["bonus"]) for person in calls["people"]) == Decimal("8000.00")


def test_missing_repeat_complaints_are_excluded_and_the_rest_renormalised_in_sight(calls: dict[str, Any]) -> None:
    for person in calls["people"]:
        lines = {line["indicator"]: line for line in person["indicators"]}
        absent = lines["repeat_complaint_rate"]
        assert (absent["value"], absent["score"], absent["missing"]) == (None, None, "not_supplied")
        assert absent["planned_weight"] == "15"
        assert sum(Decimal(line["weight"]) for line in lines.values()) == 100
        assert any("repeat_complaint_rate" in told for told in person["because"]["en"])


def test_counts_of_fields_that_the_file_does_not_have_are_missing_not_zero(calls: dict[str, Any]) -> None:
    for name in ("presale_inquiries", "inquiring_buyers", "quality_score", "transfer_rate"):
        assert total(calls, name)["value"] is None


@pytest.mark.parametrize("ending", ["json", "xlsx", "parquet"])
def test_scoring_again_from_the_evidence_gives_the_same_bytes(
    fenming: Any, real: Path, tmp_path: Path, ending: str
) -> None:
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    file = real / "pwc_call_center" / "Call-Center-Dataset.xlsx"
    fenming("score", "--facts", file, "--scheme", "客服部", "--pool", "8000", "--out", first)
    fenming("rescore", first, "--out", second)
    assert first.read_bytes() == second.read_bytes()


def test_a_number_is_explained_down_to_the_row_of_the_sheet(
    fenming: Any, calls: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    fenming("explain", tmp_path / "r.json", "--person", "Stewart", "--indicator", "response_time", "--limit", "3")
    told = capsys.readouterr().out
    assert "31570000 ÷ 477" in told
    assert "105" in told
    assert "Sheet1" in told


@pytest.fixture
def bank_roster(real: Path, tmp_path: Path) -> Path:
    """Each agent's first to last call of the day."""
    calls = pl.read_parquet(real / "technion_bank" / "calls_1999_02_01_to_14.parquet")
    served = calls.filter((pl.col("outcome") == "AGENT") & (pl.col("server") != "NO_SERVER"))
    began = pl.col("date").cast(pl.String) + " " + pl.col("ser_start").str.zfill(8)
    times = served.with_columns(began.str.strptime(pl.Datetime, "%y%m%d %H:%M:%S").alias("at"))
    shifts = times.group_by("date", "server").agg(
        pl.col("at").min().alias("start"), (pl.col("at").max() + timedelta(seconds=1)).alias("end")
    )
    columns = (pl.col("server").alias("person"), pl.lit("bank").alias("account"), "start", "end")
    path = tmp_path / "roster.csv"
    shifts.select(*columns).sort("start", "person").write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
    return path


@pytest.mark.parametrize(("method", "error_max"), [("equal", "0.27"), ("minutes", "0.35")])
def test_the_bank_with_agents_hidden_attributes_every_call_and_states_its_error(
    fenming: Any, real: Path, tmp_path: Path, bank_roster: Path, method: str, error_max: str
) -> None:
    out = tmp_path / "shares.json"
    fenming(
        "attribute", "--facts", real / "technion_bank" / "calls_1999_02_01_to_14.parquet", "--mapping",
        MAPPINGS / "technion.yaml", "--roster", bank_roster, "--method", method, "--out", out,
    )  # fmt: skip
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["unassigned"] == "0"
    assert sum(Decimal(one["attributed"]) for one in found["people"]) == Decimal(found["total"]) == 14130
    assert Decimal("0.1") < Decimal(found["error"]) < Decimal(error_max)


def test_sellers_are_scored_on_punctuality_and_freight(fenming: Any, real: Path, tmp_path: Path) -> None:
    folder, mapping = real / "olist" / "sample10k", MAPPINGS / "olist.yaml"
    found = scored(fenming, tmp_path / "sellers.json", "--facts", folder, "--mapping", mapping, "--scheme", "logistics")
    items = pl.read_csv(folder / "olist_order_items_dataset.csv")
    assert len(found["people"]) == items["seller_id"].n_unique()
    scored_lines = {line["indicator"] for line in found["people"][0]["indicators"] if line["score"] is not None}
    assert scored_lines == {"on_time_delivery_rate", "unit_delivery_cost"}
    freight = sum((Decimal(str(value)) for value in items["freight_value"]), Decimal(0))
    assert Decimal(total(found, "unit_delivery_cost")["numerator"]) == freight


def test_sales_reps_are_scored_on_new_customers_and_the_rest_is_missing(
    fenming: Any, real: Path, tmp_path: Path
) -> None:
    file = real / "olist" / "olist_closed_deals_dataset.csv"
    words = ("--facts", file, "--mapping", MAPPINGS / "olist.yaml", "--scheme", "business")
    found = scored(fenming, tmp_path / "reps.json", *words)
    assert len(found["people"]) == 22
    assert total(found, "new_customers")["value"] == "842"
    for person in found["people"]:
        lines = {line["indicator"]: line for line in person["indicators"]}
        assert lines.pop("new_customers")["weight"] == "100"
        assert {line["missing"] for line in lines.values()} == {"no_facts"}
