"""What if a store opened, closed or moved?

Huff's model spreads the money that located customers spent at physical stores in twelve months over the stores open
now, once as they stand and once after the change. Nothing is added: a new store takes from others, a closed one leaves
to others. Customers of one cell of 0.1 km² count as one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from metrics.cells import parent
from metrics.huff import huff_shares
from metrics.whatif_scene import Change, Scene, scene_of

if TYPE_CHECKING:
    from metrics.travel import Bools, Floats

_CELL_RESOLUTION: Final = 8

COLUMNS: Final[dict[str, type[pl.DataType]]] = {
    "store_id": pl.String,
    "agent_id": pl.String,
    "city": pl.String,
    "before_minor": pl.Int64,
    "after_minor": pl.Int64,
    "delta_minor": pl.Int64,
    "registrants_before": pl.Int64,
    "registrants_after": pl.Int64,
    "customers_before": pl.Int64,
    "customers_after": pl.Int64,
    "overlap_before": pl.Float64,
    "overlap_after": pl.Float64,
    "actual_minor": pl.Int64,
    "distance_m": pl.Float64,
    "is_changed": pl.Boolean,
}


def what_if(
    change: Change,
    points: pl.DataFrame,
    places: pl.DataFrame,
    *,
    alpha: float,
    beta: float,
    travel: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Who would sell more or less, and whose would new registrants become?

    Args:
        change: what would change.
        points: as ``people_by_cell`` finds them.
        places: ``Places`` that are open.
        alpha: exponent of size.
        beta: exponent of distance.
        travel: ``Travel``; the way to a new site is a straight line.

    Returns:
        One row per store within 50 km of the change (``COLUMNS``), the largest loss first: expected sales before and
        after; registrants and customers whose nearest open store it is; the overlap of its expected sales with those of
        the changed store (Σ over cells of resolution 8 of the smaller share; null for itself and where there is no such
        store at the time); ``distance_m`` to the site (of a closing store: where it stood). ``actual_minor`` is left
        null for the caller.

    Raises:
        ContractError: a required column is missing.
        UsageError: the kind is unknown, the store is not open or has no position, or the place is missing.
    """
    scene = scene_of(change, points, places, travel)
    sides = ((scene.before_m, scene.area, scene.is_before), (scene.after_m, scene.new_area, scene.is_after))
    before, after = (
        huff_shares(metres, area, alpha, beta, np.broadcast_to(is_open, metres.shape))
        for metres, area, is_open in sides
    )
    money = scene.points["net_minor"].clip(0).to_numpy().astype(np.float64)
    counts = [scene.points[name].to_numpy() for name in ("registrants", "customers")]
    homes = [_by_nearest(metres, is_open, count) for count in counts for metres, _, is_open in sides]
    sums = [np.rint(money @ chance).astype(np.int64) for chance in (before, after)]
    overlaps = [
        _overlap(scene, chance * money[:, None], is_open)
        for chance, is_open in ((before, scene.is_before), (after, scene.is_after))
    ]
    table = scene.stores.select("store_id", "agent_id", "city", "distance_m").with_columns(
        before_minor=pl.Series(sums[0]),
        after_minor=pl.Series(sums[1]),
        delta_minor=pl.Series(sums[1] - sums[0]),
        registrants_before=pl.Series(homes[0]),
        registrants_after=pl.Series(homes[1]),
        customers_before=pl.Series(homes[2]),
        customers_after=pl.Series(homes[3]),
        overlap_before=pl.Series(overlaps[0], nan_to_null=True),
        overlap_after=pl.Series(overlaps[1], nan_to_null=True),
        actual_minor=pl.lit(None, pl.Int64),
        is_changed=pl.int_range(pl.len()) == scene.changed,
    )
    return table.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()).sort("delta_minor", "store_id")


def _by_nearest(metres: Floats, is_open: Bools, count: Any) -> Any:
    if not is_open.any():
        return np.zeros(len(is_open), dtype=np.int64)
    nearest = np.where(is_open, metres, np.inf).argmin(axis=1)
    return np.bincount(nearest, count, minlength=len(is_open)).astype(np.int64)


def _overlap(scene: Scene, money: Floats, is_open: Bools) -> Floats:
    """Σ min(share, share) of each store's expected sales with the changed one's, over cells of resolution 8."""
    size = money.shape[1]
    nothing = np.full(size, np.nan)
    if not is_open[scene.changed] or not len(money):
        return nothing
    cells = scene.points.select(parent(pl.col("cell"), _CELL_RESOLUTION).rank("dense").alias("at"))["at"]
    group = cells.fill_null(0).to_numpy().astype(np.int64)
    summed = np.column_stack([np.bincount(group, money[:, column]) for column in range(size)])
    total = summed.sum(axis=0)
    shares = np.divide(summed, total, out=np.zeros_like(summed), where=total > 0)
    index: Floats = np.minimum(shares, shares[:, [scene.changed]]).sum(axis=0)
    index[~is_open | (total <= 0)] = np.nan
    index[scene.changed] = np.nan
    return index
