"""The organisation as people see it and change it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenming.controls.models import Operation
from fenming.controls.operations import SYSTEM
from fenming.controls.scope import Scope
from fenming.library.text import Refusal
from fenming.modules.accounts.models import Grant, Role, User
from fenming.modules.conftest import SignIn, SmallCompany
from fenming.modules.people.chart import drawn
from fenming.modules.people.models import Assignment, CustomField, Department, Post, Region, Shop, Store
from fenming.modules.people.operations import organisation as operations
from fenming.modules.people.queries import organisation as queries

ALL = Scope.all()
TODAY = timezone.localdate()


@pytest.fixture
def company(small_company: SmallCompany) -> SmallCompany:
    """Customer service in the east with a group below it, logistics in the west; two stores, a shop in each region."""
    east, west = (Region.objects.create(code=code, name_zh=name) for code, name in (("east", "华东"), ("west", "华西")))
    Department.objects.filter(code="customer_service").update(region=east)
    Department.objects.filter(code="logistics").update(region=west)
    top = Department.objects.get(code="customer_service")
    group = Department.objects.create(code="presale", name_zh="售前组", name_en="Presale", parent=top, position=9)
    Assignment.objects.filter(employee__number="KF4").update(department=group)
    for region in (east, west):
        Store.objects.create(code=f"store-{region.code}", name_zh=f"{region.name_zh}店", region=region)
        Shop.objects.create(
            code=f"shop-{region.code}", name_zh=f"{region.name_zh}旗舰店", platform="京东", region=region
        )
    grant = {"role": Role.objects.get(code="region_hr"), "reach": "region", "listed": {"regions": [east.pk]}}
    Grant.objects.create(user=User.objects.get(username="KF3"), valid_from=date(2026, 1, 1), **grant)
    return small_company


def department(code: str) -> Department:
    return Department.objects.get(code=code)


def version(code: str) -> int:
    return department(code).version


def url_of(name: str, code: str) -> str:
    kind = [] if name == "department" else ["departments"]
    return reverse(name, args=[*kind, department(code).pk])


def shown(client: Any, code: str) -> str:
    return str(client.get(url_of("department", code)).content.decode())


def page(client: Any, name: str, *args: str, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def moved(code: str, below: str | None) -> Department:
    parent = department(below) if below else None
    return operations.change(SYSTEM, department(code), {"parent": parent}, version=version(code))


# What is seen


def test_heads_are_counted_with_those_below(company: SmallCompany) -> None:
    tree = queries.tree(ALL, ALL, queries.Asked(day=TODAY))
    assert {one.row.code: one.count for one in tree.nodes.values()} == {
        "customer_service": 4, "presale": 1, "logistics": 3,
    }  # fmt: skip
    assert tree.people == 7
    before = queries.tree(ALL, ALL, queries.Asked(day=date(2024, 12, 31)))
    assert before.people == 0


def test_only_people_within_reach_are_counted(company: SmallCompany) -> None:
    mine = Scope(employees=frozenset({company.ids["KF4"]}))
    tree = queries.tree(ALL, mine, queries.Asked(day=TODAY))
    assert [one.count for one in tree.nodes.values() if one.row.code == "customer_service"] == [1]


@pytest.mark.usefixtures("company")
def test_the_page_shows_the_department_with_its_head_its_posts_and_its_region(signed_in: SignIn) -> None:
    Assignment.objects.filter(employee__number__in=["KF2", "KF3"]).update(manager=company_id("KF1"))
    text = shown(signed_in("hr"), "customer_service")
    assert "Led by" in text
    assert reverse("person", args=["KF1"]) in text
    assert "华东" in text
    assert "from above" in shown(signed_in("hr"), "presale")


def company_id(number: str) -> int:
    return int(Assignment.objects.values_list("employee_id", flat=True).get(employee__number=number))


@pytest.mark.usefixtures("company")
def test_a_regional_hr_sees_the_own_region_and_nothing_else(signed_in: SignIn) -> None:
    client = signed_in("KF3")
    text = page(client, "organisation")
    assert "Customer service" in text
    assert "Logistics" not in text
    assert client.get(url_of("department", "logistics")).status_code == 404
    stores, shops, regions = (page(client, "places", kind) for kind in ("stores", "shops", "regions"))
    for one in (stores, shops, regions):
        assert "华东" in one
        assert "华西" not in one


@pytest.mark.usefixtures("company")
def test_of_departments_above_ones_region_only_the_names_are_shown(signed_in: SignIn) -> None:
    head = Department.objects.create(code="head", name_zh="总部", name_en="Head office")
    Department.objects.filter(code__in=["customer_service", "logistics"]).update(parent=head)
    client = signed_in("KF3")
    text = page(client, "organisation")
    assert "Head office" in text
    assert url_of("department", "head") not in text
    assert "Logistics" not in text
    assert client.get(url_of("department", "head")).status_code == 404
    assert "Head office" in shown(client, "customer_service")


@pytest.mark.usefixtures("company")
def test_the_first_department_in_reach_is_open_where_none_was_chosen(signed_in: SignIn) -> None:
    head = Department.objects.create(code="head", name_zh="总部", name_en="Head office")
    Department.objects.filter(code__in=["customer_service", "logistics"]).update(parent=head)
    for user, code in (("hr", "head"), ("KF3", "customer_service")):
        text = page(signed_in(user), "organisation")
        assert f'href="{url_of("department", code)}" aria-current="page"' in text
        assert "Who works here" in text


@pytest.mark.usefixtures("company")
def test_departments_are_found_by_pinyin_and_closed_ones_on_demand(signed_in: SignIn) -> None:
    Department.objects.create(code="old", name_zh="旧部门", name_en="Old one", closed_on=TODAY)
    client = signed_in("hr")
    assert "Presale" in page(client, "organisation", q="shouqian")
    assert "Logistics" not in page(client, "organisation", q="shouqian")
    assert "Old one" not in page(client, "organisation")
    assert "Old one" in page(client, "organisation", closed="1")


@pytest.mark.usefixtures("company")
def test_hostile_addresses_are_no_fault(signed_in: SignIn) -> None:
    client = signed_in("hr")
    for query in ({"q": "\0%_'\"<b>"}, {"on": "2026-02-31"}, {"on": "9999-99-99"}, {"q": "x" * 5000}):
        assert client.get(reverse("organisation"), query).status_code == 200
    assert client.get(f"/organisation/departments/{2**70}/").status_code == 404
    assert client.get("/organisation/cellars/").status_code == 404
    assert client.get(f"/organisation/edit/posts/{2**70}/").status_code == 404
    assert (
        client.post(
            f"/organisation/edit/posts/{Post.objects.get(code='cs_agent').pk}/delete/", {"version": "9" * 40}
        ).status_code
        == 302
    )


@pytest.mark.usefixtures("company")
def test_pages_take_few_queries(signed_in: SignIn, django_assert_max_num_queries: Any) -> None:
    CustomField.objects.create(code="cost", name_zh="成本中心", on="department", seen_with="people.own")
    for name in ("hr", "KF3", "KF1"):
        client = signed_in(name)
        addresses = [reverse("organisation"), url_of("department", "customer_service")]
        addresses += [reverse("places", args=[kind]) for kind in ("posts", "stores", "shops", "regions")]
        for address in addresses:
            with django_assert_max_num_queries(15):
                assert client.get(address).status_code == 200
    client = signed_in("hr")
    for address in (
        reverse("place-new", args=["departments"]),
        reverse("place-edit", args=["stores", Store.objects.get(code="store-east").pk]),
    ):
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200


# What is changed


@pytest.mark.usefixtures("company")
def test_a_department_gets_a_code_of_its_name_and_its_place_in_the_tree(signed_in: SignIn) -> None:
    client, below = signed_in("hr"), department("customer_service")
    address = reverse("place-new", args=["departments"])
    assert 'value="shouhouzu"' in client.get(address, {"name_zh": "售后组"}).content.decode()
    typed = {"name_zh": "售后组", "parent": below.pk, "version": 0}
    assert client.post(address, typed).status_code == 302
    made = department("shouhouzu")
    assert (made.parent_id, made.position) == (below.pk, 10)
    entry = Operation.objects.get(action="organisation.found")
    assert entry.after["parent"] == "customer_service"
    again = client.post(address, typed)
    assert "Use this name anyway" in again.content.decode()
    assert client.post(address, typed | {"anyway": "on"}).status_code == 302
    assert Department.objects.filter(name_zh="售后组").count() == 2


@pytest.mark.usefixtures("company")
def test_a_taken_code_is_refused_and_what_was_typed_stays(signed_in: SignIn) -> None:
    typed = {"name_zh": "另一个<b>", "code": "Presale", "version": 0}
    text = signed_in("hr").post(reverse("place-new", args=["departments"]), typed).content.decode()
    assert "The code Presale is taken" in text
    assert "另一个&lt;b&gt;" in text


@pytest.mark.usefixtures("company")
def test_a_circle_is_refused_and_named() -> None:
    leaf = operations.found(
        SYSTEM, Department, "leaf", {"name_zh": "叶", "name_en": "Leaf", "parent": department("presale")}
    )
    with pytest.raises(Refusal, match="Customer service → Presale → Leaf → Customer service"):
        moved("customer_service", "leaf")
    assert department("customer_service").parent is None
    with pytest.raises(Refusal, match="Leaf → Leaf"):
        moved(leaf.code, leaf.code)


@given(moves=st.lists(st.tuples(st.integers(0, 7), st.integers(-1, 7)), max_size=25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_whatever_is_moved_there_is_no_circle_and_the_heads_add_up(moves: list[tuple[int, int]]) -> None:
    Assignment.objects.all().delete()
    Department.objects.all().update(parent=None)
    Department.objects.all().delete()
    Department.objects.bulk_create(Department(code=f"d{at}", name_zh=f"部{at}") for at in range(8))
    ids = dict(Department.objects.values_list("code", "id"))
    heads = {ids[f"d{at}"]: at + 1 for at in range(8)}
    for one, below in moves:
        try:
            moved(f"d{one}", f"d{below}" if below >= 0 else None)
        except Refusal:
            continue
    rows = {one.id: one for one in queries._rows()}
    total = queries._with_below(rows, heads)
    roots = [one for one in rows.values() if one.parent is None]
    assert sum(total[one.id] for one in roots) == sum(heads.values())
    for one in rows.values():
        assert total[one.id] == heads[one.id] + sum(total[kid.id] for kid in rows.values() if kid.parent == one.id)


@pytest.mark.usefixtures("company")
def test_a_department_with_people_stays_open_and_says_who(signed_in: SignIn) -> None:
    client = signed_in("hr")
    address = url_of("place-close", "presale")
    typed = {"day": str(TODAY), "version": version("presale")}
    text = client.post(address, typed).content.decode()
    assert "1 person works there on that day or later: 李娜 KF4" in text
    assert f"{reverse('people')}?department={department('presale').pk}" in text
    Assignment.objects.filter(employee__number="KF4").update(valid_to=TODAY)
    assert client.post(address, typed).status_code == 302
    assert department("presale").closed_on == TODAY
    client.post(url_of("place-reopen", "presale"), {"version": version("presale")})
    assert department("presale").closed_on is None


@pytest.mark.usefixtures("company")
def test_nobody_is_named_to_somebody_who_may_not_see_people() -> None:
    with pytest.raises(operations.Occupied) as refused:
        operations.close(SYSTEM, department("presale"), TODAY, version=version("presale"))
    assert "李娜" not in str(refused.value)


@pytest.mark.usefixtures("company")
def test_open_departments_do_not_stand_below_closed_ones() -> None:
    top = operations.found(SYSTEM, Department, "top", {"name_zh": "顶"})
    below = operations.found(SYSTEM, Department, "below", {"name_zh": "底", "name_en": "Below", "parent": top})
    with pytest.raises(Refusal, match="Below"):
        operations.close(SYSTEM, top, TODAY, version=1)
    operations.close(SYSTEM, below, TODAY, version=1)
    operations.close(SYSTEM, top, TODAY, version=1)
    with pytest.raises(Refusal, match="is closed"):
        operations.reopen(SYSTEM, below, version=2)
    with pytest.raises(Refusal, match="is closed"):
        operations.found(SYSTEM, Department, "more", {"name_zh": "新", "parent": top})


@pytest.mark.usefixtures("company")
def test_the_second_of_two_editors_is_told_and_keeps_the_own_input(signed_in: SignIn) -> None:
    client, opened = signed_in("hr"), version("presale")
    operations.change(SYSTEM, department("presale"), {"name_en": "Before the sale"}, version=opened)
    typed = {"name_zh": "售前", "name_en": "Mine", "version": opened, "parent": department("customer_service").pk}
    address = url_of("place-edit", "presale")
    text = client.post(address, typed).content.decode()
    assert "Before the sale" in text
    assert 'value="Mine"' in text
    assert department("presale").name_en == "Before the sale"
    assert f'name="version" value="{opened + 1}"' in text
    assert client.post(address, typed | {"version": opened + 1}).status_code == 302
    assert department("presale").name_en == "Mine"


@pytest.mark.usefixtures("company")
def test_only_what_nothing_refers_to_is_deleted() -> None:
    for kind, code in (("departments", "customer_service"), ("posts", "cs_agent"), ("regions", "east")):
        place: Any = queries.KINDS[kind]._default_manager.get(code=code)
        with pytest.raises(Refusal):
            operations.drop(SYSTEM, place, version=place.version)
    spare = operations.found(SYSTEM, Post, "spare", {"name_zh": "备用"})
    operations.drop(SYSTEM, spare, version=1)
    assert not Post.objects.filter(code="spare").exists()


@pytest.mark.usefixtures("company")
def test_a_store_lies_in_the_region_of_its_peoples_departments() -> None:
    store, west = Store.objects.get(code="store-east"), Region.objects.get(code="west")
    Assignment.objects.filter(employee__number="KF4").update(store=store)
    with pytest.raises(Refusal, match="李娜 KF4"):
        operations.change(SYSTEM, store, {"region": west}, version=1, seen=ALL)
    with pytest.raises(Refusal, match="李娜 KF4"):
        operations.change(SYSTEM, department("presale"), {"parent": department("logistics")}, version=1, seen=ALL)
    store.refresh_from_db()
    assert store.region.code == "east"
    assert department("presale").parent.code == "customer_service"


@pytest.mark.usefixtures("company")
def test_own_fields_are_kept_with_the_department_and_hidden_ones_are_masked_in_the_log(signed_in: SignIn) -> None:
    CustomField.objects.create(code="cost", name_zh="成本中心", on="department", kind="number", seen_with="people.own")
    CustomField.objects.create(code="rent", name_zh="租金", on="department", seen_with="people.unmask")
    typed = {"name_zh": "售前组", "name_en": "Presale", "version": 1, "own_cost": "1,000", "own_rent": "secret"}
    typed["parent"] = str(department("customer_service").pk)
    assert signed_in("hr").post(url_of("place-edit", "presale"), typed).status_code == 302
    assert department("presale").custom == {"cost": "1000", "rent": "secret"}
    entry = Operation.objects.get(action="organisation.change")
    assert "secret" not in str(entry.after)
    assert entry.after["field cost"] == "1000"
    assert "secret" not in shown(signed_in("KF3"), "presale")
    assert "1000" in shown(signed_in("KF3"), "presale")


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("name", ["KF1", "KF2", "KF3"])
def test_others_do_not_edit(signed_in: SignIn, name: str) -> None:
    client = signed_in(name)
    for address in (reverse("place-new", args=["posts"]), url_of("place-edit", "presale")):
        assert client.get(address).status_code == 403
        assert client.post(address, {"name_zh": "x", "version": 1}).status_code == 403


@pytest.mark.usefixtures("company")
def test_an_editor_of_one_region_only_does_not_edit_the_company(signed_in: SignIn) -> None:
    Grant.objects.create(
        user=User.objects.get(username="KF2"), role=Role.objects.get(code="hr"), reach="region", valid_from=TODAY,
        listed={"regions": [Region.objects.get(code="east").pk]},
    )  # fmt: skip
    assert signed_in("KF2").get(url_of("place-edit", "presale")).status_code == 403
    assert "New department" not in page(signed_in("KF2"), "organisation")


@pytest.mark.usefixtures("company")
def test_a_day_to_come_closes_on_that_day() -> None:
    soon = TODAY + timedelta(days=7)
    post = operations.found(SYSTEM, Post, "spare", {"name_zh": "备用"})
    operations.close(SYSTEM, post, soon, version=1)
    asked = queries.Asked(day=TODAY), queries.Asked(day=soon)
    now, then = ({one.place.code for one in queries.listed("posts", ALL, ALL, one)} for one in asked)
    assert "spare" in now
    assert "spare" not in then


@pytest.mark.usefixtures("company")
def test_the_chart_draws_each_department_in_reach_once_and_no_two_at_one_place(signed_in: SignIn) -> None:
    tree = queries.tree(ALL, ALL, queries.Asked(day=TODAY))
    chart = drawn(tree.roots)
    assert len(chart.boxes) == len({(one.x, one.y) for one in chart.boxes}) == 3
    assert len(chart.lines) == 1
    assert "Logistics" in page(signed_in("hr"), "organisation-chart")
    assert "Logistics" not in page(signed_in("KF3"), "organisation-chart")


@pytest.mark.usefixtures("company")
def test_departments_stand_in_at_most_twelve_levels(signed_in: SignIn) -> None:
    at = None
    for level in range(queries.MOST_STOREYS):
        at = operations.found(SYSTEM, Department, f"l{level}", {"name_zh": f"级{level}", "parent": at})
    with pytest.raises(Refusal, match="at most 12 levels"):
        operations.found(SYSTEM, Department, "l12", {"name_zh": "级12", "parent": at})
    with pytest.raises(Refusal, match="at most 12 levels"):
        moved("l0", "presale")
    assert "级11" in page(signed_in("hr"), "organisation")
    assert "级11" in page(signed_in("hr"), "organisation-chart")
