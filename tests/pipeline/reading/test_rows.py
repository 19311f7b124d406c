"""Which rows are facts: totals, blanks, repeats, and times put together from several places."""

from datetime import datetime

import pytest

HEADER = "会话编号,客服,会话开始时间,处理时长"


@pytest.mark.parametrize(
    "word",
    [
        "汇总",
        "均值",
        "汇总值",
        "平均值",
        "合计",
        "总计",
        "小计",
        "全店汇总值",
        "全店平均值",
        "同行同层优秀",
        "同行同层均值",
        "店铺汇总值",
        "合 计".replace(" ", ""),
        "合计：",
    ],
)
def test_rows_of_totals_are_skipped_and_listed(text_file, reading, word):
    lines = ["客服,会话编号,会话开始时间,处理时长", "阿芳,S1,2026-11-03 09:00:00,10", f"{word},,,10"]
    read = reading(text_file(lines))
    assert read.column("session") == ["S1"]
    assert [(one.code, one.row, one.value) for one in read.loaded.rejected] == [("summary_row", 3, word)]


def test_a_person_whose_name_only_contains_such_a_word_is_kept(text_file, reading):
    assert reading(text_file([HEADER, "S1,总明,2026-11-03 09:00:00,1"])).column("employee") == ["总明"]


def test_an_empty_day_of_an_export_is_no_row(text_file, reading):
    read = reading(text_file([HEADER, "暂无数据,-,-,-"]))
    assert read.facts().is_empty()
    assert read.codes == []


def test_an_equal_row_is_a_duplicate_and_the_first_is_kept(text_file, reading):
    row = "S1,阿芳,2026-11-03 09:00:00,10"
    read = reading(text_file([HEADER, row, "S2,阿芳,2026-11-03 09:00:00,10", row]))
    assert read.column("source_row") == [2, 3]
    [one] = read.loaded.rejected
    assert (one.code, one.row) == ("duplicate", 4)
    assert "row 2" in one.reason.en


def test_a_later_row_with_the_same_key_supersedes_the_earlier(text_file, reading):
    read = reading(text_file([HEADER, "S1,阿芳,2026-11-03 09:00:00,10", "S1,阿芳,2026-11-03 09:00:00,20"]))
    assert read.column("handle_ms") == [20_000]
    assert [(one.code, one.row) for one in read.loaded.rejected] == [("superseded", 2)]


def test_a_change_that_is_changed_back_keeps_the_last(text_file, reading):
    rows = [f"S1,阿芳,2026-11-03 09:00:00,{length}" for length in (10, 20, 10, 10)]
    read = reading(text_file([HEADER, *rows]))
    assert read.column("source_row") == [4]
    assert [(one.code, one.row) for one in read.loaded.rejected] == [
        ("superseded", 2),
        ("superseded", 3),
        ("duplicate", 5),
    ]


def test_overlapping_exports_do_not_count_twice(tmp_path, text_file, reading):
    rows = [f"S{n},阿芳,2026-11-0{n} 09:00:00,10" for n in range(1, 5)]
    text_file([HEADER, *rows[:3]], name="导出/1.csv")
    text_file([HEADER, *rows[1:]], name="导出/2.csv")
    read = reading(tmp_path / "导出")
    assert sorted(read.column("session")) == ["S1", "S2", "S3", "S4"]
    assert read.codes == ["duplicate", "duplicate"]
    assert "1.csv" in read.loaded.rejected[0].reason.en


def test_equal_rows_without_a_key_are_different_facts_in_one_file_and_the_same_in_two(tmp_path, text_file, reading):
    lines = ["工号,日期,交易额,柜台", "1001,2026-11-03,5,食品", "1001,2026-11-03,5,食品"]
    text_file(lines, name="导出/1.csv")
    first = reading(tmp_path / "导出")
    assert first.facts("order_line").height == 2
    assert len(set(first.column("fact_id", "order_line"))) == 2
    text_file(lines, name="导出/2.csv")
    again = reading(tmp_path / "导出")
    assert again.column("fact_id", "order_line") == first.column("fact_id", "order_line")


