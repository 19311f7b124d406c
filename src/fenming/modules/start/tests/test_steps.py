"""The steps: in order, one person at a time, nothing lost, and over when they are over."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fenming.controls.operations import SYSTEM
from fenming.library.help import spans, topics
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SmallCompany
from fenming.modules.people.queries.size import places_with_posts
from fenming.modules.schemes.models import SchemeVersion
from fenming.modules.start.models import Setup, TourSeen
from fenming.modules.start.operations.schemes import Chosen, publish_chosen
from fenming.modules.start.queries.suggestions import suggestion
from fenming.modules.start.tests.conftest import COMPANY


def colleague() -> Client:
    """A second system administrator."""
    user = User.objects.create_user("li", "x")
    role = Role.objects.get(code="system_admin")
    Grant.objects.create(user=user, role=role, reach="all", valid_from=timezone.localdate())
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_steps_come_in_their_order_and_can_be_gone_back_to(founder: Client) -> None:
    assert founder.get("/start/schemes/")["Location"] == "/start/company/"
    founder.post("/start/company/", COMPANY)
    page = founder.get("/start/company/").content.decode()
    assert 'value="禾苗优选"' in page
    assert founder.get("/start/")["Location"] == "/start/people/"


def test_what_may_be_skipped_is_and_the_company_is_not(founder: Client) -> None:
    assert founder.post("/start/company/", {"skip": "yes"}).status_code == 200
    founder.post("/start/company/", COMPANY)
    for step in ("people", "schemes", "records", "invitations"):
        assert founder.post(f"/start/{step}/", {"skip": "yes"}).status_code == 302
    assert founder.get("/start/done/").status_code == 200
    assert Setup.objects.get().finished_at is not None
    assert founder.post("/start/company/", COMPANY)["Location"] == "/start/done/"


def test_a_bad_company_is_told_and_stays_typed(founder: Client) -> None:
    page = founder.post("/start/company/", COMPANY | {"name_zh": "", "name_en": "Hemiao"}).content.decode()
    assert 'value="Hemiao"' in page
    assert "This field is required." in page
    assert founder.post("/start/company/", COMPANY | {"time_zone": "Mars/Base"}).status_code == 200


def test_the_second_of_two_people_is_told_keeps_what_was_typed_and_can_take_over(founder: Client) -> None:
    founder.get("/start/company/")
    other = colleague()
    answer = other.post("/start/company/", COMPANY | {"name_en": "Mine"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "陈一 is running the first start right now" in page
    assert 'value="Mine"' in page
    assert other.post("/start/company/", {"take-over": "yes"})["Location"] == "/start/company/"
    assert other.post("/start/company/", COMPANY)["Location"] == "/start/people/"
    assert founder.post("/start/people/", {"skip": "yes"})["Location"] == "/start/people/"
    assert "people" not in Setup.objects.get().done


@pytest.mark.parametrize("page", ["company", "people", "schemes", "records", "invitations"])
def test_every_step_asks_few_questions(page: str, founded: Client, django_assert_max_num_queries: Any) -> None:
    Setup.objects.update(done=["account", "company", "people", "schemes", "records"])
    founded.get(f"/start/{page}/")
    with django_assert_max_num_queries(15):
        assert founded.get(f"/start/{page}/").status_code == 200


@pytest.mark.parametrize(
    "given", [{"way": "take"}, {"way": "discard"}, {"way": "\0"}, {"file": "no file"}, {}, {"way": "x" * 5000}]
)
def test_records_without_a_file_are_asked_for(given: dict[str, str], founded: Client) -> None:
    Setup.objects.update(done=["account", "company", "people", "schemes"])
    assert founded.post("/start/records/", given).status_code == 200
    assert founded.get("/start/records/progress/").status_code == 200


@pytest.mark.parametrize(
    ("texts", "scheme"),
    [
        (("kefubu", "客服部"), "customer_service"), (("x", "配送员"), "courier"), (("wuliu", "物流部"), "logistics"),
        (("x", "人力资源部"), "hr"), (("store_manager", "店长"), "store"), (("x", "总裁办"), ""),
        (("x", "Threshold"), ""),
        (("customer_service", ""), "customer_service"), (("x", "新媒体中心"), "new_media"),
    ],
)  # fmt: skip
def test_a_scheme_is_suggested_by_names(texts: tuple[str, ...], scheme: str) -> None:
    assert suggestion(*texts) == scheme


def test_schemes_chosen_anew_replace_those_before(small_company: SmallCompany) -> None:
    place = next(one for one in places_with_posts() if one.code == "logistics")
    SchemeVersion.objects.all().delete()
    start = timezone.localdate().replace(day=1)
    for _ in range(2):
        publish_chosen(SYSTEM, [Chosen(place=place, scheme="logistics")], start)
        assert [one.identifier for one in SchemeVersion.objects.all()] == ["logistics"]
    publish_chosen(SYSTEM, [Chosen(place=place, scheme="design")], start)
    assert [one.identifier for one in SchemeVersion.objects.all()] == ["design-logistics"]


def test_topics_can_be_read_searched_and_opened_beside_a_page(founder: Client) -> None:
    assert topics().keys() >= {
        "first-start", "people", "import", "assignments", "invitations", "roles-and-scopes", "indicators", "schemes",
        "what-if", "cycles", "goals", "reviews", "calibration", "appeals", "my-performance", "messages",
        "operation-log",
    }  # fmt: skip
    for one in topics():
        assert one in reverse("help-topic", args=[one])
        assert founder.get(f"/help/{one}/").status_code == 200
        beside = founder.get(f"/help/{one}/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in beside
    assert founder.get("/help/nothing/").status_code == 404
    assert "Nothing found" in founder.get("/help/", {"q": "\0<script>"}).content.decode()
    assert Client().get("/help/")["Location"].startswith("/sign-in/")


def test_help_links_lead_nowhere_outside() -> None:
    line = "a [b](/start/) [c](//evil.example) [d](javascript:x) [e](https://evil.example) <script>"
    assert [one.url for one in spans(line) if one.url] == ["/start/"]


def test_a_tour_is_shown_once_and_again_when_asked(founder: Client) -> None:
    assert "fenming-tour" in founder.get("/people/").content.decode()
    for _ in range(2):
        assert founder.post("/tours/hr/seen/").status_code == 204
    assert TourSeen.objects.count() == 1
    assert "fenming-tour" not in founder.get("/people/").content.decode()
    assert "fenming-tour" in founder.get("/people/?tour=again").content.decode()
    assert founder.post("/tours/none/seen/").status_code == 404
