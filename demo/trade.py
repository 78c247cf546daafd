"""Orders, lines and refunds of the demo company, with its planted buying patterns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from demo.catalogue import (
    CATEGORIES,
    HESITATION_INDEX,
    PER_CATEGORY,
    WOOL,
    Catalogue,
    draw_categories,
    draw_sizes,
    draw_styles,
)
from demo.clock import (
    DAY_S,
    DAYS,
    Bools,
    Ints,
    Warp,
    day_index,
    demand,
    is_promotion,
    pick,
    pick_rows,
    rng,
)
from demo.hours import online_seconds, till_seconds
from demo.people import CHANNELS, MEMBERS, People
from demo.places import MALL, NEWCOMER, OPENING, Places, metres

POS: Final = CHANNELS.index("pos")
MINI: Final = CHANNELS.index("wechat_mini")
LIVE: Final = CHANNELS.index("live")
ANONYMOUS_ORDERS: Final = 7_700
UNPAID_ORDERS: Final = 900
MOVED_SHARE: Final = 0.62
"""WC-07 orders that became another wool coat, because the size was missing."""
GUIDES: Final = 150
METRO_PULL: Final = 40.0
_EAGER: Final = 1.05
_DEARER: Final = 5.0
"""How much spend moves people to more lines and to dearer styles."""
_DECAY: Final = 2.1
_NEAREST_M: Final = 200.0
_REPEAT_SHAPE: Final = 0.35
_REPEAT_PER_YEAR: Final = 0.915
_DROP_OUT: Final = (1.0, 2.2)
_SAME_DAY: Final = 0.55
_DELAY_DAYS: Final = 25.0
_POS_SHARE: Final = (0.60, 0.32)
"""Share of orders in shops: on a plain day, on a day of an online sale."""
_ONLINE: Final = np.array([0.50, 0.14, 0.13, 0.045, 0.185])


@dataclass(frozen=True)
class Orders:
    """Orders as arrays, oldest first; a null is −1."""

    member: Ints
    home: Ints
    """Whose home decides the shop: the member's, else a stranger's who lives like a member."""
    placed_s: Ints
    channel: Ints
    store: Ints
    fulfil: Ints
    guide: Ints
    is_paid: Bools
    goods: Ints
    shipping: Ints

    @property
    def day(self) -> Ints:
        """Local day of each order."""
        return self.placed_s // DAY_S

    def __len__(self) -> int:
        """How many orders."""
        return len(self.member)


@dataclass(frozen=True)
class Lines:
    """Order lines as arrays, in the order of their orders."""

    order: Ints
    style: Ints
    size: Ints
    qty: Ints
    gross: Ints
    discount: Ints
    was_hesitation: Bools
    """Meant to be WC-07, bought as another wool coat."""

    @property
    def net(self) -> Ints:
        """After discounts."""
        return self.gross - self.discount


def build_orders(seed: int, places: Places, people: People, catalogue: Catalogue) -> tuple[Orders, Lines]:
    """Every order of 24 months with its lines."""
    draw = rng(seed, "trade")
    member, day, paid = _who_and_when(draw, people)
    n = len(member)
    home = np.where(member >= 0, member, draw.integers(0, MEMBERS, n))
    promo = is_promotion()[day]
    channel = pick(_ONLINE, draw.random(n))
    in_shop = draw.random(n) < np.where(promo, _POS_SHARE[1], _POS_SHARE[0])
    channel[((member < 0) | in_shop) & paid] = POS
    eager = np.exp(_EAGER * people.spend[home])
    count = 1 + (draw.random(n) < 0.22 * eager) + (draw.random(n) < 0.10 * eager)
    category = _categories(draw, people, catalogue, home, day, count)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    placed = day * DAY_S + _second_of_day(draw, day, channel == POS, category[first])
    order = np.argsort(placed, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    line_order = rank[np.repeat(np.arange(n), count)]
    by_order = np.argsort(line_order, kind="stable")
    member, home, placed, channel, paid = member[order], home[order], placed[order], channel[order], paid[order]
    lines = _lines(draw, people, catalogue, line_order[by_order], category[by_order], (home, placed // DAY_S))
    goods = np.bincount(lines.order, lines.net, minlength=n).astype(np.int64)
    store = choose_stores(draw, places, people, home, placed // DAY_S)
    collects = (channel == MINI) & (draw.random(n) < 0.15)  # noqa: PLR2004
    at_pos = channel == POS
    guide = store + 60 * draw.integers(0, 3, n)
    guide = np.where(guide >= GUIDES, guide - 60, guide)
    has_guide = at_pos & (draw.random(n) < 0.85)  # noqa: PLR2004
    shipping = np.where(~at_pos & ~collects & (goods < 29_900), 1_500, 0)  # noqa: PLR2004
    none = np.full(n, -1, dtype=np.int64)
    orders = Orders(
        member,
        home,
        placed,
        channel,
        np.where(at_pos, store, none),
        np.where(at_pos | collects, store, none),
        np.where(has_guide, guide, none),
        paid,
        goods,
        shipping,
    )
    return orders, lines


def _who_and_when(draw: np.random.Generator, people: People) -> tuple[Ints, Ints, Bools]:
    """Buying histories in warped time, orders of strangers, and orders that were never paid."""
    warp = Warp(demand())
    who = np.flatnonzero(people.is_buyer)
    at = warp.at(people.reg_day[who], draw.random(len(who)))
    later = draw.random(len(who)) >= _SAME_DAY
    at = at + later * draw.exponential(_DELAY_DAYS, len(who))
    rate = draw.gamma(_REPEAT_SHAPE, _REPEAT_PER_YEAR / _REPEAT_SHAPE, len(who)) / 365
    drop = draw.beta(*_DROP_OUT, len(who))
    members, days = [], []
    first = True
    while len(who):
        day = warp.day(np.round(at, 6))
        inside = day < DAYS
        who, at, rate, drop, day = who[inside], at[inside], rate[inside], drop[inside], day[inside]
        members.append(who)
        days.append(day)
        stays = draw.random(len(who)) >= (0 if first else drop)
        first = False
        who, rate, drop = who[stays], rate[stays], drop[stays]
        at = at[stays] + draw.exponential(1.0, len(who)) / np.maximum(rate, 1e-9)
    strangers = warp.day(np.round(draw.random(ANONYMOUS_ORDERS), 9) * warp.total).clip(0, DAYS - 1)
    idle = draw.choice(np.flatnonzero(people.is_buyer), UNPAID_ORDERS)
    unpaid = warp.at(people.reg_day[idle], draw.random(UNPAID_ORDERS))
    unpaid_day = warp.day(np.round(unpaid + draw.random(UNPAID_ORDERS) * (warp.total - unpaid), 6)).clip(0, DAYS - 1)
    known = sum(len(m) for m in members)
    return (
        np.concatenate([*members, np.full(ANONYMOUS_ORDERS, -1), idle]).astype(np.int64),
        np.concatenate([*days, strangers, unpaid_day]),
        np.arange(known + ANONYMOUS_ORDERS + UNPAID_ORDERS) < known + ANONYMOUS_ORDERS,
    )


def _categories(
    draw: np.random.Generator, people: People, catalogue: Catalogue, home: Ints, day: Ints, count: Ints
) -> Ints:
    line_day = np.repeat(day, count)
    category = draw_categories(catalogue, line_day, draw.random(len(line_day)))
    taste = np.repeat(people.taste[home], count)
    liked = (draw.random(len(line_day)) < 0.25) & (catalogue.mix[line_day, taste] > 0.06)  # noqa: PLR2004
    return np.where(liked, taste, category)


def _second_of_day(draw: np.random.Generator, day: Ints, in_shop: Bools, category: Ints) -> Ints:
    second = online_seconds(day, category, draw.random(len(day)), draw.integers(0, 3_600, len(day)))
    at_till = till_seconds(draw.random(len(day)), draw.integers(0, 3_600, len(day)))
    return np.where(in_shop, at_till, second)


def _lines(
    draw: np.random.Generator,
    people: People,
    catalogue: Catalogue,
    order: Ints,
    category: Ints,
    header: tuple[Ints, Ints],
) -> Lines:
    home, day = header[0][order], header[1][order]
    n = len(order)
    one, two = (draw_styles(catalogue, category, draw.random(n)) for _ in range(2))
    dearer = np.where(catalogue.list_minor[one] >= catalogue.list_minor[two], one, two)
    cheaper = np.where(dearer == one, two, one)
    style = np.where(draw.random(n) < 1 / (1 + np.exp(-_DEARER * people.spend[home])), dearer, cheaper)
    moved = (style == HESITATION_INDEX) & (draw.random(n) < MOVED_SHARE)
    other = draw.integers(0, PER_CATEGORY - 1, n)
    style = np.where(moved, WOOL * PER_CATEGORY + other + (other >= HESITATION_INDEX), style)
    qty = 1 + ((style // PER_CATEGORY == list(CATEGORIES).index("SC")) & (draw.random(n) < 0.12))  # noqa: PLR2004
    gross = catalogue.list_minor[style] * qty
    sale = is_promotion()[day]
    percent = np.where(
        sale,
        np.array([0, 10, 20, 30])[pick(np.array([0.1, 0.3, 0.4, 0.2]), draw.random(n))],
        np.array([0, 10, 20, 30])[pick(np.array([0.62, 0.19, 0.14, 0.05]), draw.random(n))],
    )
    return Lines(
        order, style, draw_sizes(style, day, draw.random(n)), qty, gross, gross * percent // 10_000 * 100, moved
    )


def choose_stores(draw: np.random.Generator, places: Places, people: People, home: Ints, day: Ints) -> Ints:
    """A shop for each order: the larger and nearer, the likelier (Huff, α = 1, β = 2.1)."""
    distance = metres(
        people.lat[:, None], people.lng[:, None], places.lat[None, :], places.lng[None, :]
    )  # members × stores
    pull = places.area[None, :] * np.maximum(distance, _NEAREST_M) ** -_DECAY * 1e6
    mall = places.index(MALL)
    pull[people.on_metro, mall] *= METRO_PULL
    rows = pull[home]
    rows[day < day_index(OPENING), places.index(NEWCOMER)] = 0.0
    return pick_rows(rows, draw.random(len(home)))


def with_stores(orders: Orders, store: Ints) -> Orders:
    """The same orders sold by other shops (−1: online)."""
    return replace(orders, store=store, fulfil=np.where(orders.store >= 0, store, orders.fulfil))
