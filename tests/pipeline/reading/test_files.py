"""Every kind of file, encoding and layout of rows, on real bytes."""

from datetime import datetime, time
from hashlib import sha256
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from fenming.pipeline.reading import load
from fenming.pipeline.reading.sheets import sniffed

HERE = Path(__file__).parent
HEADER = "会话编号,客服,会话开始时间,首次响应时长（秒),满意度评分"
LINES = [HEADER, "S1,阿芳,2026-11-03 09:00:00,30,5", "S2,阿强,2026-11-03 10:00:00,45,4"]


def test_a_typed_file_has_every_column_of_the_fact_in_its_type(text_file, reading):
    schema = pq.read_schema(reading(text_file(LINES)).loaded.tables["service_session"][0])
    assert str(schema.field("occurred_at").type) == "timestamp[us]"
    assert str(schema.field("paid_amount").type) == "decimal128(18, 2)"
    assert str(schema.field("quality").type) == "decimal128(18, 4)"
    assert [str(schema.field(name).type) for name in ("fact_id", "source_row", "answered", "handle_ms")] == [
        "string",
        "int64",
        "bool",
        "int64",
    ]


def test_absent_columns_are_null_and_not_zero(text_file, reading):
    assert reading(text_file(LINES)).column("complaint") == [None, None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_text_in_any_usual_encoding_and_delimiter(text_file, reading, encoding, delimiter):
    read = reading(text_file([line.replace(",", delimiter) for line in LINES], encoding=encoding))
    assert read.column("employee") == ["阿芳", "阿强"]
    assert read.column("first_reply_ms") == [30_000, 45_000]
    assert read.codes == []


def test_text_in_no_encoding_is_named(tmp_path, reading):
    path = tmp_path / "坏.csv"
    path.write_bytes(b"a,b\n\xff\xff\xff\n")
    assert reading(path).codes == ["unreadable_file"]


def test_an_odd_byte_late_in_the_file_changes_the_encoding_from_its_start(tmp_path, reading):
    path = tmp_path / "晚.csv"
    rows = [f"S{n},A,2026-11-03 09:00:00,30,5" for n in range(20_000)]
    path.write_bytes("\n".join([HEADER, *rows, "S,阿芳,2026-11-03 09:00:00,30,5"]).encode("gb18030"))
    assert reading(path).column("employee")[-1] == "阿芳"


def test_the_named_delimiter_of_excel_is_taken():
    assert sniffed("sep=;\na,b;c,d\n") == ";"


def test_xlsx_with_dates_clocks_durations_and_merged_title_rows(tmp_path, reading):
    path = tmp_path / "明细.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("明细")
        page.merge_range(0, 0, 0, 4, "某店客服会话明细")
        page.write(1, 0, "导出时间：2026-11-04")
        day, clock, span = (book.add_format({"num_format": form}) for form in ("yyyy/m/d", "h:mm:ss", "[h]:mm:ss"))
        page.write_row(3, 0, ["会话编号", "客服", "日期", "时间", "处理时长", "满意度评分"])
        for row, (length, rating) in enumerate([(143 / 86400, 5), (25.5 / 24, "-")], start=4):
            page.write_row(row, 0, [f"S{row}", "阿芳"])
            page.write_datetime(row, 2, datetime(2026, 11, 3), day)
            page.write_datetime(row, 3, time(9, 5, 7), clock)
            page.write_number(row, 4, length, span)
            page.write(row, 5, rating)
    read = reading(path)
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 9, 5, 7)] * 2
    assert read.column("handle_ms") == [143_000, 91_800_000]
    assert read.column("rating") == [5, None]
    assert read.column("source_row") == [5, 6]
    assert read.column("source_sheet") == ["明细", "明细"]


def test_xls_of_the_old_binary_kind(reading):
    read = reading(HERE / "files" / "sessions.xls")
    assert read.column("occurred_at") == [datetime(2026, 11, 3, 9, 5, 7), datetime(2026, 11, 3, 10)]
    assert read.column("handle_ms") == [143_000, 242_000]
    assert read.column("rating") == [5, None]
    assert read.codes == ["summary_row"]


def test_xls_that_is_really_text(text_file, reading):
    lines = [line.replace(",", "\t") for line in LINES]
    assert len(reading(text_file(lines, name="导出.xls", encoding="gb18030")).facts()) == 2


def test_xls_that_is_really_a_web_page_is_named(text_file, reading):
    read = reading(text_file(["<html><table></table></html>"], name="导出.xls"))
    assert "web page" in read.loaded.rejected[0].reason.en


def test_parquet_with_types(tmp_path, reading):
    path = tmp_path / "会话.parquet"
    pl.DataFrame(
        {
            "session_id": [1.0, 2.0],
            "Agent": ["A", "B"],
            "started_at": [datetime(2026, 11, 3, 9), datetime(2026, 11, 3, 10, 0, 1)],
            "talk_time": [pl.Series([143_000]).cast(pl.Duration("ms"))[0], None],
            "Answered": [True, False],
        }
    ).write_parquet(path)
    read = reading(path)
    assert read.column("session") == ["1", "2"]
    assert read.column("occurred_at")[1] == datetime(2026, 11, 3, 10, 0, 1)
    assert read.column("handle_ms") == [143_000, None]
    assert read.column("source_row") == [1, 2]


