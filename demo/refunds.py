"""What comes back, by quota, and the sales that a new shop takes from its neighbour, placed exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.clock import DAY_S, DAYS, Bools, Ints, day_index, rng
from demo.people import CHANNELS
from demo.places import NEWCOMER, OPENING, VICTIM, Places, metres
from demo.trade import POS, Orders, with_stores

RETURN_RATES: Final = {"wechat_mini": 0.28, "app": 0.25, "mall": 0.27, "h5_site": 0.30, "live": 0.45, "pos": 0.07}
"""Goods refunded ÷ goods paid, of orders at least 30 days old."""
CANNIBALISATION: Final = 0.45
CONTROL_KM: Final = 10.0
_HALF_SHARE: Final = 0.08
_MATURE_DAYS: Final = 30
_REASONS: Final = ("size", "colour", "not as expected", "changed mind", "fault")


@dataclass(frozen=True)
class Refunds:
    """Refunds as arrays, oldest first."""

    order: Ints
    refunded_s: Ints
    goods: Ints
    shipping: Ints
    reason: Ints


def build_refunds(seed: int, orders: Orders) -> Refunds:
    """Refunds that make each channel's return rate read as planned (P9); 8 % of them are for half."""
    draw = rng(seed, "refunds")
    n = len(orders)
    half = draw.random(n) < _HALF_SHARE
    amount = np.where(half, orders.goods // 2, orders.goods)
    wait = np.where(orders.channel == POS, draw.integers(1, 15, n), draw.integers(4, 29, n))
    at = (orders.day + wait) * DAY_S + draw.integers(9 * 3_600, 21 * 3_600, n)
    mature = orders.day < DAYS - _MATURE_DAYS
    chance = draw.random(n)
    chosen = np.zeros(n, dtype=bool)
    for c, name in enumerate(CHANNELS):
        here = np.flatnonzero(orders.is_paid & mature & (orders.channel == c))
        here = here[np.argsort(chance[here], kind="stable")]
        target = RETURN_RATES[name] * int(orders.goods[here].sum())
        chosen[here[np.cumsum(amount[here]) <= target]] = True
        chosen |= orders.is_paid & ~mature & (orders.channel == c) & (chance < RETURN_RATES[name] * 1.04)
    chosen &= at < DAYS * DAY_S
    which = np.flatnonzero(chosen)
    which = which[np.argsort(at[which], kind="stable")]
    return Refunds(
        which,
        at[which],
        amount[which],
        np.where(half[which], 0, orders.shipping[which]),
        draw.integers(0, len(_REASONS), len(which)),
    )


def reasons() -> tuple[str, ...]:
    """Why things come back."""
    return _REASONS


def kept_money(orders: Orders, refunds: Refunds) -> Ints:
    """Net paid of each order: goods less refunds, 0 for what was never paid."""
    back = np.bincount(refunds.order, refunds.goods, minlength=len(orders)).astype(np.int64)
    return np.where(orders.is_paid, orders.goods - back, 0)


def controls(places: Places) -> Ints:
    """Shops of the newcomer's kind more than 10 km from it and from its neighbour."""
    far = np.ones(len(places.store_id), dtype=bool)
    for store in (VICTIM, NEWCOMER):
        n = places.index(store)
        lat, lng = np.full(len(far), places.lat[n]), np.full(len(far), places.lng[n])
        far &= metres(places.lat, places.lng, lat, lng) > CONTROL_KM * 1_000
    return np.flatnonzero(far & (np.array(places.agent) != ""))


def windows(day: Ints) -> tuple[Bools, Bools]:
    """Days before (the same months a year earlier) and after the opening."""
    opening = day_index(OPENING)
    return (day >= opening - 365) & (day < DAYS - 365), day >= opening


def cannibalisation(places: Places, orders: Orders, net: Ints) -> dict[str, float]:
    """The newcomer's sales that its neighbour lost, against the controls' change over the year."""
    pre, post = windows(orders.day)
    own, new = orders.store == places.index(VICTIM), orders.store == places.index(NEWCOMER)
    control = np.isin(orders.store, controls(places))
    growth = float(net[control & post].sum()) / float(net[control & pre].sum())
    expected = float(net[own & pre].sum()) * growth
    sold = float(net[new & post].sum())
    return {
        "rate": (expected - float(net[own & post].sum())) / sold,
        "controls_growth": growth,
        "pre_minor": float(net[own & pre].sum()),
        "post_minor": float(net[own & post].sum()),
        "expected_minor": expected,
        "new_store_minor": sold,
    }


def place_cannibalisation(places: Places, orders: Orders, net: Ints) -> tuple[Orders, int]:
    """Move orders between the two shops until the rate is 45 % (P4); says how many were moved.

    Orders of people who bought at the old shop before go to the new one first: they are the switchers.
    """
    now = cannibalisation(places, orders, net)
    loss = now["rate"] * now["new_store_minor"]
    move = (CANNIBALISATION * now["new_store_minor"] - loss) / (1 - CANNIBALISATION)
    old, new = places.index(VICTIM), places.index(NEWCOMER)
    source, target = (old, new) if move > 0 else (new, old)
    _, post = windows(orders.day)
    pool = np.flatnonzero((orders.store == source) & post & (net > 0))
    opening = day_index(OPENING)
    before = np.unique(orders.member[(orders.store == old) & (orders.day < opening) & (orders.member >= 0)])
    switches = np.isin(orders.member[pool], before)
    pool = pool[np.argsort(~switches if move > 0 else switches, kind="stable")]
    moved: list[int] = []
    left = abs(move)
    for n in pool.tolist():
        if net[n] <= left:
            moved.append(n)
            left -= net[n]
    store = orders.store.copy()
    store[moved] = target
    return with_stores(orders, store), len(moved)
