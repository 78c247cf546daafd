"""Which store did located customers choose, among which that were open, and how far was each?

Orders from one home while the same stores were open are one row of counts, so that the fit handles homes, not orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.rules import require, without_staff
from metrics.travel import Reach, reach
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from metrics.travel import Bools, Floats, Ints

FAR_M: Final = 50_000.0
"""A customer who lives farther than this from every store is a traveller: the way from home decides nothing."""

MOST_CUSTOMERS: Final = 60_000
"""More are sampled by their key, so that a fit stays within a few seconds and 100 MB."""

_HELD_OUT: Final = 5
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Choices:
    """Counted choices: rows are homes while the same stores were open, columns the stores that may serve them.

    Attributes:
        store_ids: the stores.
        index: row of the store in ``store_ids``.
        metres: the way.
        log_area: ln of the store's size; unknown sizes are the median of the known.
        is_open: whether it could be chosen.
        count: orders.
        tested: of these, those of held-out customers.
        dropped: orders left out because their store was none of the nearest 32.
        sampled: share of the customers used.
        travelled: share of the ways that a travel matrix gave.
    """

    store_ids: pl.Series
    index: Ints
    metres: Floats
    log_area: Floats
    is_open: Bools
    count: Floats
    tested: Floats
    dropped: int = 0
    sampled: float = 1.0
    travelled: float = 0.0

    def total(self) -> int:
        """How many orders."""
        return int(self.count.sum())

    def is_contested(self) -> bool:
        """Whether any order could have gone elsewhere."""
        return bool((self.is_open.sum(axis=1) > 1).any())

    def log_metres(self, floor: float) -> Floats:
        """Ln of the way, not below a floor."""
        logs: Floats = np.log(np.maximum(self.metres, floor))
        return logs


def located_choices(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, *, travel: pl.DataFrame | None = None
) -> Choices:
    """Count the choices of located customers at physical stores.

    Args:
        orders: ``OrderFacts``; staff, other channels and orders at a store not in ``places`` or not open are left out.
        people: ``People``; homes known only by city, or over 50 km from every store, are left out.
        places: ``Places`` that compete.
        travel: ``Travel``, in place of straight lines.

    Returns:
        The counted choices; without any, all arrays are empty.

    Raises:
        ContractError: a required column is missing.
    """
    rows, homes, sampled = _located(orders, people, places)
    ways = reach(homes, places, travel)
    near = np.flatnonzero(ways.metres.min(axis=1, initial=np.inf) <= FAR_M)
    position = np.full(homes.height, -1, dtype=np.int64)
    position[near] = np.arange(near.size)
    rows = rows.with_columns(home=pl.Series(position).gather(rows["home"])).filter(pl.col("home") >= 0)
    ways = ways.take(near)
    edges, open_on = open_epochs(ways.stores)
    epoch = np.searchsorted(edges, rows["local_on"].to_physical().to_numpy(), side="right")
    store = ways.stores["store_id"].search_sorted(rows["store_id"]).to_numpy().astype(np.int64)
    codes = rows["home"].to_numpy() * (len(edges) + 1) + epoch
    groups, group = np.unique(codes, return_inverse=True)
    chosen = ways.take(groups // (len(edges) + 1))
    is_open = np.take_along_axis(open_on[groups % (len(edges) + 1)], chosen.index, axis=1)
    is_mine = (chosen.index[group] == store[:, None]) & is_open[group]
    hit = is_mine.any(axis=1)
    column = is_mine.argmax(axis=1) if is_mine.size else np.zeros(len(group), dtype=np.int64)
    is_test = _held_out(rows["customer_key"])
    return Choices(
        ways.stores["store_id"],
        chosen.index,
        chosen.metres,
        _log_areas(ways.stores)[chosen.index],
        is_open,
        _counted(group[hit], column[hit], is_open.shape),
        _counted(group[hit & is_test], column[hit & is_test], is_open.shape),
        int((~hit).sum()),
        sampled,
        ways.travelled,
    )


def _located(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """Orders with the row of their customer's home, the distinct homes, and the share of the customers used."""
    require(orders, "orders", "customer_key", "local_on", "channel", "store_id")
    require(people, "people", "customer_key", "home_src", "home_lat", "home_lng", "home_cell")
    require(places, "places", "store_id", "lat", "lng", "area_m2", "opened_on", "closed_on")
    offline = without_staff(orders).filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)))
    here = places.filter(pl.col("lat").is_finite(), pl.col("lng").is_finite()).select("store_id")
    rows = offline.select("customer_key", "local_on", "store_id").drop_nulls().join(here, on="store_id", how="semi")
    homes = people.filter(pl.col("home_src").ne_missing("city")).select(
        "customer_key", lat="home_lat", lng="home_lng", cell="home_cell"
    )
    homes = homes.drop_nulls(["lat", "lng"]).join(rows, on="customer_key", how="semi")
    homes, sampled = _sampled(homes)
    rows = rows.join(homes, on="customer_key", how="inner").sort("customer_key", "local_on", "store_id")
    distinct = homes.select("lat", "lng", "cell").unique().sort("lat", "lng", "cell").with_row_index("home")
    rows = rows.join(distinct, on=["lat", "lng", "cell"], how="left", nulls_equal=True, maintain_order="left")
    return rows.select("customer_key", "local_on", "store_id", pl.col("home").cast(pl.Int64)), distinct, sampled


def _sampled(homes: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    if homes.height <= MOST_CUSTOMERS:
        return homes, 1.0
    chosen = np.argpartition(_mixed(homes["customer_key"]), MOST_CUSTOMERS)[:MOST_CUSTOMERS]
    return homes[np.sort(chosen)], MOST_CUSTOMERS / homes.height


def _mixed(keys: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Numbers that look like chance but are the same for a key on every machine."""
    mixed = keys.to_numpy().astype(np.uint64) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _MIX
    return mixed ^ (mixed >> np.uint64(29))


def _held_out(keys: pl.Series) -> Bools:
    """One customer in five, by the key."""
    held: Bools = _mixed(keys) % np.uint64(_HELD_OUT) == 0
    return held


def open_epochs(stores: pl.DataFrame) -> tuple[Ints, Bools]:
    """Days on which a store opens or closes, and which stores are open before, between and after them."""
    first, last = (
        stores[name].to_physical().cast(pl.Int64).fill_null(default).to_numpy()
        for name, default in (("opened_on", np.iinfo(np.int64).min), ("closed_on", np.iinfo(np.int64).max))
    )
    days = np.unique(np.concatenate((first, last)))
    edges = days[(days > np.iinfo(np.int64).min) & (days < np.iinfo(np.int64).max)]
    start = np.concatenate(([np.iinfo(np.int64).min], edges))
    return edges, (first[None, :] <= start[:, None]) & (start[:, None] < last[None, :])


def _log_areas(stores: pl.DataFrame) -> Floats:
    known = stores["area_m2"].to_numpy().astype(np.float64)
    usable = np.isfinite(known) & (known > 0)
    middle = float(np.median(known[usable])) if usable.any() else 1.0
    logs: Floats = np.log(np.where(usable, known, middle))
    return logs


def _counted(group: Ints, column: Ints, shape: tuple[int, ...]) -> Floats:
    counted: Floats = np.bincount(group * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    return counted


__all__ = ["FAR_M", "MOST_CUSTOMERS", "Choices", "Reach", "located_choices"]
