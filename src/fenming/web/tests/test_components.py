import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler  # type: ignore[import-untyped]  # it ships no types

from fenming.controls.widgets import DayInput, SearchSelect
from fenming.drawing import shapes
from fenming.drawing.shapes import Change, Earned


def drawn(source: str, **context: Any) -> str:
    return Template(CottonCompiler().process(source)).render(Context(context))


STEPS = shapes.waterfall(
    [Earned("Sales", Decimal("27.45"), 30, "brand", "91 %"), Earned("Quality", None, 15, "violet")],
    [Change("Star", 2), Change("Late", -1)],
    total=Decimal("28.45"),
)
KPI = {"name": "Score", "icon": "scale", "tone": "brand", "value": "84.6", "unit": "", "note": ""}


def test_a_bar_is_as_long_as_its_value_and_never_longer() -> None:
    assert 'width="81.35%"' in drawn('<c-bar :value="value" />', value=Decimal("81.35"))
    assert 'width="100%"' in drawn('<c-bar value="130" />')
    assert "bar-mark" in drawn('<c-bar value="5" :mark="mark" />', mark=0)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_numbers_in_drawings_are_the_same_in_every_language(language: str) -> None:
    with translation.override(language):
        assert 'stroke-dasharray="93.5 100"' in drawn('<c-ring :value="value" label="" />', value=Decimal("93.50"))


def test_a_waterfall_writes_a_missing_reading_as_a_dash() -> None:
    page = drawn('<c-waterfall :steps="steps" />', steps=STEPS)
    assert page.count("<li ") == 5
    assert "—<small> / 15</small>" in page
    assert ["27.5" in page, "+2.0" in page, "−1.0" in page, "28.5" in page] == [True] * 4


def test_a_key_figure_does_without_curve_change_and_target() -> None:
    page = drawn('<c-kpi :kpi="kpi" />', kpi=KPI | {"reached": None})
    assert "84.6" in page
    assert not [part for part in ("spark", "delta", "bar-fill") if part in page]


@pytest.mark.parametrize(
    "source",
    [
        '<c-avatar name="林晓雯" />',
        '<c-grade grade="A" />',
        '<c-delta value="1.8" :up="True" :good="False" />',
        '<c-spark :spark="spark" />',
        '<c-donut :slices="slices" value="100" text="points" label="Weights" />',
        '<c-split :segments="segments" />',
        '<c-histogram :columns="columns" label="Spread" />',
        '<c-trend :data="data" label="Trend" />',
        '<c-empty icon="mood-empty" title="Nobody">Try less.</c-empty>',
    ],
)
def test_every_component_draws_something_and_no_style(source: str) -> None:
    page = drawn(
        source,
        spark=shapes.spark([1, 2]),
        slices=shapes.donut([(1, "brand")]),
        segments=shapes.split([(1, "brand")]),
        columns=shapes.histogram([70], 70, 60, 100),
        data={"labels": [], "series": []},
    )
    assert page.strip()
    assert " style=" not in page
    assert "<c-" not in page


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html", "403_csrf.html"])
@pytest.mark.parametrize(("language", "logo"), [("zh-hans", "分明"), ("en", "Fenming")])
def test_pages_of_trouble_need_no_request(name: str, language: str, logo: str) -> None:
    with translation.override(language):
        assert logo in render_to_string(name)


def test_the_sign_in_page_shows_a_demonstrations_accounts_only_where_there_are_any() -> None:
    account = SimpleNamespace(name="周敏", username="zhoumin", password="fenming", note="HR")
    request = RequestFactory().get("/")
    assert "zhoumin" in render_to_string("accounts/sign-in.html", {"demo_logins": [account]}, request)
    assert "data-username" not in render_to_string("accounts/sign-in.html", {}, request)


@pytest.fixture
def in_use(django_user_model: Any) -> None:
    """Somebody has an account, so that the first start is over."""
    django_user_model.objects.create_user("hr")


@pytest.mark.django_db
@pytest.mark.usefixtures("in_use")
def test_signing_in_is_served_under_a_strict_policy(client: Client) -> None:
    page = client.get("/sign-in/")
    assert page.status_code == 200
    assert "'unsafe" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.usefixtures("in_use")
def test_a_lost_session_leads_the_page_and_not_a_panel_to_the_sign_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/board/?month=2026-11"}
    answer = client.get("/sign-in/", {"next": "/board/score/5/"}, headers=headers)
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fboard%2F%3Fmonth%3D2026-11"


@pytest.mark.django_db
@pytest.mark.usefixtures("in_use")
def test_a_visitor_is_led_from_the_front_door_to_the_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/sign-in/"


