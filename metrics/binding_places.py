"""Where was each customer when they registered, how surely is that known, and what became known later?

An *exact* place is the first fix by phone or address within the policy's minutes of registration, else the home of the
customer's own row. A *rough* one is a fuzzy fix, or one older than that. Then comes the city, then nothing. What is
not exact may later be bettered: by the first exact fix within the policy's days, and a customer without any place by
the first rough one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_policy import DAY, MINUTE
from metrics.binding_stores import EVER, on_sphere
from metrics.cells import HOME_RESOLUTION, cell_of
from metrics.rules import require

if TYPE_CHECKING:
    from metrics.binding_policy import Policies
    from metrics.binding_stores import Bools, Floats, Ints

NOWHERE: Final = 0
CITY: Final = 1
ROUGH: Final = 2
EXACT: Final = 3

HOME_ACCURACY_M: Final = {"address": 100.0, "registration": 300.0, "given": 200.0}
FIX_ACCURACY_M: Final = {"gps": 100.0, "address": 100.0, "fuzzy": 2_500.0}
"""68 % radius of a fix that does not say; phones' fuzzy positions were about 2.5 km off in a public sample."""

_EXACT_FIXES: Final = ("gps", "address")
_PLACE = {"i": pl.Int64, "lat": pl.Float64, "lng": pl.Float64, "accuracy_m": pl.Float64}


@dataclass(frozen=True)
class Places:
    """One place a customer; rows as the customers'.

    Attributes:
        kind: ``NOWHERE``, ``CITY``, ``ROUGH`` or ``EXACT``.
        at: unit vectors; not a number for ``NOWHERE`` and ``CITY``.
        accuracy_m: 68 % radius; not a number without a place.
        cell: H3 cell, resolution 9; 0 without a place.
        lat: degrees.
        lng: degrees.
        known: from which instant on it was known, microseconds; ``EVER`` for what never was.
    """

    kind: Ints
    at: Floats
    accuracy_m: Floats
    cell: Ints
    lat: Floats
    lng: Floats
    known: Ints

    def take(self, rows: Ints) -> Places:
        """The places of some customers."""
        return Places(
            self.kind[rows], self.at[rows], self.accuracy_m[rows], self.cell[rows], self.lat[rows], self.lng[rows],
            self.known[rows],
        )  # fmt: skip

    @property
    def is_placed(self) -> Bools:
        """Whose place has coordinates."""
        return np.isfinite(self.at[:, 0])


@dataclass(frozen=True)
class Whereabouts:
    """What is known of where customers were.

    Attributes:
        first: at registration.
        hint: the first rough place learnt later by somebody who had none.
        better: the first exact place learnt in time by somebody who had none.
    """

    first: Places
    hint: Places
    better: Places


def whereabouts(people: pl.DataFrame, fixes: pl.DataFrame, policies: Policies, until: int) -> Whereabouts:
    """Where was each customer?

    Args:
        people: ``i`` (0, 1, 2 …), ``customer_key, registered_us, home_lat, home_lng, home_src, home_precision_m, city``,
            and ``home_known_us`` if known: since when the home was.
        fixes: ``customer_key, fixed_at, lat, lng, accuracy_m, src, context_store_id, fix_id``.
        policies: the one in force at registration says what is near in time.
        until: fixes from this instant on do not count.
    """
    require(fixes, "fixes", "customer_key", "fixed_at", "lat", "lng", "accuracy_m", "src", "context_store_id", "fix_id")
    number = policies.at(people["registered_us"].to_numpy())
    about = people.select(
        "i",
        "customer_key",
        "registered_us",
        _near=pl.Series(policies.per_row(number, [p.fix_minutes for p in policies.all]) * MINUTE),
        _late=pl.Series(policies.per_row(number, [p.upgrade_days for p in policies.all]) * DAY),
    )
    rows = _usable(fixes, until).join(about, on="customer_key").with_columns(
        apart=pl.col("fixed_us") - pl.col("registered_us")
    )  # fmt: skip
    is_near = pl.col("apart").abs() <= pl.col("_near")
    is_later = pl.col("apart") > pl.col("_near")
    in_time = is_later & (pl.col("apart") <= pl.col("_late"))
    exact = pl.col("is_exact")
    by_time = rows.sort("i", "fixed_us", "fix_id")
    before = rows.filter(~is_later).sort("i", pl.col("apart").abs(), "fixed_us", "fix_id")
    n = people.height
    sure = pl.concat([_one_each(by_time.filter(exact & is_near)), _homes(people)]).unique("i", keep="first")
    first = pl.concat(
        [
            sure.with_columns(kind=pl.lit(EXACT, pl.Int64)),
            _one_each(before).with_columns(kind=pl.lit(ROUGH, pl.Int64)),
            _cities(people),
        ]
    ).unique("i", keep="first", maintain_order=True)
    better = _one_each(by_time.filter(exact & in_time)).join(sure, on="i", how="anti")
    placed = first.filter(pl.col("kind") != CITY)
    hint = _one_each(by_time.filter(is_later & ~(exact & in_time))).join(placed, on="i", how="anti")
    return Whereabouts(
        _places(first, n),
        _places(hint.with_columns(kind=pl.lit(ROUGH, pl.Int64)), n),
        _places(better.with_columns(kind=pl.lit(EXACT, pl.Int64)), n),
    )


