"""Which kind of facts a file holds, and what is said when that is not clear."""

import pytest

from fenming.library.layouts import Layout, layouts
from fenming.library.text import Words
from fenming.pipeline.reading import ReadingError
from fenming.pipeline.reading.headings import keys, unit


@pytest.mark.parametrize(
    ("text", "key", "named"),
    [
        ("首次响应时长（秒)", "首次响应时长", "s"),
        ("首次响应时长 ( 秒 ）", "首次响应时长", "s"),
        ("Speed of answer in seconds", "speedofanswer", "s"),
        ("handle_ms", "handle", "ms"),
        ("销售额（万元）", "销售额", "万元"),
        ("Ａｎｓｗｅｒｅｄ（Y/N）", "answered", None),
    ],
)
def test_headers_are_folded_and_name_their_unit(text, key, named):
    assert key in keys(text)
    assert unit(text) == named


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("运单号,发货时间,承诺送达时间,签收时间,运费", "parcel"),
        ("mql_id,won_date,sr_id,business_segment", "customer"),
        ("内容ID,发布时间,阅读量,点赞数", "post"),
        ("订单号,行号,付款时间,金额,数量", "order_line"),
        ("凭证号,记账日期,科目性质,发生额", "ledger_entry"),
    ],
)
def test_the_fact_type_follows_from_the_headers(text_file, reading, header, fact):
    cells = ",".join(
        "2026-11-03" if any(word in name for word in ("时间", "日期", "date")) else "1" for name in header.split(",")
    )
    assert list(reading(text_file([header, cells])).loaded.tables) == [fact]


def test_unknown_columns_are_allowed_and_listed(text_file, reading):
    read = reading(text_file(["会话编号,客服,会话开始时间,备注二", "S1,阿芳,2026-11-03,x"]))
    assert read.loaded.sources[0].unused == ("备注二",)
    assert read.loaded.sources[0].columns == {"会话编号": "session", "客服": "employee", "会话开始时间": "occurred_at"}


def test_of_two_columns_for_a_field_the_better_named_is_taken(text_file, reading):
    read = reading(text_file(["会话编号,姓名,工号,会话开始时间", "S1,阿芳,1001,2026-11-03"]))
    assert read.column("employee") == ["1001"]
    assert read.loaded.sources[0].unused == ("姓名",)


def test_a_file_of_nothing_known_lists_what_was_found(text_file, reading):
    [one] = reading(text_file(["甲,乙", "1,2"])).loaded.rejected
    assert (one.code, one.file) == ("unrecognised", "会话.csv")
    assert "甲、乙" in one.reason.zh
    assert "--map" in one.remedy.zh


def test_a_missing_time_names_the_columns_that_hold_times(text_file, reading):
    [one] = reading(
        text_file(["会话编号,客服,接待时刻,评分,处理时长", "S1,阿芳,2026-11-03 09:00:00,5,10"])
    ).loaded.rejected
    assert one.code == "no_time_column"
    assert "接待时刻" in one.remedy.zh
    assert "occurred_at" in one.remedy.en


def test_map_names_the_missing_column(text_file, reading):
    path = text_file(["会话编号,客服,接待时刻,评分", "S1,阿芳,2026-11-03 09:00:00,5"])
    assert reading(path, columns={"接待时刻": "occurred_at"}).column("rating") == [5]


def test_two_fitting_types_are_both_named_and_fact_decides(text_file, reading):
    path = text_file(["记录编号,日期,类别", "1,2026-11-03,2"])
    [one] = reading(path).loaded.rejected
    assert one.code in {"ambiguous_fact", "unrecognised"}
    assert "--fact" in one.remedy.en
    assert list(reading(path, fact="merit").loaded.tables) == ["merit"]


def test_an_unknown_field_of_map_is_answered_with_the_nearest(text_file, reading):
    with pytest.raises(ReadingError, match="Did you mean employee"):
        reading(text_file(["a,b", "1,2"]), columns={"a": "employe"})


def test_an_unknown_column_of_map_is_answered_with_the_nearest(text_file, reading):
    with pytest.raises(ReadingError, match="Did you mean 客服昵称"):
        reading(text_file(["会话编号,客服昵称,会话开始时间", "S1,a,2026-11-03"]), columns={"客服妮称": "employee"})


def test_an_unknown_fact_type_is_answered_with_the_nearest(text_file, reading):
    with pytest.raises(ReadingError, match="Did you mean service_session"):
        reading(text_file(["a,b", "1,2"]), fact="service_sesion")


def test_a_table_of_people_is_named_as_such(text_file, reading):
    assert reading(text_file(["工号,姓名,职级", "1,阿芳,店长"])).codes == ["people_table"]


@pytest.mark.parametrize("layout", [one for one in layouts().values() if one.kind == "summary"], ids=lambda one: one.id)
def test_daily_summaries_are_recognised_and_refused(text_file, reading, layout):
    header = list(layout.headers)
    read = reading(text_file([",".join(header), ",".join("1" for _ in header)], name="汇总20261103.csv"))
    [one] = read.loaded.rejected
    assert one.code == "summary_export"
    assert "汇总表" in one.reason.zh
    assert read.loaded.tables == {}


def test_a_layout_is_preferred_to_aliases(text_file, reading):
    header = "订单编号,总金额,买家实际支付金额,收货地址,订单创建时间,订单付款时间,退款金额"
    read = reading(text_file([header, "1,20,18,上海,2026-11-03 08:00:00,2026-11-03 09:00:00,0"]))
    assert read.loaded.sources[0].layout == "taobao_order_report_csv"
    assert read.column("fact_id", "order_line") == ["order_line:1|1"]
    assert read.column("source", "order_line") == ["taobao_order_report_csv"]


def test_a_layout_with_an_unknown_field_says_so():
    words = Words(zh="x", en="x")
    with pytest.raises(ValueError, match="amount"):
        Layout(id="x", name=words, kind="rows", fact="order_line", headers=("a", "b"), columns={"a": "amout"})
    with pytest.raises(ValueError, match="names its fact"):
        Layout(id="x", name=words, kind="rows", headers=("a", "b"))
