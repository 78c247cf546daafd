"""Members of the demo company: where they live, when they register, what they spend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from demo.clock import DAY_S, DAYS, Bools, Floats, Ints, Warp, day_index, demand, pick, rng, to_utc_us
from demo.homes import draw_homes
from demo.places import (
    JIANGNAN,
    NEWCOMER,
    OPENING,
    TAIHU,
    VICTIM,
    Places,
)

MEMBERS: Final = 40_000
ANONYMOUS: Final = 90_000
BUYERS_SHARE: Final = 0.83
"""Members who will ever order; decides how many shop orders are identified."""
PROMOTION: Final = dt.date(2026, 6, 18)
PROMOTION_REGISTRATIONS: Final = 900
CROWD_FROM_S: Final = 10 * 3_600
CROWD_TO_S: Final = 13 * 3_600
"""The promotion opens at ten: between these hours of its day registrations crowd."""
_CROWD_SHARE: Final = 0.45
_OPENS_S: Final = 9 * 3_600
_CLOSES_S: Final = 22 * 3_600
RUSH_GUIDE: Final = "G-117"
RUSH_MEMBERS: Final = 43
RUSH_DAY: Final = dt.date(2026, 8, 22)
RUSH_FROM_S: Final = 15 * 3_600 + 20 * 60
_LOCATED_SHARE: Final = 0.88
_STAFF: Final = 60
_TEST: Final = 12
_SPEND_SD: Final = 1.0
CHANNELS: Final = ("wechat_mini", "app", "mall", "h5_site", "live", "pos")


@dataclass(frozen=True)
class People:
    """The members as arrays; a member's number is the row."""

    near: Ints
    """The store in whose neighbourhood the member lives."""
    lat: Floats
    lng: Floats
    is_located: Bools
    on_metro: Bools
    reg_day: Ints
    reg_s: Ints
    """Local seconds of registration since the first midnight."""
    reg_channel: Ints
    is_buyer: Bools
    spend: Floats
    taste: Ints
    """Favourite category."""
    is_staff: Bools
    is_test: Bools
    in_rush: Bools


def ids(numbers: Ints) -> pl.Series:
    """Customer ids of member numbers; −1 gives null."""
    names = pl.Series([*(f"C{n:06d}" for n in range(1, MEMBERS + 1)), None], dtype=pl.String)
    return names.gather(pl.Series(np.where(numbers < 0, MEMBERS, numbers)))


def build_people(seed: int, places: Places) -> People:
    """40,000 members, living near shops the way a city lives: neighbourhoods, roads, one metro line."""
    draw = rng(seed, "people")
    reg_day = _registration_days(draw)
    near = _neighbourhoods(draw, places, reg_day)
    lat, lng, on_metro = draw_homes(draw, places, near)
    reg_s = _crowded(reg_day, reg_day * DAY_S + draw.integers(_OPENS_S, _CLOSES_S, MEMBERS))
    staff = np.zeros(MEMBERS, dtype=bool)
    test = np.zeros(MEMBERS, dtype=bool)
    rush = np.zeros(MEMBERS, dtype=bool)
    special = draw.permutation(np.flatnonzero(reg_day < day_index(PROMOTION)))[: _STAFF + _TEST + RUSH_MEMBERS]
    staff[special[:_STAFF]] = True
    test[special[_STAFF : _STAFF + _TEST]] = True
    rush[special[_STAFF + _TEST :]] = True
    reg_day[rush] = day_index(RUSH_DAY)
    reg_s[rush] = day_index(RUSH_DAY) * DAY_S + RUSH_FROM_S + np.arange(RUSH_MEMBERS) * 14
    buyers = (draw.random(MEMBERS) < BUYERS_SHARE) & ~staff & ~test & ~rush
    channel = pick(np.array([0.33, 0.08, 0.05, 0.06, 0.06, 0.42]), draw.random(MEMBERS))
    channel[rush] = CHANNELS.index("pos")
    return People(
        near,
        lat,
        lng,
        draw.random(MEMBERS) < _LOCATED_SHARE,
        on_metro,
        reg_day,
        reg_s,
        channel,
        buyers,
        np.round(draw.normal(0, _SPEND_SD, MEMBERS), 6),
        pick(np.array([22, 12, 17, 9, 12, 14, 7, 7.0]), draw.random(MEMBERS)),
        staff,
        test,
        rush,
    )


