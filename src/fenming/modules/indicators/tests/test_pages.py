"""The pages: found, made, tried out, published; and what hostile visitors get."""

from datetime import date
from io import BytesIO
from typing import Any

import fastexcel
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape

from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.lake import telling
from fenming.library.indicators import Mean, indicator
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.indicators.models import OwnIndicator
from fenming.modules.indicators.operations.publishing import publish
from fenming.modules.indicators.queries import files, own_indicators, preview
from fenming.rules.periods import parse

NOV = date(2026, 11, 1)
SHARE = {
    "kind": "share", "fact": "service_session", "name_zh": "京东20秒应答率", "direction": "higher",
    "test-0-column": "first_reply_ms", "test-0-compare": "le", "test-0-value": "20",
    "window_start": "09:00", "window_until": "23:00", "valid_from": "2026-11-01", "reason": "试",
}  # fmt: skip


@pytest.fixture(autouse=True)
def october(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records of the small company are of October, whatever today is."""
    monkeypatch.setattr(preview, "last_month", lambda snapshot, one: parse("2026-10"))


def test_the_library_is_searched_in_chinese_english_and_pinyin(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    hr = signed_in("hr")
    for text in ("30秒", "within 30", "30miaoyingdalv", "30mydl", "thirty_second"):
        with django_assert_max_num_queries(15):
            page = hr.get(reverse("indicators"), {"q": text}).content.decode()
        assert "Replied within 30 seconds" in page
        assert "Gross margin" not in page
    nothing = hr.get(reverse("indicators"), {"q": "no such thing"}).content.decode()
    assert "No indicator found" in nothing


def test_the_library_is_filtered_and_says_what_has_no_data(small_company: SmallCompany, signed_in: SignIn) -> None:
    hr = signed_in("hr")
    publish(SYSTEM, indicator("orders"), NOV, "")
    asked = reverse("indicators")
    changed = hr.get(asked, {"origin": "changed"}).context["page"]
    assert [entry.one.id for entry in changed] == ["orders"]
    lacking = hr.get(asked, {"data": "lacking", "department": "logistics"}).context["page"]
    assert all(entry.lacking for entry in lacking)
    here = hr.get(asked, {"data": "here", "kind": "percentile", "direction": "lower"}).context["page"]
    assert {entry.one.id for entry in here} == {"first_response_p50", "first_response_p90"}
    assert {entry.one.measure.fact for entry in hr.get(asked, {"fact": "parcel"}).context["page"]} == {"parcel"}
    assert hr.get(asked, {"page": "99999999999", "q": "a\x00b", "kind": "'; DROP"}).status_code == 200


def test_a_new_indicator_is_made_by_choosing_and_published(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    hr = signed_in("hr")
    with django_assert_max_num_queries(15):
        hr.get(reverse("indicator-new"))
    with django_assert_max_num_queries(25):
        answer = hr.post(reverse("indicator-new"), SHARE)
    row = OwnIndicator.objects.get()
    assert row.identifier == "jingdong20miaoyingdalv"
    assert answer.url.startswith(f"/indicators/{row.identifier}/")
    made = own_indicators(NOV)[row.identifier]
    assert (made.unit.zh, made.digits, made.departments) == ("%", 1, ("customer_service",))
    again = hr.post(reverse("indicator-new"), SHARE)
    assert again.status_code == 302
    assert OwnIndicator.objects.count() == 2


def test_nothing_typed_is_lost_where_something_is_wrong(small_company: SmallCompany, signed_in: SignIn) -> None:
    page = signed_in("hr").post(reverse("indicator-new"), {**SHARE, "name_zh": "", "test-0-value": "<b>soon"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "should be a number" in text
    assert 'value="&lt;b&gt;soon"' in text
    assert "京东" not in text
    assert 'value="试"' in text
    assert not OwnIndicator.objects.exists()


def test_rows_come_and_go_without_a_word_of_blame(small_company: SmallCompany, signed_in: SignIn) -> None:
    hr = signed_in("hr")
    text = hr.post(reverse("indicator-new"), {**SHARE, "do": "add:only"}).content.decode()
    assert 'name="only-0-column"' in text
    assert "problem-list" not in text
    text = hr.post(reverse("indicator-new"), {**SHARE, "only-0-column": "shop", "do": "drop:only:0"}).content.decode()
    assert 'name="only-0-column"' not in text
    assert not OwnIndicator.objects.exists()


def test_a_shipped_indicator_is_changed_and_the_second_editor_sees_what_changed(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    hr, url = signed_in("hr"), reverse("indicator-edit", args=["sessions"])
    shown = hr.get(url)
    assert "This indicator is shipped" in shown.content.decode()
    data = dict(shown.context["form"].data.lists())
    hr.post(url, {**data, "version": "0", "digits": "3"})
    assert OwnIndicator.objects.get().definition["digits"] == 3
    late = hr.post(url, {**data, "version": "0", "digits": "4"}).content.decode()
    assert "Somebody else has published" in late
    assert "Decimals" in late
    assert OwnIndicator.objects.get().definition["digits"] == 3


def test_the_preview_measures_says_and_counts(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    hr = signed_in("hr")
    with django_assert_max_num_queries(15):
        page = hr.post(reverse("indicator-preview"), SHARE)
    tried = page.context["tried"]
    assert tried.total == "33.8%"  # 8,000 ms and 150 more each time: 81 of 240 take 20 s at most
    assert [one.name for one in tried.departments] == ["Customer service"]
    assert {one.note for one in tried.best} == {"KF1", "KF2"}
    assert (tried.counted, tried.excluded) == (240, [])
    assert "First reply ≤ 20 s" in page.content.decode()


def test_people_and_records_out_of_reach_stay_unseen_in_the_preview(small_company: SmallCompany) -> None:
    one = indicator("sessions")
    nobody = preview.try_out(one, Scope())
    assert (nobody.total, nobody.best, nobody.departments, nobody.rows) == ("240 sessions", [], [], [])
    few = preview.try_out(one, Scope(employees=frozenset({small_company.ids["KF2"]})))
    assert [of.note for of in few.best] == ["KF2"]
    assert few.counted == 60


def test_a_preview_that_takes_too_long_is_stopped(small_company: SmallCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "SECONDS", 0.0)
    assert "took more than 0 s" in preview.try_out(indicator("sessions"), Scope.all()).problem


def test_what_overflows_is_refused_and_not_published(small_company: SmallCompany, signed_in: SignIn) -> None:
    huge = {**SHARE, "kind": "sum", "value": "~", "value_written": "handle_ms * 9000000000000000000"}
    hr = signed_in("hr")
    assert "cannot be computed" in hr.post(reverse("indicator-preview"), huge).content.decode().lower()
    assert "fails on last month" in hr.post(reverse("indicator-new"), huge).content.decode()
    assert not OwnIndicator.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "(SELECT 1)", "read_csv('/etc/passwd')", "handle_ms / 0", "(" * 400 + "1" + ")" * 400, "9" * 1900,
        "' OR 1=1 --",
        "handle_ms; DROP TABLE fact", "getenv('HOME')", "-" * 1500 + "1", "NOT " * 400 + "answered",
        "handle_ms IN (" + "1," * 800 + "1)",
        "CASE " * 300, "\ud83d\ude00", "range(100000000)", "handle_ms COLLATE nocase", "1e308 * 1e308",
        "INTERVAL 1 DAY", "list_transform([1], x -> x)", "repeat('a', 1000000000)",
    ],
)  # fmt: skip
def test_hostile_formulas_get_a_sentence_never_a_fault(
    text: str, small_company: SmallCompany, signed_in: SignIn
) -> None:
    hr = signed_in("hr")
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16")
    for kind, field in (("sum", "value"), ("ratio", "above"), ("distinct", "key")):
        given = {**SHARE, "kind": kind, field: "~", f"{field}_how": "~", f"{field}_written": clean, "below_how": "rows"}
        page = hr.post(reverse("indicator-preview"), given)
        assert page.status_code == 200
        assert page.context["problems"] or page.context["tried"].problem or kind == "distinct"


def test_a_rated_item_has_its_levels_and_reads_its_own_ratings(small_company: SmallCompany, signed_in: SignIn) -> None:
    hr, url = signed_in("hr"), reverse("indicator-rating")
    assert hr.get(url).context["rows"][0][1]["name_en"] == "Excellent 1"
    levels = {
        f"level-{n}-{name}": value
        for n, points in enumerate(("3", "2", "1"))
        for name, value in (("value", points), ("name_zh", f"级{points}"), ("anchor_zh", f"行为{points}"))
    }
    hr.post(url, {**levels, "name_zh": "主动性", "valid_from": "2026-11-01"})
    one = own_indicators(NOV)["zhudongxing"]
    assert isinstance(one.measure, Mean)
    assert (one.measure.fact, one.measure.value, one.measure.only[0].when) == (
        "rating",
        "level",
        "item = 'zhudongxing'",
    )
    assert [int(level.value) for level in one.levels] == [3, 2, 1]
    edit = reverse("indicator-levels", args=[one.id])
    assert hr.get(reverse("indicator-edit", args=[one.id])).url == edit
    assert "行为2" in hr.get(edit).content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name_zh": ""}, "Give the item a name"),
        ({"level-1-value": "9"}, "fall from best to last"),
        ({"level-1-value": "many"}, "number from 0 to 1000"),
        ({"level-1-anchor_zh": ""}, "the behaviour it stands for"),
        ({"valid_from": "2026-99-99"}, "Give a day"),
        ({"valid_from": "soon"}, "Give a day"),
    ],
)
def test_what_is_wrong_with_a_rated_item_is_said(
    change: dict[str, str], said: str, small_company: SmallCompany, signed_in: SignIn
) -> None:
    levels = {f"level-{n}-{name}": str(9 - n) for n in range(3) for name in ("value", "name_zh", "anchor_zh")}
    given = {"name_zh": "主动性", "valid_from": "2026-11-01", **levels, **change}
    page = signed_in("hr").post(reverse("indicator-rating"), given)
    assert said in page.content.decode()
    assert not OwnIndicator.objects.exists()


def test_a_definition_goes_out_as_yaml_and_comes_in_again(small_company: SmallCompany, signed_in: SignIn) -> None:
    hr, url = signed_in("hr"), reverse("indicators-import")
    text = hr.get(reverse("indicator-yaml", args=["response_time"])).content.decode().replace("digits: 1", "digits: 2")
    given = {"text": text, "valid_from": "2026-11-01", "reason": "from the other house", "version": "0"}
    checked = hr.post(url, {**given, "do": "check"}).content.decode()
    assert "Decimals" in checked
    assert not OwnIndicator.objects.exists()
    hr.post(url, {**given, "do": "publish"})
    assert own_indicators(NOV)["response_time"] == indicator("response_time").model_copy(
        update={"digits": 2, "valid_from": NOV}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: [", "Not valid YAML"),
        ("a: &a 1\nb: *a", "aliases"),
        ("id: x\ndigits: many", "Line 2"),
        ("[" * 5000, "Not valid YAML"),
        ('"\\0"', "valid dictionary"),
        ("", "Choose a file or paste"),
        ("2026-11-01", "valid dictionary"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(
    text: str, said: str, small_company: SmallCompany, signed_in: SignIn
) -> None:
    page = signed_in("hr").post(
        reverse("indicators-import"), {"text": text, "valid_from": "2026-11-01", "do": "publish"}
    )
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not OwnIndicator.objects.exists()


def test_a_file_that_is_no_text_is_refused(small_company: SmallCompany, signed_in: SignIn) -> None:
    file = SimpleUploadedFile("x.yaml", b"\xff\xfe\x00\x01")
    page = signed_in("hr").post(reverse("indicators-import"), {"file": file, "valid_from": "2026-11-01"})
    assert "UTF-8" in page.content.decode()


def test_a_nul_in_a_file_is_refused_and_reaches_no_database(small_company: SmallCompany, signed_in: SignIn) -> None:
    text = files.yaml_of(indicator("orders")).replace("about:\n  zh: ", 'about:\n  zh: "\\0" #')
    page = signed_in("hr").post(
        reverse("indicators-import"), {"text": text, "valid_from": "2026-11-01", "do": "publish", "version": "0"}
    )
    assert "cannot be kept" in page.content.decode()


def test_the_library_is_a_workbook_in_which_nothing_is_a_formula(
    small_company: SmallCompany, signed_in: SignIn
) -> None:
    own = indicator("orders").model_copy(update={"name": indicator("orders").name.model_copy(update={"en": "=1+1"})})
    publish(SYSTEM, own, NOV, "")
    body = signed_in("hr").get(reverse("indicators-export"), {"q": "orders", "origin": "changed"}).content
    sheet = fastexcel.read_excel(BytesIO(body).getvalue()).load_sheet(0).to_polars()
    assert sheet["Id"].to_list() == ["orders"]
    assert sheet["Name"].to_list() == ["'=1+1"]


def test_versions_are_listed_withdrawn_and_ended(
    small_company: SmallCompany, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    hr = signed_in("hr")
    first = publish(SYSTEM, indicator("orders").model_copy(update={"digits": 2}), NOV, "finer")
    second = publish(SYSTEM, indicator("orders").model_copy(update={"digits": 3}), date(2026, 12, 1), "finest")
    url = reverse("indicator-versions", args=["orders"])
    with django_assert_max_num_queries(15):
        page = hr.get(url).content.decode()
    assert "finest" in page
    assert "Your version goes before the shipped one" in page
    hr.post(reverse("indicator-withdraw", args=["orders", second.pk]))
    assert hr.post(reverse("indicator-withdraw", args=["orders", second.pk])).status_code == 404
    assert hr.post(reverse("indicator-withdraw", args=["sessions", first.pk])).status_code == 404
    hr.post(reverse("indicator-end", args=["orders"]), {"valid_from": "2026-12-01", "version": str(first.pk)})
    assert OwnIndicator.objects.get().valid_to == date(2026, 12, 1)
    assert (
        hr.post(reverse("indicator-end", args=["orders"]), {"valid_from": "x", "version": "9" * 40}).status_code == 302
    )


def test_who_may_only_look_changes_nothing(small_company: SmallCompany, signed_in: SignIn) -> None:
    role = Role.objects.create(code="looker", name_zh="看", permissions=["indicators.view"])
    user = User.objects.get(username="KF3")
    Grant.objects.create(user=user, role=role, reach="all", valid_from=date(2026, 1, 1))
    client = signed_in("KF3")
    page = client.get(reverse("indicators"))
    assert page.status_code == 200
    assert reverse("indicator-new") not in page.content.decode()
    assert client.get(reverse("indicator-new")).status_code == 403
    assert client.post(reverse("indicator-preview"), SHARE).status_code == 403
    assert client.post(reverse("indicator-new"), SHARE).status_code == 403


@pytest.mark.parametrize("identifier", ["nothing", "a" * 300, "-", "ORDERS"])
def test_an_unknown_indicator_is_not_found(identifier: str, small_company: SmallCompany, signed_in: SignIn) -> None:
    hr = signed_in("hr")
    for name in ("indicator-edit", "indicator-yaml", "indicator-versions", "indicator-levels"):
        assert hr.get(reverse(name, args=[identifier])).status_code == 404
    assert hr.get(reverse("indicator-new"), {"from": identifier}).status_code == 404


def test_a_copy_says_whose_it_is_and_writes_its_own_description(small_company: SmallCompany, signed_in: SignIn) -> None:
    one = indicator("thirty_second_reply_rate")
    page = signed_in("hr").get(reverse("indicator-new"), {"from": one.id}).content.decode()
    assert f"A copy of “{one.name.en}”" in page
    assert f">{one.about.en}</textarea>" not in page
    assert f'placeholder="{escape(telling.sentence(one.measure).en)}"' in page
