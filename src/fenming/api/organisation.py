"""The organisation: where people work, by codes."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_noop
from ninja import Router

from fenming.api.security import Key, KeyRequest
from fenming.api.shapes import Told
from fenming.modules.people.queries import exchange

router = Router(tags=["organisation"])


class Named(Told):
    code: str
    name_zh: str
    name_en: str


class Department(Named):
    parent: str | None
    region: str | None
    closed_on: date | None


class Post(Named):
    department: str | None
    closed_on: date | None


class Store(Named):
    region: str | None
    closed_on: date | None


class Shop(Named):
    platform: str
    region: str | None
    closed_on: date | None


class Region(Named):
    closed_on: date | None


class Departments(Told):
    items: list[Department]


class Posts(Told):
    items: list[Post]


class Stores(Told):
    items: list[Store]


class Shops(Told):
    items: list[Shop]


class Regions(Told):
    items: list[Region]


@router.get("/departments", auth=Key("organisation.view"), response=Departments, operation_id="list_departments",
            summary=gettext_noop("Departments in reach"))  # fmt: skip
def list_departments(request: KeyRequest) -> Departments:
    found = list(exchange.departments(request.scope))
    known = {one.pk for one in found}
    rows = [
        Department(
            **_named(one), closed_on=one.closed_on, region=_code(one.region),
            parent=_code(one.parent) if one.parent_id in known else None,
        )
        for one in found
    ]  # fmt: skip
    return Departments(items=rows)


@router.get("/posts", auth=Key("organisation.view"), response=Posts, operation_id="list_posts",
            summary=gettext_noop("Posts in reach"))  # fmt: skip
def list_posts(request: KeyRequest) -> Posts:
    return Posts(
        items=[
            Post(**_named(one), closed_on=one.closed_on, department=_code(one.department))
            for one in exchange.posts(request.scope)
        ]
    )


@router.get("/stores", auth=Key("organisation.view"), response=Stores, operation_id="list_stores",
            summary=gettext_noop("Stores in reach"))  # fmt: skip
def list_stores(request: KeyRequest) -> Stores:
    return Stores(
        items=[
            Store(**_named(one), closed_on=one.closed_on, region=_code(one.region))
            for one in exchange.stores(request.scope)
        ]
    )


@router.get("/shops", auth=Key("organisation.view"), response=Shops, operation_id="list_shops",
            summary=gettext_noop("Shops on platforms, of the regions in reach"))  # fmt: skip
def list_shops(request: KeyRequest) -> Shops:
    return Shops(
        items=[
            Shop(**_named(one), closed_on=one.closed_on, platform=one.platform, region=_code(one.region))
            for one in exchange.shops(request.scope)
        ]
    )


@router.get("/regions", auth=Key("organisation.view"), response=Regions, operation_id="list_regions",
            summary=gettext_noop("Regions in reach"))  # fmt: skip
def list_regions(request: KeyRequest) -> Regions:
    return Regions(items=[Region(**_named(one), closed_on=one.closed_on) for one in exchange.regions(request.scope)])


def _named(one: Any) -> dict[str, Any]:
    return {"code": one.code, "name_zh": one.name_zh, "name_en": one.name_en}


def _code(one: Any) -> str | None:
    return one.code if one else None