def test_a_folder_is_opened_and_lock_files_are_not(tmp_path, text_file, reading):
    text_file(LINES, name="十一月/1.csv")
    text_file([HEADER, "S3,阿芳,2026-11-04 09:00:00,30,5"], name="十一月/2.csv")
    text_file(LINES, name="十一月/~$2.xlsx")
    read = reading(tmp_path / "十一月")
    assert read.column("session") == ["S1", "S2", "S3"]
    assert set(read.loaded.files) == {"1.csv", "2.csv"}


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path, text_file, reading):
    text_file(LINES, name="甲/会话.csv")
    text_file([HEADER, "S3,阿芳,2026-11-04 09:00:00,30,5"], name="乙/会话.csv")
    assert set(reading(tmp_path / "甲", tmp_path / "乙").loaded.files) == {"甲/会话.csv", "乙/会话.csv"}


def test_the_hash_of_the_input_is_kept(text_file, reading):
    path = text_file(LINES)
    assert reading(path).loaded.files == {"会话.csv": sha256(path.read_bytes()).hexdigest()}


def test_title_rows_and_blank_rows_do_not_shift_the_row_numbers(text_file, reading):
    read = reading(text_file(["某店客服会话明细,,", "", *LINES[:2], "", ",,,,", LINES[2]]))
    assert read.column("source_row") == [4, 7]
    assert read.codes == []


def test_a_quoted_line_break_is_one_row(text_file, reading):
    read = reading(text_file([HEADER, 'S1,"阿\n芳",2026-11-03 09:00:00,30,5', LINES[2]]))
    assert read.column("source_row") == [2, 3]


def test_rows_with_too_many_or_too_few_fields_are_listed(text_file, reading):
    read = reading(
        text_file([*LINES, "S3,阿,芳,2026-11-03 09:00:00,30,5", "S4,阿芳", "S5,阿芳,2026-11-03 11:00:00,30,5"])
    )
    assert [(one.code, one.row) for one in read.loaded.rejected] == [("ragged_row", 4), ("ragged_row", 5)]
    assert read.column("source_row") == [2, 3, 6]


def test_a_delimiter_at_the_end_of_every_row_is_harmless(text_file, reading):
    assert len(reading(text_file([HEADER, *(line + "," for line in LINES[1:])])).facts()) == 2


def test_an_unclosed_quote_withdraws_the_whole_file(text_file, reading):
    rows = [f"S{n},阿芳,2026-11-03 09:00:00,30,5" for n in range(150_000)]
    read = reading(text_file([HEADER, *rows, 'S,"阿芳,2026-11-03 09:00:00,30,5', *rows]))
    assert read.codes == ["unreadable_file"]
    assert read.facts().is_empty()


def test_an_empty_file_and_a_missing_one_are_named(tmp_path, text_file, reading):
    assert reading(text_file([HEADER])).codes == []
    assert reading(text_file([], name="空.csv")).codes == ["unrecognised"]
    assert reading(tmp_path / "没有.csv").codes == ["unreadable_file"]


def test_a_broken_workbook_is_named(tmp_path, reading):
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    assert reading(path).codes == ["unreadable_file"]


def test_hidden_sheets_are_listed_and_not_read(tmp_path, reading):
    path = tmp_path / "两张.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for page in (book.add_worksheet("明细"), book.add_worksheet("草稿")):
            for at, line in enumerate(LINES):
                page.write_row(at, 0, line.split(","))
        page.hide()
    read = reading(path)
    assert len(read.facts()) == 2
    assert [(one.code, one.sheet) for one in read.loaded.rejected] == [("hidden_sheet", "草稿")]


def test_formulas_give_their_saved_values_and_errors_are_rejected(tmp_path, reading):
    path = tmp_path / "公式.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["会话编号", "会话开始时间", "处理时长"])
        page.write_row(1, 0, ["S1", "2026-11-03 09:00:00"])
        page.write_formula(1, 2, "=100+1", None, 101)
        page.write_row(2, 0, ["S2", "2026-11-03 09:00:00"])
        page.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    read = reading(path)
    assert read.column("handle_ms") == [101_000]
    assert [(one.code, one.row, one.column) for one in read.loaded.rejected] == [("formula_error", 3, "处理时长")]


def test_long_numbers_that_a_workbook_has_cut_are_rejected(workbook, reading):
    rows = [["会话编号", "客服", "会话开始时间"], [1234567890123456789, "阿芳", "2026-11-03 09:00:00"]]
    assert reading(workbook(rows)).codes == ["digits_lost"]
    rows[1][0] = "1234567890123456789"
    assert reading(workbook(rows, name="文本.xlsx")).column("session") == ["1234567890123456789"]


def test_long_numbers_that_a_spreadsheet_wrote_with_an_exponent_are_rejected(text_file, reading):
    assert reading(text_file([HEADER, "1.23457E+18,阿芳,2026-11-03 09:00:00,30,5"])).codes == ["digits_lost"]


def test_progress_is_told_in_bytes_to_the_end(text_file, tmp_path):
    told: list[tuple[str, int, int]] = []
    path = text_file(LINES)
    load([path], into=tmp_path / "typed", progress=lambda *one: told.append(one))
    assert told[-1] == ("会话.csv", path.stat().st_size, path.stat().st_size)


def test_rows_that_ran_together_behind_a_stray_quote_are_not_a_name(text_file, reading):
    row = "2026-11-03 09:00:00,30,5"
    read = reading(text_file([HEADER, f'S1,"阿芳,{row}', f"S2,阿芳,{row}", f'S3,阿强",{row}', f"S4,阿强,{row}"]))
    assert read.column("session") == ["S4"]
    assert [(one.code, one.row) for one in read.loaded.rejected] == [("open_quote", 2)]
