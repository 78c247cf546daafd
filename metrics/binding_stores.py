"""Stores as arrays: which ones were open at an instant, and which of those were nearest.

Stores lie in the order of their ids, so that a smaller row is a smaller id. Time is cut into epochs at whose edges a
store opens or closes; every epoch has one search tree, and each place is looked up in the tree of its instant.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from metrics.rules import require
from schema.geodesy import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.signedinteger[Any]]
    Bools = NDArray[np.bool_]

EVER: Final = np.iinfo(np.int64).max
"""An instant that never comes (microseconds)."""

SINCE_EVER: Final = np.iinfo(np.int64).min
NOBODY: Final = -1
CANDIDATES: Final = 5
"""How many of the nearest stores are kept with a binding."""

_ASKED: Final = 8  # neighbours asked for, so that equally near ones at the edge are seen


@dataclass(frozen=True)
class Stores:
    """The stores of one decision, one row each, by id.

    Attributes:
        ids: store ids.
        agent_ids: their agents; null for a direct store.
        agent: a number for each agent; ``NOBODY`` for a direct store.
        at: unit vectors; not a number without a position.
        opened: first instant of trade, microseconds.
        closed: first instant after.
        accepts: whether new customers may be bound to it.
        area_m2: sales floor; the median where it is not known.
        names: lower-case names of district and city.
    """

    ids: pl.Series
    agent_ids: pl.Series
    agent: Ints
    at: Floats
    opened: Ints
    closed: Ints
    accepts: Bools
    area_m2: Floats
    names: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, zone: str) -> Stores:
        """Read the stores; ``zone`` is the business zone, for stores without their own."""
        require(frame, "stores", "store_id", "lat", "lng", "opened_on", "closed_on", "accepts_binding", "agent_id")
        rows = frame.unique("store_id", keep="first", maintain_order=True).sort("store_id")
        zones = rows["zone"].fill_null(zone).to_list() if "zone" in rows.columns else [zone] * rows.height
        area = (
            rows["area_m2"].cast(pl.Float64)
            if "area_m2" in rows.columns
            else pl.Series([None] * rows.height, dtype=pl.Float64)
        )
        usual = area.median()
        agents = rows["agent_id"].cast(pl.String)
        known = agents.unique().drop_nulls().sort()
        number = agents.replace_strict(known, pl.Series(np.arange(known.len())), default=NOBODY, return_dtype=pl.Int64)
        return cls(
            rows["store_id"].cast(pl.String),
            agents,
            number.fill_null(NOBODY).to_numpy(),
            on_sphere(rows["lat"], rows["lng"]),
            _midnights(rows["opened_on"], zones, SINCE_EVER),
            _midnights(rows["closed_on"], zones, EVER),
            rows["accepts_binding"].fill_null(value=True).to_numpy(),
            area.fill_null(1.0 if usual is None else usual).to_numpy(),
            tuple(_names(row) for row in rows.to_dicts()),
        )

    def __len__(self) -> int:
        """How many there are."""
        return len(self.opened)

    def row_of(self, ids: pl.Series) -> Ints:
        """The row of each id; ``NOBODY`` where there is no such store."""
        rows = pl.DataFrame({"id": self.ids, "row": np.arange(len(self))}, schema={"id": pl.String, "row": pl.Int64})
        found = ids.cast(pl.String).rename("id").to_frame().join(rows, on="id", how="left", maintain_order="left")
        return found["row"].fill_null(NOBODY).to_numpy()

    def takes(self, row: Ints, at: Ints) -> Bools:
        """Was the store open then, and did it take customers? Never for ``NOBODY``."""
        if not len(self):
            return np.zeros(row.shape, dtype=np.bool_)
        taken: Bools = (row != NOBODY) & self.accepts[row] & (self.opened[row] <= at) & (at < self.closed[row])
        return taken

    def metres(self, row: Ints, places: Floats) -> Floats:
        """From each place to its store; not a number where either has no position or there is no store."""
        if not len(self):
            return np.full(row.shape, np.nan)
        apart = places - self.at[row]
        return np.where(row == NOBODY, np.nan, to_metres(np.sqrt(np.einsum("ij,ij->i", apart, apart))))


def _names(row: dict[str, Any]) -> frozenset[str]:
    given = (row.get("district"), row.get("city"))
    return frozenset(str(name).strip().casefold() for name in given if name)


def _midnights(days: pl.Series, zones: list[str], empty: int) -> Ints:
    return np.array(
        [empty if day is None else midnight(day, zone) for day, zone in zip(days, zones, strict=True)], dtype=np.int64
    )


def midnight(day: dt.date, zone: str) -> int:
    """The first instant of a local day, in microseconds since 1970."""
    start = dt.datetime.combine(day, dt.time(), ZoneInfo(zone or "UTC"))
    return int(start.timestamp()) * 1_000_000


def on_sphere(lat: pl.Series, lng: pl.Series) -> Floats:
    """Unit vectors; not a number where a coordinate is missing."""
    y = np.radians(lat.cast(pl.Float64).to_numpy())
    x = np.radians(lng.cast(pl.Float64).to_numpy())
    return np.column_stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)))


def to_metres(chord: Floats) -> Floats:
    """Great-circle metres, whole millimetres, of a chord of the unit sphere."""
    far: Floats = np.round(2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0.0, 1.0)), 3)
    return far


def nearest_open(stores: Stores, places: Floats, at: Ints, within_m: float) -> tuple[Ints, Floats]:
    """Which stores that took customers were nearest to each place at its instant?

    Args:
        stores: the stores.
        places: unit vectors, each with a position.
        at: an instant for each.
        within_m: all stores not farther than this beyond the nearest are returned, however many there are.

    Returns:
        Rows of stores and metres, nearest first (equal distances by id), at least ``CANDIDATES`` columns; filled up
        with ``NOBODY`` and infinity.
    """
    usable = np.flatnonzero(stores.accepts & np.isfinite(stores.at).all(axis=1) & (stores.opened < stores.closed))
    edges = np.unique(np.concatenate([stores.opened[usable], stores.closed[usable]]))
    epoch = np.searchsorted(edges, at, side="right")
    order = np.argsort(epoch, kind="stable")
    cuts = np.flatnonzero(np.diff(epoch[order], prepend=-1, append=len(edges) + 1))
    found = []
    for first, last in pairwise(cuts):
        rows = order[first:last]
        now = SINCE_EVER if epoch[rows[0]] == 0 else edges[epoch[rows[0]] - 1]
        is_open = usable[(stores.opened[usable] <= now) & (now < stores.closed[usable])]
        found.extend(_nearest(stores.at[is_open], is_open, places, rows, within_m))
    width = max([CANDIDATES, *(which.shape[1] for _, which, _ in found)])
    which = np.full((len(places), width), NOBODY, dtype=np.int32)
    far = np.full((len(places), width), np.inf)
    for rows, some, metres in found:
        which[rows, : some.shape[1]], far[rows, : some.shape[1]] = some, metres
    return which, far


def _nearest(at: Floats, ids: Ints, places: Floats, rows: Ints, within_m: float) -> list[tuple[Ints, Ints, Floats]]:
    """Rows, their stores and metres, in parts of equal width; more neighbours are asked for where the edge is tied."""
    from scipy.spatial import cKDTree  # noqa: PLC0415  (scipy loads with the first question that needs it)

    if not len(ids):
        return []
    tree: Any = cKDTree(at)
    parts, asked = [], _ASKED
    while rows.size:
        k = min(asked, len(ids))
        chord, near = tree.query(places[rows], k=list(range(1, k + 1)))
        metres = to_metres(chord)
        order = np.lexsort((ids[near], metres), axis=1)
        metres = np.take_along_axis(metres, order, axis=1)
        which = np.take_along_axis(ids[near], order, axis=1)
        is_tied = metres[:, -1] <= metres[:, 0] + within_m if k < len(ids) else np.zeros(len(rows), dtype=np.bool_)
        keep = ~is_tied
        tied = np.flatnonzero(keep)
        wide = k if asked > _ASKED else min(k, CANDIDATES + 1)
        wide = max(wide, int((metres[tied] <= metres[tied, :1] + within_m).sum(axis=1).max(initial=0)))
        parts.append((rows[tied], which[tied, :wide], metres[tied, :wide]))
        rows, asked = rows[is_tied], asked * 4
    return parts
