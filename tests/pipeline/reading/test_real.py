"""Files that nobody here made, read as they are. Expected figures were counted from the raw files by other means."""

from pathlib import Path

import polars as pl
import pytest

from fenming.pipeline.reading import load_mapping

pytestmark = pytest.mark.real

MAPPINGS = Path(__file__).parent / "mappings"


def test_calls_of_a_workbook_without_any_mapping(real, reading):
    read = reading(real / "pwc_call_center" / "Call-Center-Dataset.xlsx")
    calls = read.facts()
    assert read.codes == []
    assert (calls.height, calls["answered"].sum(), calls["resolved"].sum()) == (5000, 4054, 3646)
    assert calls["rating"].count() == calls["handle_ms"].count() == 4054
    assert round(calls["rating"].sum() / 4054, 2) == 3.40
    assert round(calls["first_reply_ms"].sum() / calls["first_reply_ms"].count() / 1000, 1) == 67.5
    assert calls["repeat_complaint"].null_count() == 5000
    assert calls["employee"].n_unique() == 8


def test_deals_with_and_without_a_mapping(real, reading):
    path = real / "olist" / "olist_closed_deals_dataset.csv"
    raw = pl.read_csv(path)
    for options in ({}, {"mapping": load_mapping(MAPPINGS / "olist.yaml")}):
        deals = reading(path, **options).facts("customer")
        assert deals.height == raw.height == 842
        assert sorted(deals["employee"]) == sorted(raw["sr_id"])


def test_parcels_from_items_and_orders(real, reading):
    folder = real / "olist" / "sample10k"
    read = reading(folder, mapping=load_mapping(MAPPINGS / "olist.yaml"))
    parcels, raw = read.facts("parcel"), pl.read_csv(folder / "olist_order_items_dataset.csv", infer_schema=False)
    assert parcels.height == raw.height
    assert parcels["freight"].sum() == raw["freight_value"].cast(pl.Decimal(18, 2)).sum()
    assert parcels["promised_at"].null_count() == 0
    assert read.codes == []


def test_calls_of_a_bank(real, reading):
    path = real / "technion_bank" / "calls_1999_02_01_to_14.parquet"
    calls = reading(path, mapping=load_mapping(MAPPINGS / "technion.yaml")).facts()
    raw = pl.read_parquet(path).filter((pl.col("outcome") == "AGENT") & (pl.col("server") != "NO_SERVER"))
    assert calls.height == raw.height
    assert calls["handle_ms"].sum() == raw["ser_time"].sum() * 1000
    assert calls["first_reply_ms"].sum() == raw["q_time"].sum() * 1000
    assert calls["account"].unique().to_list() == ["bank"]
    assert calls["member"].null_count() == raw["customer_id"].fill_null(0).eq(0).sum()


def test_orders_of_tmall(real, reading):
    path = real / "tmall_orders" / "tmall_order_report.csv"
    read = reading(path)
    raw = pl.read_csv(path, infer_schema=False)
    paid = raw.filter(pl.col("订单付款时间").is_not_null())
    orders = read.facts("order_line")
    assert orders.height == paid.height == 24_087
    assert set(read.codes) == {"no_time"}
    assert orders["amount"].sum() == paid["买家实际支付金额"].cast(pl.Decimal(18, 2)).sum()
    assert orders.filter(pl.col("refund") > 0).height == 5646


def test_tills_of_two_supermarkets(real, reading):
    sales = reading(real / "supermarket_cn" / "营业额数据.xlsx")
    assert sales.facts("order_line").height == 257
    assert sales.column("employee", "order_line")[0] == "1001"
    assert sales.codes == ["people_table"]
    tills = reading(real / "supermarket_cn" / "超市销售记录数据.xls")
    assert tills.facts("order_line").height == 200
    assert set(tills.codes) == {"no_time"}


def test_baskets_are_not_mistaken_for_visits(real, reading):
    read = reading(real / "completejourney" / "transactions_weeks_1_39.parquet")
    assert read.codes == ["key_repeats"]
    assert read.loaded.tables == {}
