"""Guides, and location fixes: phones that scan a code in a shop, and phones that register at home."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from demo.behaviour import guide_ids, names_of
from demo.clock import rng, to_utc_us
from demo.people import RUSH_GUIDE, ids
from demo.trade import GUIDES, POS

if TYPE_CHECKING:
    from demo.world import World

WITNESSES: Final = 8
"""Fixes per shop from phones at the till, all of them true WGS-84: enough to see a wrong datum (P7)."""
_HOME_FIXES: Final = 4_000
_SHOP_FIXES: Final = 9_000
_SD_DEGREES: Final = 0.00007


def guides_table(world: World) -> pl.DataFrame:
    """``guides.csv``: 150 guides in 60 shops; the later ones were brought by the earlier ones."""
    numbers = np.arange(GUIDES)
    upline = np.where(numbers >= 60, numbers - 60, -1)  # noqa: PLR2004  (one guide in each shop came first)
    return pl.DataFrame(
        {
            "guide_id": guide_ids(numbers),
            "store_id": names_of(world.places.store_id, numbers % 60),
            "upline_guide_id": guide_ids(np.where(upline >= 60, -1, upline)),  # noqa: PLR2004
            "active_from": [dt.date(2024, 1, 1)] * GUIDES,
        }
    )


def fixes_table(world: World) -> pl.DataFrame:
    """``location_fixes.parquet``: scans in shops (which say where the shop is, not where people live), homes, one rush.

    The phones of the rush (P12) all stood in the shop of the guide who bound them.
    """
    draw = rng(world.seed, "fixes")
    orders, people, places = world.orders, world.people, world.places
    sold = np.flatnonzero((orders.channel == POS) & (orders.member >= 0))
    sold = draw.permutation(sold)
    by_store = sold[np.argsort(orders.store[sold], kind="stable")]
    turn = np.arange(len(by_store)) - np.searchsorted(orders.store[by_store], orders.store[by_store])
    witness = by_store[turn < WITNESSES]
    more = np.setdiff1d(sold[:_SHOP_FIXES], witness)
    scanned = np.concatenate([witness, more])
    store = orders.store[scanned]
    homes = np.sort(draw.choice(np.flatnonzero(people.is_located & ~people.in_rush), _HOME_FIXES, replace=False))
    n, m = len(scanned), len(homes)
    lat = np.concatenate([places.lat[store] + _SD_DEGREES * draw.normal(0, 1, n), people.lat[homes]])
    lng = np.concatenate([places.lng[store] + _SD_DEGREES * draw.normal(0, 1, n), people.lng[homes]])
    at = np.concatenate([orders.placed_s[scanned] - 90, people.reg_s[homes] + 30])
    accuracy = np.concatenate([draw.integers(5, 25, n), draw.integers(10, 60, m)])
    rush = np.flatnonzero(people.in_rush)
    guide_store = (int(RUSH_GUIDE[2:]) - 1) % len(places.store_id)
    k = len(rush)
    lat = np.concatenate([lat, np.full(k, places.lat[guide_store])])
    lng = np.concatenate([lng, np.full(k, places.lng[guide_store])])
    at = np.concatenate([at, people.reg_s[rush] + 3])
    accuracy = np.concatenate([accuracy, np.full(k, 12)])
    order = np.argsort(at, kind="stable")
    return pl.DataFrame(
        {
            "fix_id": "F" + pl.Series(np.arange(1, n + m + k + 1)).cast(pl.String).str.zfill(6),
            "customer_id": ids(np.concatenate([orders.member[scanned], homes, rush])[order]),
            "fixed_at": pl.Series(to_utc_us(at[order])).cast(pl.Datetime("us", "UTC")),
            "lat": np.round(lat, 5)[order],
            "lng": np.round(lng, 5)[order],
            "accuracy_m": accuracy[order].astype(float),
            "src": names_of(["store_scan", "gps"], np.repeat([0, 1], [n, m + k])[order]),
            "context_store_id": names_of(places.store_id, np.concatenate([store, np.full(m + k, -1)])[order]),
        }
    )
