"""What is hidden in the demo's facts, in words and with the query that shows it."""

from dataclasses import dataclass

from fenming.library.text import Words
from fenming.pipeline.demo.parcels import BREAKING_ROUTE, BREAKS_ON_RETURN
from fenming.pipeline.demo.retail import LOSING_STORE
from fenming.pipeline.demo.sales import CUTTING_TEAM, REGION_OF
from fenming.pipeline.demo.service import FAST_BUT_UNSOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One planted cause: `query` runs on tables named like the fact types and lists the culprit first."""

    id: str
    title: Words
    told: Words
    fact: str
    by: str
    """The column whose breakdown shows it."""
    culprit: str
    query: str


LATEST = "date_trunc('month', (SELECT max(occurred_at) FROM {fact}))"
DAMAGED = "avg(CASE WHEN damaged OR coalesce(return_damaged, FALSE) THEN 1 ELSE 0 END)"
EARLY = "occurred_at < (SELECT date_trunc('month', min(occurred_at)) FROM {fact}) + INTERVAL 3 MONTH"
RECENT = f"occurred_at >= {LATEST} - INTERVAL 3 MONTH AND occurred_at < {LATEST}"
"""The first three months of the demo, and the last three full ones."""


def _story(
    story: str, fact: str, by: str, culprit: str, title: tuple[str, str], told: tuple[str, str], query: str
) -> Story:
    words = Words(zh=title[0], en=title[1]), Words(zh=told[0], en=told[1])
    return Story(id=story, fact=fact, by=by, culprit=culprit, title=words[0], told=words[1], query=query)


def _query(text: str, fact: str) -> str:
    """A query in which {early}, {recent} and {latest} stand for the times compared."""
    times = {"early": EARLY, "recent": RECENT, "latest": LATEST}
    return text.format(**{name: condition.format(fact=fact) for name, condition in times.items()}, damaged=DAMAGED)


STORIES: tuple[Story, ...] = (
    _story(
        "route_damage", "parcel", "route", BREAKING_ROUTE,
        (f"{BREAKING_ROUTE}的破损率翻了两倍", "Damage trebled on one route"),
        (
            f"近三个月（含本月）{BREAKING_ROUTE}的破损率（含退货破损）从约 1.5% 升到约 4.5%，其他线路平稳；"
            "跑这条线的配送员因此失分，原因在线路而不在人。",
            "In the last three months, the running one included, damage on one route (returns included) rose from "
            "about 1.5 % to 4.5 % while all others stayed flat. Its couriers lose points for the route, not for "
            "themselves.",
        ),
        _query(
            "SELECT route, {damaged} FILTER (WHERE occurred_at < {latest} - INTERVAL 2 MONTH) AS earlier, "
            "{damaged} FILTER (WHERE occurred_at >= {latest} - INTERVAL 2 MONTH) AS lately "
            "FROM parcel WHERE delivered_at IS NOT NULL GROUP BY route ORDER BY lately / earlier DESC", "parcel",
        ),
    ),
    _story(
        "fast_but_unsolved", "service_session", "employee", FAST_BUT_UNSOLVED,
        ("首响最快的客服，问题却没解决", "First to reply, last to solve"),
        (
            "全部门首次响应最快的一位客服，解决率只有约 55%，顾客大量二次来访；只考响应时间就会奖错人。",
            "The agent with the fastest first reply solves only about 55 % and sees many buyers again. "
            "Whoever rewards speed alone rewards the wrong one.",
        ),
        "SELECT employee, avg(first_reply_ms) / 1000 AS first_reply_s, avg(CASE WHEN resolved THEN 1 ELSE 0 END) "
        "FILTER (WHERE resolved IS NOT NULL) AS resolution, avg(CASE WHEN repeat_visit THEN 1 ELSE 0 END) "
        "FILTER (WHERE repeat_visit IS NOT NULL) AS again FROM service_session WHERE employee IS NOT NULL "
        "GROUP BY employee HAVING count(*) > 500 ORDER BY first_reply_s",
    ),
    _story(
        "price_cutting", "order_line", "region", REGION_OF[CUTTING_TEAM],
        ("华南业务组销售额涨、毛利率跌", "Sales rise, margin falls in the south"),
        (
            "华南业务组靠降价冲量：销售额逐月上升，毛利率从约 24% 跌到约 17%；其他组的毛利率平稳。",
            "The southern team buys volume with price cuts: sales rise month by month while its margin falls from "
            "about 24 % to 17 %. The other teams' margins are flat.",
        ),
        _query(
            "SELECT region, sum(amount - refund) FILTER (WHERE {early}) AS sales_early, "
            "sum(amount - refund) FILTER (WHERE {recent}) AS sales_lately, "
            "1 - sum(cost) FILTER (WHERE refund = 0 AND {early}) / sum(amount) FILTER (WHERE refund = 0 AND {early}) "
            "AS margin_early, 1 - sum(cost) FILTER (WHERE refund = 0 AND {recent}) / sum(amount) "
            "FILTER (WHERE refund = 0 AND {recent}) AS margin_lately FROM order_line WHERE department = 'business' "
            "GROUP BY region ORDER BY margin_lately - margin_early", "order_line",
        ),
    ),
    _story(
        "broken_on_return", "parcel", "carrier", BREAKS_ON_RETURN,
        (f"{BREAKS_ON_RETURN}：只看派送很好，加上退货就不好", "Good until the returns are counted"),
        (
            f"{BREAKS_ON_RETURN}的派送破损率全部承运商最低，退货途中的破损却高：含退货约 2.8%，其他约 1.5%。"
            "漏算退货破损，物流部就会看起来很好。",
            "This carrier breaks least on delivery and most on the way back: about 2.8 % with returns, the others "
            "about 1.5 %. Leave the returns out and logistics looks fine.",
        ),
        _query(
            "SELECT carrier, avg(CASE WHEN damaged THEN 1 ELSE 0 END) AS on_delivery, {damaged} AS with_returns "
            "FROM parcel WHERE delivered_at IS NOT NULL GROUP BY carrier ORDER BY with_returns DESC", "parcel",
        ),
    ),
    _story(
        "old_members_leave", "member_visit", "store", LOSING_STORE,
        (f"{LOSING_STORE}的老会员在流失", "Old members slip away from one store"),
        (
            f"{LOSING_STORE}的老会员到店次数逐月下降，近三个月只有最初的约六成；其他门店的老会员没有减少。",
            "In one store the old members come less from month to month: lately about six visits where there had been "
            "ten. The other stores keep theirs.",
        ),
        _query(
            "SELECT store, count(*) FILTER (WHERE {early}) AS visits_early, count(*) FILTER (WHERE {recent}) "
            "AS visits_lately, count(*) FILTER (WHERE {recent}) / count(*) FILTER (WHERE {early}) AS kept "
            "FROM member_visit WHERE old_member GROUP BY store ORDER BY kept", "member_visit",
        ),
    ),
)  # fmt: skip
