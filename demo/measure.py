"""What the generated tables show of each pattern, measured straight from the arrays, not with the dashboard's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import polars_h3

from demo.catalogue import HESITATION_INDEX, PER_CATEGORY, WOOL
from demo.clock import DAY_S, DAYS, Bools, Floats, Ints, day_index, months
from demo.hours import EVENING
from demo.people import MEMBERS
from demo.places import AGENTS, MALL, NEWCOMER, OPENING, TAIHU, metres
from demo.refunds import kept_money
from demo.trade import LIVE, POS

if TYPE_CHECKING:
    from demo.world import World

WOOL_MONTHS: Final = (10, 11, 12, 1)
_LINGERED_MS: Final = 60_000
_DAY_MS: Final = DAY_S * 1_000
_MATURE_DAYS: Final = 14
_QUARTER_DAYS: Final = 91


def evening_index(world: World) -> dict[str, float]:
    """P1: the dwell index (T2) of wool coats at 20–23 h from October to January, and their share of dwell then."""
    views = world.views
    season = np.isin(months(), WOOL_MONTHS)[views.start_ms // _DAY_MS]
    evening = np.isin(views.start_ms // 3_600_000 % 24, EVENING)
    wool = views.style // PER_CATEGORY == WOOL
    live = world.visits.channel[views.visit] == LIVE
    dwell = np.where(live, views.dwell_ms // 10_000 * 10_000 + 5_000, views.dwell_ms)
    both, ours, then, whole = (
        float(dwell[mask].sum()) for mask in (season & wool & evening, season & wool, season & evening, season)
    )
    by_day = (ours - both) * whole / (ours * (whole - then))
    return {"index": 100 * both * whole / (ours * then), "index_by_day": 100 * by_day, "share_of_dwell": ours / whole}


def hesitation(world: World) -> dict[str, float]:
    """P2: WC-07 against all wool coats: median dwell, conversion within 14 days, people who lingered in vain."""
    views, orders, lines = world.views, world.orders, world.lines
    wool = views.style // PER_CATEGORY == WOOL
    ours = views.style == HESITATION_INDEX
    actor = world.visits.actor[views.visit]
    seen = pl.DataFrame({"member": actor, "style": views.style, "at": views.start_ms, "dwell": views.dwell_ms}).filter(
        pl.Series(wool & (actor < MEMBERS))
    )
    pairs = seen.group_by("member", "style").agg(pl.col("at").min(), pl.col("dwell").sum())
    net = kept_money(orders, world.refunds)[lines.order]
    bought = pl.DataFrame(
        {"member": orders.member[lines.order], "style": lines.style, "on": orders.placed_s[lines.order] * 1_000}
    ).filter(pl.Series((net > 0) & (orders.member[lines.order] >= 0) & (lines.style < PER_CATEGORY)))
    wait = pl.col("on") - pl.col("at")
    table = (
        pairs.join(bought, on=["member", "style"], how="left")
        .group_by("member", "style")
        .agg(
            pl.col("dwell").first(),
            pl.col("at").first(),
            ever=pl.col("on").is_not_null().any(),
            soon=wait.is_between(0, _MATURE_DAYS * _DAY_MS).fill_null(value=False).any(),
        )
        .with_columns(is_ours=pl.col("style") == HESITATION_INDEX)
    )
    mature = table.filter(pl.col("at") < (DAYS - _MATURE_DAYS) * _DAY_MS)
    rates = dict(mature.group_by("is_ours").agg(pl.col("soon").mean()).iter_rows())
    vain = table.filter("is_ours", pl.col("dwell") >= _LINGERED_MS, ~pl.col("ever")).height
    recent = _lingered_lately(seen, bought)
    return {
        "median_dwell_ratio": float(np.median(views.dwell_ms[ours]) / np.median(views.dwell_ms[wool])),
        "conversion": rates[True],
        "conversion_other_wool": rates[False],
        "lingered_not_bought": vain,
        "lingered_not_bought_91_days": recent,
    }


def _lingered_lately(seen: pl.DataFrame, bought: pl.DataFrame) -> int:
    """Members who in 91 days looked long at WC-07 (60 s in all, or one long look) and did not buy it afterwards."""
    recent = seen.filter(pl.col("at") >= (DAYS - _QUARTER_DAYS) * _DAY_MS)
    threshold = recent["dwell"].quantile(0.75) or 0.0
    ours = recent.filter(pl.col("style") == HESITATION_INDEX)
    long_look = pl.col("at").filter(pl.col("dwell") >= threshold).min()
    people = ours.group_by("member").agg(pl.col("dwell").sum(), since=pl.coalesce(long_look, pl.col("at").min()))
    people = people.filter(
        (pl.col("dwell") >= _LINGERED_MS)
        | pl.col("member").is_in(ours.filter(pl.col("dwell") >= threshold)["member"].unique().implode())
    )
    later = bought.filter(pl.col("style") == HESITATION_INDEX).join(people, on="member")
    return people.height - later.filter(pl.col("on") >= pl.col("since"))["member"].n_unique()


def home_cells(world: World) -> Ints:
    """Each member's home as an H3 cell of resolution 8, by way of resolution 9."""
    homes = pl.DataFrame({"lat": world.people.lat, "lng": world.people.lng})
    fine = homes.select(polars_h3.latlng_to_cell("lat", "lng", 9, return_dtype=pl.Int64).alias("cell"))
    return fine.select(polars_h3.cell_to_parent("cell", 8).cast(pl.Int64)).to_series().to_numpy()


