"""Customer service: sessions on named sub-accounts, and on the two shared accounts of JD and VIP."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from fenming.pipeline.demo.company import Company
from fenming.pipeline.demo.crews import Crew, crew, spread
from fenming.pipeline.demo.draws import (
    BUYERS,
    DAY,
    SECOND,
    Flags,
    Floats,
    Ints,
    chance,
    durations,
    generator,
    micros,
    moments,
    pick,
    trade,
)
from fenming.pipeline.demo.places import REGIONS, SHOPS, Shop
from fenming.pipeline.demo.roster import TEAM, on_duty
from fenming.pipeline.demo.tables import decimals, fen, flags, ints, money, numbered, table, texts

NAMED_A_DAY = 2450
SHARED_A_DAY = {"京东旗舰店": 92, "唯品会店": 46}
TAGGED = 0.06
FAST_BUT_UNSOLVED = "KF0017"
REGION_WEIGHTS = (34, 19, 17, 11, 10, 5, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """What the agents of these sessions are like, session by session; nobody on duty is much slower."""

    first_reply: Floats
    turn: Floats
    handle: Floats
    resolved: Floats
    content: Floats
    care: Floats


def sessions(company: Company, month: date) -> pa.Table:
    parts = [_named(company, month), *(_shared(company, month, SHOPS[shop]) for shop in SHARED_A_DAY)]
    return pa.concat_tables(parts)


def _named(company: Company, month: date) -> pa.Table:
    rng = generator(company.seed, "sessions", month)
    teams = [team.id for team in company.teams.values() if team.department == "customer_service" and team.id != TEAM]
    staff = crew(company, month, "customer_service", teams=teams)
    days = trade(month)
    load = np.exp(0.10 * staff.ability("drive"))
    work = spread(rng, staff, round(NAMED_A_DAY * days.sum()), weights=load, days=days, hours=BUYERS)
    shops = [SHOPS[str(span.shop)] for span in staff.spans]
    accounts = [f"{shop.name.zh}:{span.person}" for span, shop in zip(staff.spans, shops, strict=True)]
    aftersale = np.array([span.team == "tmall_aftersale" for span in staff.spans])
    keys = {
        "employee": texts(staff.numbers, work.who),
        "account": texts(accounts, work.who),
        "platform": texts([shop.platform for shop in shops], work.who),
        "shop": texts([shop.id for shop in shops], work.who),
        "session": numbered(f"CS{month:%Y%m}-", np.arange(1, len(work) + 1), 7),
    }
    presale = chance(rng, np.where(aftersale, 0.08, 0.62)[work.who], len(work))
    manned = np.ones(len(work), dtype=np.bool_)
    return _table(rng, company, work.occurred, keys, _agents(staff, work.who), presale, manned)


def _shared(company: Company, month: date, shop: Shop) -> pa.Table:
    """Nobody is recorded; a few sessions carry the code of the agent on duty, and some fall outside every shift."""
    rng = generator(company.seed, f"sessions:{shop.code}", month)
    staff = crew(company, month, "customer_service", teams=[TEAM])
    days = trade(month)
    count = round(SHARED_A_DAY[shop.id] * days.sum())
    occurred = np.sort(moments(rng, month, pick(rng, days, count), BUYERS))
    held = on_duty(company, month, str(shop.shared_account), staff.numbers)
    both = held[(occurred - micros(month)) // (60 * SECOND)]
    second = (both[:, 1] >= 0) & chance(rng, 0.5, count)
    who = np.where(second, both[:, 1], both[:, 0])
    manned = who >= 0
    keys = {
        "account": pa.repeat(str(shop.shared_account), count),
        "platform": pa.repeat(shop.platform, count),
        "shop": pa.repeat(shop.id, count),
        "session": numbered(f"{shop.code}{month:%Y%m}-", np.arange(1, count + 1), 6),
        "tag": texts(staff.numbers, np.maximum(who, 0), ~(manned & chance(rng, TAGGED, count))),
    }
    presale = chance(rng, 0.55, count)
    return _table(rng, company, occurred, keys, _agents(staff, np.maximum(who, 0)), presale, manned)


def _agents(staff: Crew, who: Ints) -> Agents:
    speed, quality, care = (staff.ability(what) for what in ("speed", "quality", "care"))
    odd = np.array([number == FAST_BUT_UNSOLVED for number in staff.numbers])
    resolved = np.where(odd, 0.545, np.clip(0.84 + 0.045 * quality, 0.69, 0.965))
    return Agents(
        first_reply=np.where(odd, 8.5, 24.5 * np.exp(-0.27 * speed))[who],
        turn=np.where(odd, 14.0, 24.0 * np.exp(-0.17 * speed))[who],
        handle=np.where(odd, 130.0, 252.0 * np.exp(-0.17 * speed + 0.03 * care))[who],
        resolved=resolved[who],
        content=np.clip(0.875 + 0.052 * care - np.where(odd, 0.05, 0.0), 0.65, 0.985)[who],
        care=care[who],
    )


def _table(
    rng: Generator,
    company: Company,
    occurred: Ints,
    keys: dict[str, pa.Array],
    by: Agents,
    presale: Flags,
    manned: Flags,
) -> pa.Table:
    count = len(occurred)
    night = (occurred % DAY) // (3600 * SECOND) < 8
    answered = chance(rng, np.where(manned, np.where(night, 0.955, 0.99), 0.4), count)
    cells = {
        **keys,
        "region": texts(REGIONS, pick(rng, REGION_WEIGHTS, count)),
        "member": numbered("B", rng.integers(1, 260_000, count), 6),
        "stage": texts(("售后", "售前"), presale.astype(np.int64)),
        "answered": flags(answered),
        "offline_message": flags(chance(rng, np.where(manned, 0.008, 0.55), count)),
        "transferred_in": flags(chance(rng, 0.03, count)),
        "transferred_out": flags(answered & chance(rng, 0.04, count)),
        **_replies(rng, by, answered, manned, night),
        **_outcome(rng, company, occurred, by, answered),
        **_sales(rng, company, occurred, by, presale, answered),
    }
    return table("service_session", occurred, {**cells, "department": "customer_service"})


def _replies(rng: Generator, by: Agents, answered: Flags, manned: Flags, night: Flags) -> dict[str, pa.Array]:
    count = len(answered)
    silent = ~answered
    late = np.where(manned, np.where(night, 1.35, 1.0), 14.0)
    turns = 1 + rng.poisson(4.2, count)
    waits = np.maximum(durations(rng, by.turn * late, 0.42, count), 1000) * turns
    agent = turns + rng.poisson(2.4, count)
    return {
        "auto_reply": flags(chance(rng, 0.28, count), silent),
        "first_reply_ms": ints(np.maximum(durations(rng, by.first_reply * late, 0.55, count), 1000), silent),
        "reply_wait_ms": ints(waits, silent),
        "reply_turns": ints(turns, silent),
        "handle_ms": ints(np.maximum(durations(rng, by.handle, 0.6, count), 8000) + waits // 8, silent),
        "agent_messages": ints(agent, silent),
        "buyer_messages": ints(np.maximum(turns + rng.poisson(1.1, count), 1)),
        "slow_gaps": ints(rng.poisson(np.clip(waits / turns / 1000 / 900, 0, 2)), silent),
    }


def _outcome(rng: Generator, company: Company, occurred: Ints, by: Agents, answered: Flags) -> dict[str, pa.Array]:
    """Resolution, repeat visits (known after three days), ratings (of under half), complaints and quality checks."""
    count = len(occurred)
    unknown = ~answered | chance(rng, 0.04, count)
    resolved = chance(rng, by.resolved, count) & answered
    again = chance(rng, np.where(resolved, 0.045, 0.62), count)
    complaint = chance(rng, np.where(resolved, 0.022, 0.10), count)
    invited = answered & chance(rng, 0.82, count)
    rated = invited & chance(rng, 0.55, count)
    return {
        "resolved": flags(resolved, unknown),
        "repeat_visit": flags(again, occurred >= micros(company.until) - 3 * DAY),
        "rating": ints(_ratings(rng, by.content, resolved), ~rated),
        "rating_invited": flags(invited),
        "complaint": flags(complaint),
        "repeat_complaint": flags(complaint & chance(rng, np.clip(0.54 - 0.15 * by.care, 0.1, 0.95), count)),
        "quality": decimals(np.clip(rng.normal(90 + 2.2 * by.care, 5, count), 50, 100).round(1),
                            ~(answered & chance(rng, 0.04, count))),
    }  # fmt: skip


def _ratings(rng: Generator, content: Floats, resolved: Flags) -> Ints:
    """Five levels; who was not helped rates lower."""
    happy = chance(rng, np.where(resolved, content + 0.025, content - 0.12), len(content))
    good = 5 - chance(rng, 0.24, len(content)).astype(np.int64)
    return np.where(happy, good, 1 + pick(rng, (0.3, 0.25, 0.45), len(content)))


def _sales(
    rng: Generator, company: Company, occurred: Ints, by: Agents, presale: Flags, answered: Flags
) -> dict[str, pa.Array]:
    """Whether an inquiry became an order; the final answer takes four days, until then it is unknown, not zero."""
    count = len(occurred)
    today = micros(company.until)
    finally_paid = presale & answered & chance(rng, np.clip(0.47 + 0.045 * by.care, 0.2, 0.8), count)
    next_day = finally_paid & chance(rng, 0.86, count)
    late = occurred >= today - 4 * DAY
    known = np.where(late, next_day, finally_paid) & (occurred < today - DAY)
    amount = fen(np.exp(rng.normal(5.15, 0.65, count)))
    return {
        "presale": flags(presale),
        "paid_next_day": flags(next_day, ~presale | (occurred >= today - DAY)),
        "paid_finally": flags(finally_paid, ~presale | late),
        "paid_amount": money(amount, ~known),
    }