def register_before_first_order(people: People, member: Ints, placed_s: Ints) -> People:
    """Move a registration that would come after the member's first order to ten minutes before it."""
    first = np.full(MEMBERS, np.iinfo(np.int64).max)
    np.minimum.at(first, member, placed_s)
    reg_s = np.where(people.reg_s >= first, np.maximum(first - 600, people.reg_day * DAY_S), people.reg_s)
    return replace(people, reg_s=reg_s)


def _registration_days(draw: np.random.Generator) -> Ints:
    steady = 0.5 + 0.5 * demand()
    steady[day_index(PROMOTION)] = 0
    warp = Warp(steady / steady.sum() * DAYS)
    day = warp.day(np.round(draw.random(MEMBERS), 9) * warp.total).clip(0, DAYS - 1)
    day[:PROMOTION_REGISTRATIONS] = day_index(PROMOTION)
    day.sort()
    return day


def _crowded(reg_day: Ints, reg_s: Ints) -> Ints:
    """The same seconds, on the day of the promotion squeezed into its crowded hours and the rest of the day."""
    today = reg_day == day_index(PROMOTION)
    second = reg_s[today] - day_index(PROMOTION) * DAY_S - _OPENS_S
    whole, crowd = _CLOSES_S - _OPENS_S, CROWD_TO_S - CROWD_FROM_S
    inside = round(whole * _CROWD_SHARE)
    crowded = CROWD_FROM_S + second * crowd // inside
    rest = _OPENS_S + (second - inside) * (whole - crowd) // (whole - inside)
    rest = np.where(rest >= CROWD_FROM_S, rest + crowd, rest)
    moved = reg_s.copy()
    moved[today] = day_index(PROMOTION) * DAY_S + np.where(second < inside, crowded, rest)
    return moved


def _neighbourhoods(draw: np.random.Generator, places: Places, reg_day: Ints) -> Ints:
    size = places.area.astype(float)
    size[places.index(VICTIM)] *= 5.0
    size[places.index(NEWCOMER)] *= 0.8
    for agent in (JIANGNAN, TAIHU):
        size[places.of_agent(agent)] *= 1.5
    near = pick(size, draw.random(MEMBERS))
    early = (near == places.index(NEWCOMER)) & (reg_day < day_index(OPENING))
    size[places.index(NEWCOMER)] = 0.0
    near[early] = pick(size, draw.random(int(early.sum())))
    return near


def customers_table(seed: int, people: People, places: Places, online_buyer: Bools) -> pl.DataFrame:
    """``customers.parquet``: a home from a delivery address where there is one, else from registration."""
    draw = rng(seed, "customers")
    at = pl.Series(to_utc_us(people.reg_s)).cast(pl.Datetime("us", "UTC"))
    consent = [pl.Series(draw.random(MEMBERS) < share) for share in (0.72, 0.81, 0.35)]
    out = pl.Series(draw.random(MEMBERS) < 0.03)  # noqa: PLR2004
    home = pl.Series(people.is_located)
    address = pl.Series(online_buyer)
    frame = pl.DataFrame(
        {
            "customer_id": ids(np.arange(MEMBERS)),
            "registered_at": at,
            "reg_channel": pl.Series(CHANNELS).gather(pl.Series(people.reg_channel)),
            "city": pl.Series(places.city).gather(pl.Series(people.near)),
            "home_lat": people.lat,
            "home_lng": people.lng,
            "is_staff": people.is_staff,
            "is_test": people.is_test,
        }
    )
    return frame.with_columns(
        pl.when(home).then("home_lat").alias("home_lat"),
        pl.when(home).then("home_lng").alias("home_lng"),
        pl.when(home & address).then(pl.lit("address")).when(home).then(pl.lit("registration")).alias("home_src"),
        pl.when(home & address).then(30.0).when(home).then(80.0).alias("home_precision_m"),
        *(
            pl.when(given).then("registered_at").alias(f"consent_{name}_at")
            for given, name in zip(consent, ("marketing", "location", "share_agent"), strict=True)
        ),
        pl.when(out).then(pl.col("registered_at") + pl.duration(minutes=90)).alias("opted_out_at"),
        pl.col("registered_at").alias("updated_at"),
    )
