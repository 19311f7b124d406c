"""Where people work: departments, teams, posts, shops, stores and routes."""

from collections.abc import Mapping
from dataclasses import dataclass

from fenming.library.text import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An online shop. A shop with `shared_account` has only that one service account, used in turns."""

    id: str
    platform: str
    code: str
    name: Words
    shared_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A mother-and-baby store."""

    id: str
    name: Words
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team as founded: its people hold `post`, the first of them `lead`."""

    id: str
    department: str
    name: Words
    size: int
    post: str
    lead: str
    base: int
    shop: str | None = None
    store: str | None = None


def _posts() -> dict[str, Words]:
    rows = (
        ("cs_agent", "客服专员", "Service agent"),
        ("cs_lead", "客服主管", "Service lead"),
        ("courier", "配送员", "Courier"),
        ("dispatcher", "发运调度", "Dispatcher"),
        ("logistics_clerk", "物流专员", "Logistics clerk"),
        ("sales_rep", "销售代表", "Sales representative"),
        ("account_manager", "大客户经理", "Account manager"),
        ("channel_manager", "渠道经理", "Channel manager"),
        ("operator", "店铺运营", "Shop operator"),
        ("live_operator", "直播运营", "Live operator"),
        ("community_operator", "社群运营", "Community operator"),
        ("editor", "图文编辑", "Editor"),
        ("video_creator", "短视频编导", "Video creator"),
        ("community_editor", "社区编辑", "Community editor"),
        ("designer", "设计师", "Designer"),
        ("visual_lead", "视觉主管", "Visual lead"),
        ("accountant", "会计", "Accountant"),
        ("cashier", "出纳", "Cashier"),
        ("tax_clerk", "税务专员", "Tax clerk"),
        ("recruiter", "招聘专员", "Recruiter"),
        ("trainer", "培训专员", "Trainer"),
        ("hr_specialist", "人事专员", "HR specialist"),
        ("store_manager", "门店店长", "Store manager"),
        ("store_clerk", "门店导购", "Store clerk"),
    )
    return {one: Words(zh=zh, en=en) for one, zh, en in rows}


def _shops() -> dict[str, Shop]:
    return {
        one.id: one
        for one in (
            Shop(id="天猫旗舰店", platform="天猫", code="TM", name=Words(zh="禾苗天猫旗舰店", en="Hemiao on Tmall")),
            Shop(id="抖音小店", platform="抖音", code="DY", name=Words(zh="禾苗抖音小店", en="Hemiao on Douyin")),
            Shop(id="京东旗舰店", platform="京东", code="JD", name=Words(zh="禾苗京东旗舰店", en="Hemiao on JD"),
                 shared_account="京东客服01"),
            Shop(id="唯品会店", platform="唯品会", code="VIP", name=Words(zh="禾苗唯品会店", en="Hemiao on VIP"),
                 shared_account="唯品会客服01"),
        )
    }  # fmt: skip


def _stores() -> dict[str, Store]:
    rows = (
        ("杭州滨江店", "Hangzhou Binjiang", "zhejiang"),
        ("杭州城西店", "Hangzhou West", "zhejiang"),
        ("宁波鄞州店", "Ningbo Yinzhou", "zhejiang"),
        ("苏州园区店", "Suzhou SIP", "jiangsu"),
        ("南京新街口店", "Nanjing Xinjiekou", "jiangsu"),
        ("上海浦东店", "Shanghai Pudong", "shanghai"),
    )
    return {zh: Store(id=zh, name=Words(zh=zh, en=en), region=region) for zh, en, region in rows}


DEPARTMENTS: Mapping[str, Words] = {
    "customer_service": Words(zh="客服部", en="Customer service"),
    "logistics": Words(zh="物流发展部", en="Logistics"),
    "business": Words(zh="业务发展部", en="Business development"),
    "operations": Words(zh="运营部", en="Operations"),
    "new_media": Words(zh="新媒体发展部", en="New media"),
    "design": Words(zh="设计部", en="Design"),
    "finance": Words(zh="财务部", en="Finance"),
    "hr": Words(zh="人力资源部", en="Human resources"),
    "stores": Words(zh="母婴门店部", en="Stores"),
}
PREFIXES: Mapping[str, str] = {
    "customer_service": "KF", "logistics": "WL", "business": "YW", "operations": "YY", "new_media": "XM",
    "design": "SJ", "finance": "CW", "hr": "RS", "stores": "MD",
}  # fmt: skip
"""How employee numbers begin, by the department of the first post."""
POSTS: Mapping[str, Words] = _posts()
SHOPS: Mapping[str, Shop] = _shops()
STORES: Mapping[str, Store] = _stores()
STORE_REGIONS: Mapping[str, Words] = {
    "zhejiang": Words(zh="浙江", en="Zhejiang"),
    "jiangsu": Words(zh="江苏", en="Jiangsu"),
    "shanghai": Words(zh="上海", en="Shanghai"),
}
"""The regions of the stores, by code."""
REGIONS = ("华东", "华南", "华北", "华中", "西南", "东北", "西北")
STORE_SIZES = (4, 4, 3, 3, 3, 3)
LEADS: Mapping[str, str] = {
    "cs_agent": "cs_lead",
    "designer": "visual_lead",
    "sales_rep": "account_manager",
    "channel_manager": "account_manager",
}
"""The post of a team's first person, where it differs from the team's."""


def _teams() -> dict[str, Team]:
    rows = (
        ("tmall_presale", "customer_service", "天猫售前组", "Tmall pre-sale", 30, "cs_agent", 5200, "天猫旗舰店"),
        ("tmall_aftersale", "customer_service", "天猫售后组", "Tmall after-sale", 20, "cs_agent", 5400, "天猫旗舰店"),
        ("douyin_service", "customer_service", "抖音客服组", "Douyin service", 35, "cs_agent", 5200, "抖音小店"),
        ("jd_vip_service", "customer_service", "京东唯品会组", "JD and VIP service", 5, "cs_agent", 5300, "京东旗舰店"),
        ("courier_east", "logistics", "城东配送组", "Couriers east", 14, "courier", 5600, None),
        ("courier_west", "logistics", "城西配送组", "Couriers west", 14, "courier", 5600, None),
        ("courier_north", "logistics", "城北配送组", "Couriers north", 14, "courier", 5600, None),
        ("dispatch", "logistics", "干线发运组", "Dispatch", 12, "dispatcher", 5800, None),
        ("logistics_office", "logistics", "物流内勤组", "Logistics office", 6, "logistics_clerk", 5600, None),
        ("sales_east", "business", "华东业务组", "Sales east", 12, "sales_rep", 6500, None),
        ("sales_south", "business", "华南业务组", "Sales south", 11, "sales_rep", 6500, None),
        ("sales_north", "business", "华北业务组", "Sales north", 11, "sales_rep", 6500, None),
        ("sales_channel", "business", "渠道业务组", "Sales channels", 11, "channel_manager", 7200, None),
        ("ops_tmall", "operations", "天猫运营组", "Tmall operations", 9, "operator", 7500, "天猫旗舰店"),
        ("ops_douyin", "operations", "抖音直播组", "Douyin live", 9, "live_operator", 7500, "抖音小店"),
        ("ops_community", "operations", "社群运营组", "Community", 7, "community_operator", 7300, "京东旗舰店"),
        ("media_wechat", "new_media", "公众号组", "WeChat articles", 7, "editor", 7000, None),
        ("media_video", "new_media", "短视频组", "Short video", 8, "video_creator", 7200, None),
        ("media_notes", "new_media", "小红书组", "Xiaohongshu notes", 5, "community_editor", 7000, None),
        ("design_page", "design", "页面设计组", "Page design", 9, "designer", 8000, None),
        ("design_brand", "design", "品牌设计组", "Brand design", 7, "designer", 8200, None),
        ("accounting", "finance", "核算组", "Accounting", 7, "accountant", 7200, None),
        ("treasury", "finance", "资金组", "Treasury", 3, "cashier", 6800, None),
        ("tax", "finance", "税务组", "Tax", 2, "tax_clerk", 7600, None),
        ("recruiting", "hr", "招聘组", "Recruiting", 4, "recruiter", 7000, None),
        ("training", "hr", "培训组", "Training", 2, "trainer", 7000, None),
        ("relations", "hr", "员工关系组", "Employee relations", 6, "hr_specialist", 7000, None),
    )
    teams = {
        one: Team(id=one, department=department, name=Words(zh=zh, en=en), size=size, post=post,
                  lead=LEADS.get(post, post), base=base, shop=shop)
        for one, department, zh, en, size, post, base, shop in rows
    }  # fmt: skip
    return {**teams, **_store_teams()}


def _store_teams() -> dict[str, Team]:
    return {
        f"store_{place}": Team(
            id=f"store_{place}", department="stores", name=store.name, size=size, post="store_clerk",
            lead="store_manager", base=4800, store=store.id,
        )
        for place, (store, size) in enumerate(zip(STORES.values(), STORE_SIZES, strict=True), start=1)
    }  # fmt: skip


TEAMS: Mapping[str, Team] = _teams()
