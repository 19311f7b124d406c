"""The mapping file: fields made of columns, of other files, on days of other columns."""

from datetime import datetime
from pathlib import Path

import pytest

from fenming.library.files import DefinitionError
from fenming.library.text import Refusal
from fenming.pipeline.reading import load_mapping

ITEMS = ["order,item,seller,fee", "A,1,甲,5", "A,2,乙,6", "B,1,甲,7"]
ORDERS = ["order,shipped,promised", "A,2026-11-03 09:00:00,2026-11-05", "C,2026-11-03 09:00:00,2026-11-05"]
PARCELS = """
facts:
  - file: items*.csv
    fact: parcel
    lookup: [{file: orders.csv, on: order%s}]
    columns: {parcel: [order, item], employee: seller, freight: fee, occurred_at: shipped, promised_at: promised}
    constants: {platform: own, complaint: false}
ignore: [notes.csv]
"""


@pytest.fixture
def mapping(tmp_path: Path):
    def make(text: str):
        path = tmp_path / "mapping.yaml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)

    return make


def test_a_lookup_brings_columns_and_unmatched_rows_are_listed(tmp_path, text_file, reading, mapping):
    text_file(ITEMS, name="d/items_1.csv")
    text_file(ORDERS, name="d/orders.csv")
    text_file(["x"], name="d/notes.csv")
    read = reading(tmp_path / "d", mapping=mapping(PARCELS % ""))
    assert read.column("fact_id", "parcel") == ["parcel:A-1", "parcel:A-2"]
    assert read.column("promised_at", "parcel") == [datetime(2026, 11, 5)] * 2
    assert read.column("complaint", "parcel") == [False, False]
    assert [(one.code, one.row, one.value) for one in read.loaded.rejected] == [("lookup_unmatched", 4, "B")]


def test_a_lookup_that_would_multiply_rows_is_refused(tmp_path, text_file, reading, mapping):
    text_file(ITEMS, name="d/items_1.csv")
    text_file([*ORDERS, "A,2026-11-04 09:00:00,2026-11-05"], name="d/orders.csv")
    read = reading(tmp_path / "d", mapping=mapping(PARCELS % ""))
    assert read.codes == ["lookup_not_unique"]
    assert read.loaded.tables == {}


def test_a_lookup_file_that_is_not_there_is_named(tmp_path, text_file, reading, mapping):
    text_file(ITEMS, name="d/items_1.csv")
    assert reading(tmp_path / "d", mapping=mapping(PARCELS % "")).codes == ["unreadable_file"]


def test_a_lookup_may_be_optional(tmp_path, text_file, reading, mapping):
    text_file(ITEMS, name="d/items_1.csv")
    text_file(ORDERS, name="d/orders.csv")
    read = reading(tmp_path / "d", mapping=mapping(PARCELS % ", required: false"))
    assert read.codes == ["no_time"]


CALLS = """
facts:
  - file: calls.csv
    fact: service_session
    columns:
      session: id
      employee: who
      occurred_at: {column: clock, on_day_of: day, format: "%y%m%d"}
      handle_ms: {column: length, unit: min}
      member: customer
    where: {outcome: [AGENT, DONE], who: {not: NOBODY}}
    missing: {member: [0]}
"""


def test_a_clock_on_a_day_filters_units_and_words_for_no_value(text_file, reading, mapping):
    lines = [
        "id,who,day,clock,length,customer,outcome",
        "1,甲,261103,7:02:55,2,0,AGENT",
        "2,NOBODY,261103,7:02:55,2,7,AGENT",
        "3,乙,261103,23:59:59,0,8,DONE",
        "4,乙,261103,8:00:00,1,9,HANG",
    ]
    read = reading(text_file(lines, name="calls.csv"), mapping=mapping(CALLS))
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 7, 2, 55), datetime(2026, 11, 3, 23, 59, 59)]
    assert read.column("handle_ms") == [120_000, 0]
    assert read.column("member") == [None, "8"]
    assert read.codes == []


def test_a_column_that_is_not_there_is_answered_with_the_nearest(text_file, reading, mapping):
    read = reading(
        text_file(["id,who,day,clocks,length,customer,outcome", "1,甲,261103,7:02,2,0,AGENT"], name="calls.csv"),
        mapping=mapping(CALLS),
    )
    [one] = read.loaded.rejected
    assert one.code == "missing_columns"
    assert "clocks" in one.remedy.en


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("employee: who", "employe: who"), "Did you mean employee"),
        (("fact: service_session", "fact: service_sesion"), "service_session"),
        (("where:", "were:"), "were"),
        (('      occurred_at: {column: clock, on_day_of: day, format: "%y%m%d"}\n', ""), "occurred_at"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(mapping, change, match):
    with pytest.raises((DefinitionError, Refusal), match=match):
        mapping(CALLS.replace(*change))