LONG = "名" * 10_000
NODES = [{"name": LONG, "url": "#", "count": 3, "children": [{"name": "B", "is_current": True, "url": "#b"}]}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<c-heading title="T" lead="L" back="/b/" back-text="Back" />', ["<h1>T</h1>", 'href="/b/"', "Back"]),
        ('<c-tabs><c-tab href="#" current="yes" count="0">A</c-tab></c-tabs>', ['aria-current="page"', ">0</b>"]),
        ('<c-panel title="T"><c-slot name="actions">act</c-slot>body</c-panel>', ["sheet-actions", "act", "body"]),
        ('<c-facts><c-fact label="L"></c-fact></c-facts>', ["<dt>L</dt>", "—"]),
        ('<c-person :name="long" number="N1" />', ["N1"]),
        ('<c-badge tone="amber">B</c-badge>', ["tone-amber", "B"]),
        ('<c-tree :nodes="nodes" />', ["<details", 'href="#b"', 'aria-current="page"']),
        ('<c-timeline><c-moment at="2026" title="T" by="Me">text</c-moment></c-timeline>', ["2026", "Me", "text"]),
        ('<c-note tone="coral" title="T">x</c-note>', ["tone-coral", "alert-circle"]),
        ('<c-empty title="T"><c-slot name="action">A</c-slot></c-empty>', ["empty-action"]),
        ('<c-steps :steps="steps" />', ['aria-current="step"', "rail-done", 'href="#one"']),
        ('<c-progress done="5" of="20" text="t" url="/p/" />', ['width="25%"', 'hx-get="/p/"', 'aria-valuenow="5"']),
        ('<c-progress done="20" of="20" />', ['width="100%"']),
        ('<c-dialog id="d" title="T">x</c-dialog>', ['aria-labelledby="d-title"', "data-closes"]),
        ('<c-confirm id="d" title="T" action="/x/" typed="yes">x</c-confirm>', ['data-typed="yes"', 'action="/x/"']),
        ('<c-copy text="abc" />', ['data-copy="abc"']),
        ('<c-secret masked="••12" url="/s/" />', ["••12", 'hx-post="/s/"']),
        ('<c-help url="/h/" />', ['href="/h/"', 'hx-target="#help-body"']),
        ('<c-menu-button label="L">x</c-menu-button>', ['aria-label="L"']),
        ('<c-skeleton lines="2" />', ["<i></i><i></i>"]),
        ('<c-toast tone="amber">x</c-toast>', ["hx-swap-oob", "tone-amber"]),
        ('<c-tour :steps="tour" url="/t/" />', ["application/json", 'data-url="/t/"', "tour.js"]),
        ('<c-choice name="n" value="v" title="T" checked="yes">x</c-choice>', ["checked", 'value="v"']),
        ('<c-qr label="L" />', ['aria-label="L"']),
    ],
)  # fmt: skip
def test_building_blocks_say_what_they_are_given(source: str, expected: list[str]) -> None:
    steps = [{"name": "1", "state": "done", "url": "#one"}, {"name": "2", "state": "current"}]
    page = drawn(source, long=LONG, nodes=NODES, steps=steps, tour=[{"target": "h1", "title": "</script>", "text": ""}])
    assert [text for text in expected if text not in page] == []
    assert "style=" not in page
    assert "<c-" not in page
    assert len(page) < 12_000 or ":nodes" in source
    assert "</script></script>" not in page.replace(" ", "")


def test_a_finished_progress_asks_no_more() -> None:
    assert "hx-get" not in drawn('<c-progress done="20" of="20" url="" />')


def test_a_head_sorts_by_what_the_address_does_not_sort_by_yet() -> None:
    def head(query: str, source: str = '<c-th sort="name">Name</c-th>') -> str:
        return drawn(source, request=RequestFactory().get(f"/?{query}"))

    assert "order=name" in head("q=x")
    assert "q=x" in head("q=x&page=3")
    assert "page=" not in head("q=x&page=3")
    assert 'aria-sort="ascending"' in head("order=name")
    assert "order=-name" in head("order=name")
    assert 'aria-sort="descending"' in head("order=-name")
    assert "order=-n" in head("", '<c-th sort="n" first="descending">N</c-th>')
    assert "<a" not in head("", "<c-th>Name</c-th>")


def test_pages_keep_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/?q=%E6%9E%97&page=2")
    page = drawn('<c-pager :page="page" />', page=Paginator(range(250), 50).page(2), request=request)
    assert "q=%E6%9E%97&amp;page=3" in page
    assert "51–100" in page
    assert "rel=" not in drawn('<c-pager :page="page" />', page=Paginator([], 50).page(1), request=request)


def test_filters_show_what_the_address_asks_for() -> None:
    source = '<c-filters target="#x"><c-filter name="team" label="Team" :options="teams" /></c-filters>'
    request = RequestFactory().get("/?q=%22%3E%3Cb%3E&team=2")
    page = drawn(source, teams=[(1, "One"), (2, "Two")], request=request)
    assert 'value="2" selected' in page
    assert 'value="1" selected' not in page
    assert "<b>" not in page


class Sample(forms.Form):
    name = forms.CharField(help_text="As in the passport")
    joined = forms.DateField(widget=DayInput, initial=dt.date(2026, 3, 1))
    kind = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])
    leader = forms.CharField(widget=SearchSelect("/people/", text="周敏"), required=False)
    file = forms.FileField(widget=forms.FileInput, required=False)
    agreed = forms.BooleanField()
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_form_draws_every_kind_of_field_and_names_its_errors() -> None:
    with translation.override("en"):
        page = drawn('<c-form :form="form" submit="Save" />', form=Sample({"name": ""}))
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'href="#id_name"' in page
    assert 'type="date"' in page
    assert 'data-url="/people/"' in page
    assert page.count('class="choice"') == 2
    assert page.count('name="hidden"') == 1
    assert "data-once" in page
    assert "multipart/form-data" in page


def test_a_date_is_written_as_the_browser_reads_it() -> None:
    with translation.override("zh-hans"):
        assert 'value="2026-03-01"' in drawn('<c-field :field="field" />', field=Sample()["joined"])


@pytest.mark.parametrize(("todos", "shown"), [({}, False), ({"open_todos": 0}, True), ({"open_todos": 6}, True)])
@pytest.mark.urls("fenming.web.tests.gallery")
def test_the_bell_hangs_where_there_are_to_dos(todos: dict[str, int], shown: bool) -> None:
    page = drawn("<c-bell />", **todos)
    assert ("bell" in page) is shown
    assert ("<b" in page) is bool(todos.get("open_todos"))


def test_a_name_of_another_component_does_not_leak_in() -> None:
    page = drawn('<c-panel title="Outer"><c-slot name="actions">A</c-slot><c-panel>inner</c-panel></c-panel>')
    assert page.count("Outer") == 1
    assert page.count("sheet-actions") == 1
