"""Fact types: the business events that Fenming keeps, column by column."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import Field

from fenming.library.files import load_folder
from fenming.library.text import Model, Words, did_you_mean, refuse

ColumnType = Literal["text", "int", "bool", "money", "decimal", "time", "duration"]


class Column(Model):
    """One field of a fact. A duration is kept in milliseconds, money in yuan with two decimals."""

    type: ColumnType
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        return Words(zh=self.zh, en=self.en)


class EventTime(Model):
    """When the event happened: the header names under which exports give it."""

    zh: str
    en: str
    aliases: tuple[str, ...] = ()


class FactType(Model):
    """A kind of business event: its natural key, its time and its columns."""

    id: str
    name: Words
    about: Words
    departments: tuple[str, ...]
    key: tuple[str, ...]
    happens: EventTime
    columns: Mapping[str, Column] = Field(min_length=1)

    @property
    def all_columns(self) -> dict[str, Column]:
        """The fact's own columns after those that every fact has."""
        return {**KEYS, **self.columns}


KEYS: Mapping[str, Column] = {
    "employee": Column(
        type="text",
        zh="员工",
        en="Employee",
        aliases=(
            "工号",
            "客服",
            "客服姓名",
            "员工姓名",
            "姓名",
            "Agent",
            "server",
            "收款员",
            "销售代表",
            "sr_id",
            "旺旺昵称",
            "客服昵称",
            "负责人",
            "配送员",
            "设计师",
            "编辑",
            "employee_id",
            "营业员",
            "导购",
            "坐席",
        ),
    ),
    "account": Column(type="text", zh="账号", en="Account", aliases=("客服账号", "账号名称", "子账号", "account_id")),
    "platform": Column(type="text", zh="平台", en="Platform", aliases=("电商平台",)),
    "shop": Column(type="text", zh="店铺", en="Shop", aliases=("店铺名", "店铺名称", "网店", "shop_id")),
    "store": Column(type="text", zh="门店", en="Store", aliases=("门店名称", "门店编号", "store_id")),
    "region": Column(type="text", zh="区域", en="Region", aliases=("大区", "收货地址", "省份", "地区")),
    "department": Column(type="text", zh="部门", en="Department", aliases=("所属部门", "部门名称")),
    "member": Column(
        type="text",
        zh="会员",
        en="Member",
        aliases=("会员编号", "会员ID", "买家", "买家昵称", "客户", "household_id", "CustomerID", "user_id", "买家ID"),
    ),
}
"""The keys that every fact may have, whatever its type."""


@cache
def fact_types() -> dict[str, FactType]:
    """Every shipped fact type by id."""
    return load_folder("facts", FactType)


def fact_type(name: str) -> FactType:
    """The fact type of this id; an unknown one raises with the nearest names."""
    known = fact_types()
    if name not in known:
        near = did_you_mean(name, list(known))
        raise refuse(f"没有业务类型“{name}”。{near.zh}", f"There is no fact type “{name}”.{near.en}")
    return known[name]
