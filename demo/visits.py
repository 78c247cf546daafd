"""Visits of the demo's shop windows: who comes when, and which products they look at for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.catalogue import HESITATION_INDEX, PER_CATEGORY, WOOL, Catalogue, draw_categories, draw_styles
from demo.clock import DAY_S, DAYS, Bools, Floats, Ints, Warp, demand, pick, rng
from demo.hours import online_seconds
from demo.people import ANONYMOUS, CHANNELS, MEMBERS, People
from demo.trade import LIVE, POS, Lines, Orders

MEMBER_VISITS: Final = 118_000
ANONYMOUS_VISITS: Final = 112_000
HESITATION_DWELL: Final = 2.6
EXTRA_HESITATION: Final = 0.08
"""Share of wool views that become views of WC-07."""
_FOCUS: Final = 0.75
_TASTE: Final = 0.35
_INTENT_DWELL: Final = 1.8
_BROWSE_CHANNELS: Final = np.array([0.57, 0.20, 0.09, 0.11, 0.03])
_EARLIER_ONLINE: Final = 0.60
_EARLIER_SHOP: Final = 0.40


@dataclass(frozen=True)
class Visits:
    """Visits as arrays. ``actor`` is a member's number or, from 40,000 on, an anonymous visitor."""

    actor: Ints
    channel: Ints
    day: Ints
    focus: Ints
    views: Ints
    ends_s: Ints
    """Local second by which the visit must be over: the order's; −1 when it leads to no order."""
    wanted: Ints
    """The style that the visit is about, −1 for none."""


@dataclass(frozen=True)
class Views:
    """One row per view; times in local milliseconds since the first midnight."""

    visit: Ints
    start_ms: Ints
    dwell_ms: Ints
    style: Ints
    is_ordered: Bools
    """The view from which the product went into the cart of an order."""
    is_plain: Bools
    """In no planted pattern."""


def build_visits(seed: int, people: People, catalogue: Catalogue, orders: Orders, lines: Lines) -> Visits:
    """Visits that lead to orders come first, in the order of the orders; then earlier ones, then idle ones."""
    draw = rng(seed, "visits")
    online = np.flatnonzero(orders.channel != POS)
    basket = np.bincount(lines.order, minlength=len(orders))
    first_line = np.searchsorted(lines.order, np.arange(len(orders)))
    channel = orders.channel[online]
    few = np.where(channel == LIVE, draw.poisson(0.6, len(online)), draw.poisson(2.0, len(online)))
    leading = Visits(
        orders.member[online],
        channel,
        orders.day[online],
        lines.style[first_line[online]] // PER_CATEGORY,
        basket[online] + few,
        orders.placed_s[online],
        np.full(len(online), -1, dtype=np.int64),
    )
    return _join([leading, _earlier(draw, people, orders, lines), _idle(draw, people, catalogue)])


def _earlier(draw: np.random.Generator, people: People, orders: Orders, lines: Lines) -> Visits:
    """Visits one to ten days before an order about what it bought, or about the WC-07 that had no size."""
    order = lines.order
    shop = orders.channel[order] == POS
    share = np.where(lines.was_hesitation, 1.0, np.where(shop, _EARLIER_SHOP, _EARLIER_ONLINE))
    rows = np.flatnonzero((draw.random(len(order)) < share) & (orders.member[order] >= 0) & orders.is_paid[order])
    days = orders.day[order[rows]] - draw.integers(1, 11, len(rows))
    rows, days = rows[days >= 0], days[days >= 0]
    days = np.maximum(days, np.minimum(people.reg_day[orders.member[order[rows]]], orders.day[order[rows]] - 1))
    rows, days = rows[days >= 0], days[days >= 0]
    n = len(rows)
    wanted = np.where(lines.was_hesitation[rows], HESITATION_INDEX, lines.style[rows])
    sold = orders.channel[order[rows]]
    channel = np.where(sold == POS, pick(_BROWSE_CHANNELS, draw.random(n)), sold)
    return Visits(
        orders.member[order[rows]],
        channel,
        days,
        wanted // PER_CATEGORY,
        _length(draw, channel),
        np.full(n, -1, dtype=np.int64),
        wanted,
    )


