"""What members complained of: one order in some eighty, live sales most, nearly all settled within days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from demo.behaviour import names_of
from demo.clock import DAY_S, DAYS, rng, to_utc_us
from demo.people import CHANNELS, ids
from demo.trade import POS

if TYPE_CHECKING:
    from demo.clock import Ints
    from demo.world import World

_PER_MILLE: Final = {"pos": 5, "live": 40}
"""Complaints of a thousand orders; of the other channels twenty."""
_OTHERS: Final = 20
_KINDS: Final = ("delivery", "size", "quality", "service")
_NEVER: Final = 0.03
"""Of them so many were never settled."""
_MEDIAN_H: Final = 60
_HOUR_S: Final = 3_600
_UTC: Final = pl.Datetime("us", "UTC")


def complaints_table(world: World, order_ids: pl.Series) -> pl.DataFrame:
    """Every complaint, oldest first, with ``is_till``: whether the till's order is meant, or the web shop's."""
    orders = world.orders
    draw = rng(world.seed, "complaints")
    chance = np.array([_PER_MILLE.get(name, _OTHERS) for name in CHANNELS])[orders.channel] / 1_000
    chosen = (draw.random(len(orders)) < chance) & orders.is_paid & (orders.member >= 0)
    which = np.flatnonzero(chosen)
    opened = (orders.day[which] + draw.integers(1, 10, len(which))) * DAY_S + _hours(draw.integers(9, 21, len(which)))
    took = _hours(np.maximum(2, np.rint(_MEDIAN_H * np.exp(0.9 * draw.standard_normal(len(which))))).astype(np.int64))
    never = draw.random(len(which)) < _NEVER
    kind = draw.integers(0, len(_KINDS), len(which))
    left = never | (opened + took >= DAYS * DAY_S)
    table = pl.DataFrame({
        "customer_id": ids(orders.member[which]),
        "order_id": order_ids.gather(pl.Series(which)),
        "kind": names_of(list(_KINDS), kind),
        "opened_at": pl.Series(to_utc_us(opened)).cast(_UTC),
        "closed_at": pl.Series(to_utc_us(opened + took)).cast(_UTC).set(pl.Series(left), None),
        "is_till": orders.channel[which] == POS,
        "made_s": opened,
    })  # fmt: skip
    made = table.filter(pl.col("made_s") < DAYS * DAY_S).sort("made_s", "order_id").drop("made_s")
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)
    return made.select(pl.format("K{}", number).alias("complaint_id"), pl.all())


def complaints_truth(table: pl.DataFrame) -> dict[str, int]:
    """How many were made, and how many are open on the last day."""
    left = table.filter(pl.col("closed_at").is_null())
    return {"made": table.height, "open": left.height, "members_with_open": left["customer_id"].n_unique()}


def _hours(hours: Ints) -> Ints:
    return hours * _HOUR_S