def overlaps(world: World, cells: Ints) -> dict[tuple[str, str], float]:
    """P3: Overlap index (T10) of each pair of agents over distinct located shop buyers of 24 months."""
    agent = np.array(world.places.agent)
    orders, located = world.orders, world.people.is_located
    rows = np.flatnonzero((orders.channel == POS) & (orders.member >= 0))
    rows = rows[located[orders.member[rows]]]
    shares: dict[str, dict[int, float]] = {}
    for name in AGENTS:
        buyers = np.unique(orders.member[rows[agent[orders.store[rows]] == name]])
        cell, count = np.unique(cells[buyers], return_counts=True)
        shares[name] = dict(zip(cell.tolist(), (count / count.sum()).tolist(), strict=True))
    pairs = [(a, b) for n, a in enumerate(AGENTS) for b in list(AGENTS)[n + 1 :]]
    return {(a, b): sum(min(v, shares[b].get(c, 0.0)) for c, v in shares[a].items()) for a, b in pairs}


def leakage(world: World) -> dict[str, object]:
    """P5: located shop orders that were not made at the nearest open shop, by city and for the Beijing mall."""
    orders, places, people = world.orders, world.places, world.people
    rows = np.flatnonzero((orders.channel == POS) & (orders.member >= 0))
    rows = rows[people.is_located[orders.member[rows]]]
    distance = _distances(world, places.lat, places.lng)[orders.member[rows]]
    distance[orders.day[rows] < day_index(OPENING), places.index(NEWCOMER)] = np.inf
    away = distance.argmin(axis=1) != orders.store[rows]
    city = np.array(places.city)[orders.store[rows]]
    mall = orders.store[rows] == places.index(MALL)
    detour = distance[np.arange(len(rows)), orders.store[rows]] - distance.min(axis=1)
    return {
        "mall_inflow": float(away[mall].mean()),
        "mall_median_detour_m": float(np.median(detour[mall & away])),
        "by_city": {name: round(float(away[city == name].mean()), 4) for name in dict.fromkeys(places.city)},
    }


def moved_by_datum(world: World, lat: Floats, lng: Floats) -> float:
    """P7: share of the members nearest to Taihu's shops, as listed, who are nearest to another once it is put right."""
    listed = _distances(world, lat, lng).argmin(axis=1)
    true = _distances(world, world.places.lat, world.places.lng).argmin(axis=1)
    held = np.isin(listed, world.places.of_agent(TAIHU)) & world.people.is_located
    return float((listed != true)[held].mean())


def _distances(world: World, lat: Floats, lng: Floats) -> Floats:
    people = world.people
    return metres(people.lat[:, None], people.lng[:, None], lat[None, :], lng[None, :])


def return_rates(world: World) -> dict[str, float]:
    """P9: goods refunded ÷ goods paid by channel, of orders at least 30 days old."""
    orders = world.orders
    back = np.bincount(world.refunds.order, world.refunds.goods, minlength=len(orders)).astype(np.int64)
    mature = orders.is_paid & (orders.day < DAYS - 30)
    return {
        "pos": _ratio(back, orders.goods, mature & (orders.channel == POS)),
        "wechat_mini": _ratio(back, orders.goods, mature & (orders.channel == 0)),
        "live": _ratio(back, orders.goods, mature & (orders.channel == LIVE)),
    }


def _ratio(part: Ints, whole: Ints, rows: Bools) -> float:
    return float(part[rows].sum()) / float(whole[rows].sum())


def frequency(world: World, days: int) -> dict[str, float]:
    """P11: buyers of the last days with a kept purchase: how many bought on one day only, what the top fifth spent."""
    orders = world.orders
    net = kept_money(orders, world.refunds)
    rows = np.flatnonzero((orders.member >= 0) & (net > 0) & (orders.day >= DAYS - days))
    keys = np.unique(orders.member[rows] * 10_000 + orders.day[rows])
    _, count = np.unique(keys // 10_000, return_counts=True)
    spent = np.sort(np.bincount(orders.member[rows], net[rows], minlength=MEMBERS))
    spent = spent[spent > 0]
    top = spent[-round(len(spent) * 0.2) :]
    return {
        "buyers": len(count),
        "one_time": float((count == 1).mean()),
        "top_fifth_share_of_net": float(top.sum() / spent.sum()),
    }


def switchers(world: World, old: int, new: int) -> int:
    """P4: members who bought at the old shop before the opening and at the new one after it."""
    orders = world.orders
    opening = day_index(OPENING)
    known = orders.member >= 0
    before = orders.member[known & (orders.store == old) & (orders.day < opening)]
    after = orders.member[known & (orders.store == new) & (orders.day >= opening)]
    return len(np.intersect1d(before, after))


def sales_growth(world: World) -> dict[str, float]:
    """Net sales of the last 28 days against the 28 before, and without what 10 and 11 November had above the median."""
    net = np.bincount(world.orders.day, kept_money(world.orders, world.refunds), minlength=DAYS)
    now, before = net[-28:], net[-56:-28]
    peak = net[[DAYS - 5, DAYS - 4]].sum() - 2 * np.median(now)
    return {
        "growth": float(now.sum() / before.sum() - 1),
        "growth_without_peak": float((now.sum() - peak) / before.sum() - 1),
    }