def _idle(draw: np.random.Generator, people: People, catalogue: Catalogue) -> Visits:
    """Visits that lead to nothing: members after their registration, and anonymous visitors, who never buy."""
    warp = Warp(demand() ** 0.7)
    since = warp.at(people.reg_day, np.zeros(MEMBERS))
    weight = np.exp(0.9 * draw.normal(0, 1, MEMBERS)) * (warp.total - since) * ~(people.is_staff | people.is_test)
    member = pick(weight, draw.random(MEMBER_VISITS))
    at = since[member] + draw.random(MEMBER_VISITS) * (warp.total - since[member])
    stranger = MEMBERS + np.concatenate(
        [np.arange(ANONYMOUS), draw.integers(0, ANONYMOUS, ANONYMOUS_VISITS - ANONYMOUS)]
    )
    at = np.concatenate([at, draw.random(ANONYMOUS_VISITS) * warp.total])
    n = len(at)
    day = warp.day(np.round(at, 6)).clip(0, DAYS - 1)
    focus = draw_categories(catalogue, day, draw.random(n))
    taste = np.concatenate([people.taste[member], focus[MEMBER_VISITS:]])
    liked = (draw.random(n) < _TASTE) & (catalogue.mix[day, taste] > 0.06)  # noqa: PLR2004
    channel = pick(_BROWSE_CHANNELS, draw.random(n))
    none = np.full(n, -1, dtype=np.int64)
    return Visits(
        np.concatenate([member, stranger]),
        channel,
        day,
        np.where(liked, taste, focus),
        _length(draw, channel),
        none,
        none,
    )


def _length(draw: np.random.Generator, channel: Ints) -> Ints:
    many = 1 + draw.geometric(0.31, len(channel)).clip(1, 14)
    return np.where(channel == LIVE, 1 + draw.poisson(0.8, len(channel)), many)


def _join(parts: list[Visits]) -> Visits:
    return Visits(*(np.concatenate([getattr(p, name) for p in parts]) for name in Visits.__dataclass_fields__))


def build_views(seed: int, catalogue: Catalogue, orders: Orders, lines: Lines, visits: Visits) -> Views:
    """What is looked at in each visit, for how long (P1, P2)."""
    draw = rng(seed, "views")
    visit = np.repeat(np.arange(len(visits.actor)), visits.views)
    n = len(visit)
    ends = np.cumsum(visits.views)
    day = visits.day[visit]
    other = draw_categories(catalogue, day, draw.random(n))
    category = np.where(draw.random(n) < _FOCUS, visits.focus[visit], other)
    style = draw_styles(catalogue, category, draw.random(n))
    style[(category == WOOL) & (draw.random(n) < EXTRA_HESITATION)] = HESITATION_INDEX
    ordered, wanted = _place_wanted(style, ends, orders, lines, visits)
    dwell = _dwell(draw, style, visits.channel[visit], ordered | wanted)
    pause = draw.integers(900, 4_200, n) * (visits.channel[visit] != CHANNELS.index("h5_site"))
    spent = np.cumsum(dwell + pause)
    start_of = np.concatenate([[0], ends[:-1]])
    before = np.concatenate([[0], spent])[start_of]
    within = np.concatenate([[0], spent[:-1]]) - before[visit]
    length = spent[ends - 1] - before
    begin = _begin(draw, visits, length)
    plain = ((visits.ends_s < 0) & (visits.wanted < 0))[visit] & (style // PER_CATEGORY != WOOL)
    return Views(visit, begin[visit] + within, dwell, style, ordered, plain)


def _place_wanted(style: Ints, ends: Ints, orders: Orders, lines: Lines, visits: Visits) -> tuple[Bools, Bools]:
    """Put the ordered and the wanted products at the end of their visits."""
    online = np.flatnonzero(orders.channel[lines.order] != POS)
    first = np.searchsorted(lines.order, np.arange(len(orders)))
    visit_of = np.cumsum(orders.channel != POS) - 1
    back = online - first[lines.order[online]]
    at = ends[visit_of[lines.order[online]]] - 1 - back
    ordered = np.zeros(len(style), dtype=bool)
    ordered[at] = True
    style[at] = lines.style[online]
    about = np.flatnonzero(visits.wanted >= 0)
    wanted = np.zeros(len(style), dtype=bool)
    wanted[ends[about] - 1] = True
    style[ends[about] - 1] = visits.wanted[about]
    return ordered, wanted


def _dwell(draw: np.random.Generator, style: Ints, channel: Ints, intent: Bools) -> Ints:
    mean: Floats = np.array([20, 22, 19, 14, 17, 20, 18, 17.0])[style // PER_CATEGORY]
    mean = mean * np.where(intent, _INTENT_DWELL, 1.0) * np.where(style == HESITATION_INDEX, HESITATION_DWELL, 1.0)
    mean = mean * np.where(channel == LIVE, 2.0, 1.0)
    seconds = mean * np.exp(0.85 * draw.normal(0, 1, len(style)))
    return np.round(seconds * 1_000).clip(1_000, 600_000).astype(np.int64)


def _begin(draw: np.random.Generator, visits: Visits, length_ms: Ints) -> Ints:
    n = len(visits.actor)
    second = online_seconds(visits.day, visits.focus, draw.random(n), draw.integers(0, 3_600, n))
    begin = (visits.day * DAY_S + second) * 1_000
    begin = np.minimum(begin, DAYS * DAY_S * 1_000 - length_ms - 60_000)
    before_order = visits.ends_s * 1_000 - length_ms - draw.integers(20_000, 90_000, n)
    return np.asarray(np.where(visits.ends_s >= 0, np.maximum(before_order, 0), begin))
