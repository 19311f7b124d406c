"""What a cell may say, kind by kind, and what is never guessed."""

from datetime import datetime
from decimal import Decimal

import pytest


@pytest.mark.parametrize("cell", ["暂无数据", "-", "--", "—", "/", "N/A", "null", "无", "", " ", "　"])
def test_words_for_no_value_are_missing_and_not_zero(one_cell, cell):
    for header in ("处理时长", "是否解决", "评分", "质检分", "客服销售额", "咨询类型"):
        read = one_cell(header, cell)
        assert read.codes == []
        assert read.facts().height == 1
    assert one_cell("评分", cell).column("rating") == [None]


@pytest.mark.parametrize(
    ("header", "cell", "wanted"),
    [
        ("首次响应时长", "30", 30_000),
        ("首次响应时长（秒)", "30", 30_000),
        ("首次响应时长(秒）", "1.5", 1500),
        ("首次响应时长（分钟）", "1.5", 90_000),
        ("首次响应时长(ms)", "350", 350),
        ("Speed of answer in seconds", "109", 109_000),
        ("first_reply_ms", "350", 350),
        ("首次响应时长", "0:02:23", 143_000),
        ("首次响应时长", "00：02：23", 143_000),
        ("首次响应时长", "02:23", 143_000),
        ("首次响应时长（分钟）", "0:02:23", 143_000),
        ("首次响应时长", "2分23秒", 143_000),
        ("首次响应时长", "1小时2分", 3_720_000),
        ("首次响应时长", "143s", 143_000),
        ("首次响应时长", "1,234", 1_234_000),
        ("首次响应时长", "１２", 12_000),
        ("首次响应时长", "1899-12-31 00:02:23", 143_000),
        ("首次响应时长", "1900-01-00 00:02:23", 143_000),
        ("首次响应时长", "0", 0),
    ],
)
def test_durations(one_cell, header, cell, wanted):
    assert one_cell(header, cell).column("first_reply_ms") == [wanted]


@pytest.mark.parametrize(
    ("header", "cell", "wanted"),
    [
        ("客服销售额（元）", "1,234.50", "1234.50"),
        ("客服销售额", "¥1,234", "1234"),
        ("客服销售额", "￥1,234元", "1234"),
        ("客服销售额", "1.2万", "12000"),
        ("客服销售额（万元）", "1.2", "12000"),
        ("客服销售额（万元）", "1.2万", "12000"),
        ("客服销售额", "１２３．４５", "123.45"),
        ("客服销售额", "(300)", "-300"),
        ("客服销售额", "1.005", "1.01"),
        ("客服销售额", "85.30000000000001", "85.30"),
        ("客服销售额", "0", "0"),
    ],
)
def test_money(one_cell, header, cell, wanted):
    assert one_cell(header, cell).column("paid_amount") == [Decimal(wanted)]


@pytest.mark.parametrize(
    ("header", "cell", "wanted"),
    [
        ("质检分", "85%", "0.85"),
        ("质检分(%)", "85", "0.85"),
        ("质检分(%)", "85%", "0.85"),
        ("质检分", "92.5", "92.5"),
    ],
)
def test_percent_belongs_to_the_cell_or_to_the_header(one_cell, header, cell, wanted):
    assert one_cell(header, cell).column("quality") == [Decimal(wanted)]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("Y", True),
        ("n", False),
        ("是", True),
        ("否", False),
        ("1", True),
        ("0", False),
        ("TRUE", True),
        ("false", False),
        ("已解决", True),
        ("未解决", False),
        ("√", True),
        ("×", False),
        ("Ｙ", True),
    ],
)
def test_yes_and_no(one_cell, cell, wanted):
    assert one_cell("是否解决", cell).column("resolved") == [wanted]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("2026年11月3日", datetime(2026, 11, 3)),
        ("2026年11月3日 8:05", datetime(2026, 11, 3, 8, 5)),
        ("2026年11月3日8时5分7秒", datetime(2026, 11, 3, 8, 5, 7)),
        ("2026/11/3 8:05", datetime(2026, 11, 3, 8, 5)),
        ("2026-11-03T08:05:00", datetime(2026, 11, 3, 8, 5)),
        ("2026-11-03T00:05:00Z", datetime(2026, 11, 3, 8, 5)),
        ("2026-11-03T09:05:00+09:00", datetime(2026, 11, 3, 8, 5)),
        ("20261103", datetime(2026, 11, 3)),
        ("20261103080500", datetime(2026, 11, 3, 8, 5)),
        ("2026.11.3", datetime(2026, 11, 3)),
        ("２０２６－１１－０３　０８：０５", datetime(2026, 11, 3, 8, 5)),
        ("2026-11-03 下午 3:05", datetime(2026, 11, 3, 15, 5)),
        ("45992.35", datetime(2025, 12, 1, 8, 24)),
        ("13/11/2026 08:05", datetime(2026, 11, 13, 8, 5)),
        ("11/13/2026", datetime(2026, 11, 13)),
    ],
)
def test_times(text_file, reading, cell, wanted):
    read = reading(text_file(["会话编号\t客服\t会话开始时间", f"S1\t阿芳\t{cell}"], name="时间.tsv"))
    assert read.column("occurred_at") == [wanted]


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("首次响应时长", "-5", "negative"),
        ("首次响应时长", "很快", "unreadable_duration"),
        ("首次响应时长", "0:75:00", "unreadable_duration"),
        ("客服销售额", "1,23", "unreadable_number"),
        ("客服销售额", "12%", "unreadable_number"),
        ("客服销售额", "99999999999999999999", "out_of_range"),
        ("评分", "4.5", "not_whole"),
        ("评分", "-1", "negative"),
        ("评分", "好", "unreadable_number"),
        ("是否解决", "未知", "unreadable_bool"),
    ],
)
def test_a_cell_that_cannot_be_read_rejects_its_row_and_is_named(one_cell, header, cell, code):
    read = one_cell(header, cell)
    assert read.facts().is_empty()
    [one] = read.loaded.rejected
    assert (one.code, one.row, one.column, one.value) == (code, 2, header, cell)
    assert cell in one.reason.zh
    assert cell in one.reason.en


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("03/11/2026", "ambiguous_date"),
        ("26/11/03", "ambiguous_date"),
        ("2026-02-30", "unreadable_time"),
        ("", "no_time"),
        ("昨天", "unreadable_time"),
        ("2026", "unreadable_time"),
    ],
)
def test_a_time_that_is_not_certain_is_refused(text_file, reading, cell, code):
    lines = ["会话编号,客服,会话开始时间", "S1,阿芳,2026-11-03 09:00:00", f"S2,阿芳,{cell}"]
    read = reading(text_file(lines))
    assert read.codes == [code]
    assert read.column("session") == ["S1"]


def test_the_remedy_for_an_ambiguous_date_works(text_file, reading):
    path = text_file(["会话编号,客服,会话开始时间", "S1,阿芳,03/11/2026"])
    assert "%d/%m/%Y" in reading(path).loaded.rejected[0].remedy.en
    read = reading(path, columns={"会话开始时间": "occurred_at:%d/%m/%Y"})
    assert read.column("occurred_at") == [datetime(2026, 11, 3)]


def test_a_bad_cell_among_good_ones_costs_only_its_row(text_file, reading):
    lines = ["会话编号,会话开始时间,处理时长", *(f"S{n},2026-11-03 09:00:00,{'坏' if n == 3 else n}" for n in range(6))]
    read = reading(text_file(lines))
    assert read.column("handle_ms") == [0, 1000, 2000, 4000, 5000]
    assert [one.row for one in read.loaded.rejected] == [5]
