"""Raw events as shop windows and tills record them: measured, heartbeat or plain page views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from demo.clock import DAY_S, DAYS, Bools, Ints, rng, to_utc_us
from demo.people import CHANNELS, MEMBERS, RUSH_GUIDE, People, ids
from demo.trade import GUIDES, LIVE, POS, Orders

if TYPE_CHECKING:
    from demo.catalogue import Catalogue
    from demo.visits import Views, Visits

TYPES: Final = ("view", "ping", "cart", "share", "leave", "hide", "scan")
VIEW, PING, CART, SHARE, LEAVE, HIDE, SCAN = range(len(TYPES))
H5: Final = CHANNELS.index("h5_site")
PING_MS: Final = 10_000
_ABANDONED_CARTS: Final = 0.045
_SHARES: Final = 0.015
_LEAVES: Final = 0.88
_HIDES: Final = 0.30
_SCANS: Final = 0.35


@dataclass(frozen=True)
class Events:
    """Events as arrays; nulls are −1, times local milliseconds since the first midnight."""

    at_ms: Ints
    kind: Ints
    actor: Ints
    channel: Ints
    style: Ints
    visit: Ints
    fg_ms: Ints
    store: Ints
    guide: Ints
    is_plain: Bools

    def take(self, rows: Ints | Bools) -> Events:
        """Some of the events."""
        return Events(*(getattr(self, name)[rows] for name in Events.__dataclass_fields__))


def build_events(seed: int, people: People, orders: Orders, visits: Visits, views: Views) -> Events:
    """Every event of every channel, by channel and time."""
    draw = rng(seed, "events")
    parts = [
        _views(visits, views),
        _pings(visits, views),
        _carts_and_shares(draw, visits, views),
        _ends(draw, visits, views),
        _scans(draw, people, orders),
    ]
    joined = Events(*(np.concatenate([getattr(p, name) for p in parts]) for name in Events.__dataclass_fields__))
    key = (joined.channel << 58) | (joined.at_ms << 18) | (joined.actor & 0x3FFFF)
    return joined.take(np.argsort(key, kind="stable"))


def _events(visits: Visits, views: Views, rows: Ints | Bools, kind: int, at: Ints, fg: Ints | None = None) -> Events:
    visit = views.visit[rows]
    none = np.full(len(visit), -1, dtype=np.int64)
    return Events(
        at,
        np.full(len(visit), kind, dtype=np.int64),
        visits.actor[visit],
        visits.channel[visit],
        views.style[rows],
        visit,
        none if fg is None else fg,
        none,
        none,
        views.is_plain[rows],
    )


def _views(visits: Visits, views: Views) -> Events:
    channel = visits.channel[views.visit]
    measured = (channel != H5) & (channel != LIVE)
    fg = np.where(measured, views.dwell_ms, -1)
    return _events(visits, views, np.arange(len(views.visit)), VIEW, views.start_ms, fg)


def _pings(visits: Visits, views: Views) -> Events:
    live = np.flatnonzero(visits.channel[views.visit] == LIVE)
    beats = views.dwell_ms[live] // PING_MS + 1
    rows = np.repeat(live, beats)
    turn = np.arange(len(rows)) - np.repeat(np.cumsum(beats) - beats, beats)
    return _events(visits, views, rows, PING, views.start_ms[rows] + turn * PING_MS)


def _carts_and_shares(draw: np.random.Generator, visits: Visits, views: Views) -> Events:
    n = len(views.visit)
    cart = np.flatnonzero(views.is_ordered | (draw.random(n) < _ABANDONED_CARTS))
    share = np.flatnonzero(draw.random(n) < _SHARES)
    late = [views.start_ms[rows] + views.dwell_ms[rows] * 9 // 10 for rows in (cart, share)]
    carts = _events(visits, views, cart, CART, late[0])
    shares = _events(visits, views, share, SHARE, late[1])
    return Events(*(np.concatenate([getattr(p, f) for p in (carts, shares)]) for f in Events.__dataclass_fields__))


def _ends(draw: np.random.Generator, visits: Visits, views: Views) -> Events:
    last = np.cumsum(visits.views) - 1
    plain_page = visits.channel == H5
    chance = draw.random(len(last))
    shown = np.where(plain_page, chance < _LEAVES, (visits.channel != LIVE) & (chance < _HIDES))
    rows = last[shown]
    ends = _events(visits, views, rows, LEAVE, views.start_ms[rows] + views.dwell_ms[rows])
    kind = np.where(ends.channel == H5, LEAVE, HIDE)
    return Events(*(kind if f == "kind" else getattr(ends, f) for f in Events.__dataclass_fields__))


def _scans(draw: np.random.Generator, people: People, orders: Orders) -> Events:
    """Members who scan a guide's code in a shop; 43 of them within ten minutes at one guide's (P12)."""
    rows = np.flatnonzero((orders.channel == POS) & (orders.member >= 0) & (orders.guide >= 0))
    rows = rows[draw.random(len(rows)) < _SCANS]
    rush = np.flatnonzero(people.in_rush)
    guide = int(RUSH_GUIDE[2:]) - 1
    at = np.concatenate([(orders.placed_s[rows] - draw.integers(120, 900, len(rows))), people.reg_s[rush] + 5]) * 1_000
    n = len(at)
    none = np.full(n, -1, dtype=np.int64)
    return Events(
        at,
        np.full(n, SCAN, dtype=np.int64),
        np.concatenate([orders.member[rows], rush]),
        np.full(n, POS, dtype=np.int64),
        none,
        none,
        none,
        np.concatenate([orders.store[rows], np.full(len(rush), guide % 60)]),
        np.concatenate([orders.guide[rows], np.full(len(rush), guide)]),
        np.zeros(n, dtype=bool),
    )


def guide_ids(numbers: Ints) -> pl.Series:
    """Guide ids of numbers; −1 gives null."""
    names = pl.Series([*(f"G-{n:03d}" for n in range(1, GUIDES + 1)), None], dtype=pl.String)
    return names.gather(pl.Series(np.where(numbers < 0, GUIDES, numbers)))


def names_of(values: list[str], numbers: Ints) -> pl.Series:
    """Texts by number; −1 gives null."""
    names = pl.Series([*values, None], dtype=pl.String)
    return names.gather(pl.Series(np.where(numbers < 0, len(values), numbers)))


def events_table(seed: int, channel: int, events: Events, catalogue: Catalogue, stores: list[str]) -> pl.DataFrame:
    """One channel's events as its system exports them."""
    draw = rng(seed, f"export {channel}")
    name = CHANNELS[channel]
    n = len(events.at_ms)
    at = to_utc_us(events.at_ms / 1_000)
    delay = draw.integers(200, 9_000, n)
    late = (draw.random(n) < 0.001) & (events.at_ms < (DAYS - 2) * DAY_S * 1_000)  # noqa: PLR2004
    delay[late] = 30 * 3_600_000
    numbers = pl.Series(np.arange(1, n + 1)).cast(pl.String).str.zfill(7)
    device = pl.Series(events.actor).cast(pl.String).str.zfill(6)
    frame = pl.DataFrame(
        {
            "event_id": f"{name[:2]}" + numbers,
            "occurred_at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
            "ingested_at": pl.Series(at + delay * 1_000).cast(pl.Datetime("us", "UTC")),
            "anon_id": "v" + device,
            "customer_id": ids(np.where(events.actor < MEMBERS, events.actor, -1)),
            "type": names_of(list(TYPES), events.kind),
            "product_id": names_of(catalogue.style, events.style),
            "seq": pl.Series(events.kind),
        }
    )
    if channel == POS:
        return frame.drop("product_id", "seq").with_columns(
            names_of(stores, events.store).alias("store_id"), guide_ids(events.guide).alias("guide_id")
        )
    if channel in (H5, LIVE):
        return frame
    fg = pl.Series("fg_ms", events.fg_ms)
    return frame.with_columns(fg).with_columns(pl.when(pl.col("fg_ms") >= 0).then("fg_ms").alias("fg_ms"))