def test_the_hash_of_a_row_without_key_is_stable(text_file, reading):
    read = reading(text_file(["工号,日期,交易额,柜台", "1001,2026-11-03,5,食品"]))
    assert read.column("fact_id", "order_line") == ["order_line:#" + HASH]


HASH = "65be7f3badad2906c0f3d950d4818199"


def test_an_id_joins_the_parts_of_the_key_that_are_there(text_file, reading):
    lines = ["平台,会话编号,客服,会话开始时间", "京东,S1,阿芳,2026-11-03 09:00:00", ",S2,阿芳,2026-11-03 09:00:00"]
    assert reading(text_file(lines)).column("fact_id") == ["service_session:京东|S1", "service_session:S2"]


def test_a_list_finer_than_the_fact_is_refused_whole(text_file, reading):
    rows = [f"B{n // 4},2026-11-03,阿芳,{n}" for n in range(200)]
    read = reading(text_file(["小票号,到店日期,会员编号,消费金额", *rows]), fact="member_visit")
    assert read.loaded.tables == {}
    assert read.codes == ["key_repeats"]
    assert "200" in read.loaded.rejected[0].reason.en


def test_date_and_time_columns_are_joined(text_file, reading):
    read = reading(text_file(["Call Id,Agent,Date,Time", "C1,Diane,2026/11/3,9:12:58"]))
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 9, 12, 58)]


def test_paired_names_of_date_and_time_are_joined(text_file, reading):
    read = reading(text_file(["订单号,行号,销售日期,销售时间,金额", "1,1,2026-11-03,16:12,5"]))
    assert read.column("occurred_at", "order_line") == [datetime(2026, 11, 3, 16, 12)]


def test_a_missing_clock_is_no_midnight(text_file, reading):
    read = reading(text_file(["Call Id,Agent,Date,Time", "C1,Diane,2026/11/3,9:12:58", "C2,Diane,2026/11/3,"]))
    assert read.codes == ["no_time"]


@pytest.mark.parametrize("name", ["会话20261103.csv", "京东pop2026-11-03.csv", "会话2026年11月3日.csv"])
def test_a_clock_alone_is_on_the_day_of_the_file_name(text_file, reading, name):
    read = reading(text_file(["会话编号,客服,会话开始时间", "S1,阿芳,9:05"], name=name))
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 9, 5)]
    assert "2026-11-03" in read.loaded.sources[0].notes[0].zh


def test_two_dates_in_a_file_name_are_no_date(text_file, reading):
    read = reading(text_file(["会话编号,客服,会话开始时间", "S1,阿芳,9:05"], name="会话20261101-20261103.csv"))
    assert read.codes == ["unreadable_time"]


def test_a_month_is_a_time_where_the_column_is_of_months(text_file, reading):
    read = reading(text_file(["预算科目,期间,预算金额,实际金额", "差旅,2026年11月,100,90"]))
    assert read.column("occurred_at", "budget_line") == [datetime(2026, 11, 1)]


def test_a_format_with_a_clock_needs_no_second_column(text_file, reading):
    path = text_file(["Call Id,Agent,Date,Time", "C1,Diane,03/11/2026 08:05,9:12"])
    read = reading(path, columns={"Date": "occurred_at:%d/%m/%Y %H:%M"})
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 8, 5)]


def test_a_date_with_a_format_still_takes_its_clock(text_file, reading):
    path = text_file(["Call Id,Agent,Date,Time", "C1,Diane,03/11/2026,9:12"])
    read = reading(path, columns={"Date": "occurred_at:%d/%m/%Y"})
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 9, 12)]


def test_readable_dates_among_unclear_ones_keep_their_clock(text_file, reading):
    rows = [f"C{n},Diane,0{n}/11/2026,9:12" for n in range(1, 9)]
    read = reading(text_file(["Call Id,Agent,Date,Time", *rows, "C9,Diane,25/11/2026,9:12"]))
    assert read.column("occurred_at") == [datetime(2026, 11, 25, 9, 12)]
    assert set(read.codes) == {"ambiguous_date"}
