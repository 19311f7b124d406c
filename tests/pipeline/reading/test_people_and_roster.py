"""The two other kinds of file."""

from datetime import datetime
from decimal import Decimal

from fenming.pipeline.reading import read_people, read_roster


def test_people_with_what_the_file_says_and_defaults_for_the_rest(text_file):
    people, rejected = read_people(
        text_file(
            [
                "人员表",
                "工号,姓名,岗位,部门,奖金基数（元）,出勤率",
                '1001,阿芳,客服专员,客服部,"3,000",95%',
                "1002,阿强,,,,",
            ]
        )
    )
    assert list(rejected) == []
    assert (people[0].person, people[0].post, people[0].base, people[0].attendance) == (
        "1001",
        "客服专员",
        3000,
        Decimal("0.95"),
    )
    assert (people[1].name, people[1].post, people[1].base, people[1].attendance, people[1].row) == (
        "阿强",
        None,
        1,
        1,
        4,
    )


def test_people_without_numbers_go_by_their_names(workbook):
    people, _ = read_people(workbook([["姓名", "职级"], ["张三", "店长"]]))
    assert [(one.person, one.name, one.post) for one in people] == [("张三", "张三", "店长")]


def test_people_who_are_wrong_are_listed(text_file):
    lines = ["工号,姓名,奖金基数", "1,甲,很多", "2,乙,-5", ",,7", "3,丙,1", "3,丁,2"]
    people, rejected = read_people(text_file(lines))
    assert [one.person for one in people] == ["3"]
    assert [(one.code, one.row) for one in rejected] == [
        ("unreadable_number", 2),
        ("negative", 3),
        ("no_person", 4),
        ("duplicate_person", 6),
    ]


def test_a_file_that_is_not_of_people_says_what_is_missing(text_file):
    people, rejected = read_people(text_file(["甲,乙", "1,2"]))
    assert people == []
    assert [one.code for one in rejected] == ["missing_columns"]


def test_a_roster_of_moments_and_one_of_clocks_on_days(text_file):
    shifts, rejected = read_roster(
        text_file(["员工,账号,开始时间,结束时间,权重", "甲,A,2026-11-03 09:00,2026-11-03 18:00,0.5"])
    )
    assert list(rejected) == []
    assert (shifts[0].person, shifts[0].start, shifts[0].end, shifts[0].weight) == (
        "甲",
        datetime(2026, 11, 3, 9),
        datetime(2026, 11, 3, 18),
        Decimal("0.5"),
    )
    lines = ["姓名,账号,日期,上班时间,下班时间", "乙,A,2026年11月3日,18:00,2:00", "丙,A,2026-11-03,22:00,次日6:00"]
    shifts, _ = read_roster(text_file(lines, name="二.csv"))
    assert [one.end for one in shifts] == [datetime(2026, 11, 4, 2), datetime(2026, 11, 4, 6)]
    assert [one.row for one in shifts] == [2, 3]


def test_a_roster_with_spans_and_one_account_for_all(text_file):
    path = text_file(
        ["工号,日期,时段", "1001,2026-11-03,9：00-14：00", "1002,2026-11-03,14:00~21:00", "1003,2026-11-03,早班"]
    )
    shifts, rejected = read_roster(path, account="京东主账号")
    assert [(one.account, one.start.hour, one.end.hour) for one in shifts] == [
        ("京东主账号", 9, 14),
        ("京东主账号", 14, 21),
    ]
    assert [(one.code, one.row) for one in rejected] == [("unreadable_time", 4)]


def test_shifts_that_are_wrong_are_listed(text_file):
    lines = [
        "员工,账号,开始时间,结束时间,权重",
        "甲,A,2026-11-03 09:00,2026-11-03 08:00,1",
        "乙,,2026-11-03 09:00,2026-11-03 10:00,1",
        "丙,A,2026-11-03 09:00,,1",
        "丁,A,2026-11-03 09:00,2026-11-03 10:00,-1",
        "戊,A,9:00,10:00,1",
    ]
    shifts, rejected = read_roster(text_file(lines))
    assert shifts == []
    assert [one.code for one in rejected] == [
        "ends_before_start",
        "missing_value",
        "missing_value",
        "negative",
        "missing_value",
    ]