def _usable(fixes: pl.DataFrame, until: int) -> pl.DataFrame:
    src = pl.col("src").fill_null("gps")
    rows = fixes.with_columns(src=src, fixed_us=pl.col("fixed_at").dt.timestamp("us")).filter(
        pl.col("src").is_in(list(FIX_ACCURACY_M)),
        pl.col("context_store_id").is_null(),
        pl.col("lat").is_finite() & pl.col("lng").is_finite(),
        pl.col("fixed_us") < until,
    )
    default = pl.col("src").replace_strict(FIX_ACCURACY_M, return_dtype=pl.Float64)
    return rows.select(
        "customer_key", "fixed_us", "fix_id", "lat", "lng",
        accuracy_m=pl.col("accuracy_m").fill_null(default), is_exact=pl.col("src").is_in(_EXACT_FIXES),
    )  # fmt: skip


def _one_each(rows: pl.DataFrame) -> pl.DataFrame:
    best = rows.unique("i", keep="first", maintain_order=True)
    return best.select([pl.col(name).cast(kind) for name, kind in _PLACE.items()] + [pl.col("fixed_us").cast(pl.Int64)])


def _homes(people: pl.DataFrame) -> pl.DataFrame:
    src = pl.col("home_src").fill_null("given")
    default = src.replace_strict(HOME_ACCURACY_M, default=None, return_dtype=pl.Float64)
    rows = people.filter(
        src.is_in(list(HOME_ACCURACY_M)), pl.col("home_lat").is_finite() & pl.col("home_lng").is_finite()
    )
    since = ["home_known_us"] if "home_known_us" in people.columns else []
    return rows.select(
        "i", lat=pl.col("home_lat"), lng=pl.col("home_lng"),
        accuracy_m=pl.col("home_precision_m").cast(pl.Float64).fill_null(default),
        fixed_us=pl.max_horizontal("registered_us", *since),
    )  # fmt: skip


def _cities(people: pl.DataFrame) -> pl.DataFrame:
    rows = people.filter(pl.col("city").is_not_null()).select(
        "i", fixed_us="registered_us", kind=pl.lit(CITY, pl.Int64)
    )
    nothing = pl.lit(None, pl.Float64)
    return rows.select("i", nothing.alias("lat"), nothing.alias("lng"), nothing.alias("accuracy_m"), "fixed_us", "kind")


def _places(rows: pl.DataFrame, n: int) -> Places:
    """The places of all customers; ``NOWHERE`` for those without a row."""
    every = pl.DataFrame({"i": np.arange(n)}, schema={"i": pl.Int64}).join(
        rows, on="i", how="left", maintain_order="left"
    )
    cell = cell_of(every, "lat", "lng", HOME_RESOLUTION)
    return Places(
        every["kind"].fill_null(NOWHERE).to_numpy(),
        on_sphere(every["lat"], every["lng"]),
        every["accuracy_m"].to_numpy(),
        cell.fill_null(0).to_numpy(),
        every["lat"].to_numpy(),
        every["lng"].to_numpy(),
        every["fixed_us"].fill_null(EVER).to_numpy(),
    )
