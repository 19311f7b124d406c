from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler  # type: ignore[import-untyped]  # it ships no types

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
    assert "zhoumin" in render_to_string("sign-in.html", {"demo_logins": [account]}, request)
    assert "data-username" not in render_to_string("sign-in.html", {}, request)


@pytest.mark.django_db
def test_signing_in_is_served_under_a_strict_policy(client: Client) -> None:
    page = client.get("/sign-in/")
    assert page.status_code == 200
    assert "'unsafe" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_a_lost_session_leads_the_page_and_not_a_panel_to_the_sign_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/board/?month=2026-11"}
    answer = client.get("/sign-in/", {"next": "/board/score/5/"}, headers=headers)
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fboard%2F%3Fmonth%3D2026-11"


def test_a_visitor_is_led_from_the_front_door_to_the_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/sign-in/"
