"""How much of a new store's sales did its neighbours lose (difference in differences)?

A neighbour's sales since the opening are compared with the same months a year earlier, times what became of control
stores meanwhile: those of the same type (and city tier, where one is given), over 10 km from both, open all the time
and not themselves near another opening. The loss ÷ the new store's sales is the rate. The interval resamples customers
(an anonymous order is its own), each with all of their orders at any of these stores; that a single store may move by
chance is not in it, which is what ``placebo_share`` is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.rules import one_currency, require
from metrics.switchers import switchers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metrics.openings import Opening

    Floats = NDArray[np.float64]

_DRAWS: Final = 400
_BLOCKS: Final = 2_000
_INTERVAL: Final = (5.0, 95.0)
_SEED: Final = 20_260_301
_PARTS: Final = ("own_pre", "own_post", "control_pre", "control_post", "new")

COLUMNS: Final[dict[str, type[pl.DataType]]] = {
    "new_store": pl.String,
    "store_id": pl.String,
    "rate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "rate_orders": pl.Float64,
    "low_orders": pl.Float64,
    "high_orders": pl.Float64,
    "pre_minor": pl.Int64,
    "expected_minor": pl.Int64,
    "actual_minor": pl.Int64,
    "loss_minor": pl.Int64,
    "new_minor": pl.Int64,
    "incremental_minor": pl.Int64,
    "switchers": pl.Int64,
    "controls": pl.Int64,
    "placebo_share": pl.Float64,
    "distance_m": pl.Float64,
    "opened_on": pl.Date,
    "pre_from": pl.Date,
    "pre_to": pl.Date,
    "post_from": pl.Date,
    "post_to": pl.Date,
    "pre_days": pl.Int64,
    "post_days": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Impact:
    """What difference in differences says; None where there is nothing to divide by."""

    expected: float | None
    loss: float | None
    rate: float | None
    incremental: float | None


def impact(pre: float, post: float, control_pre: float, control_post: float, new: float) -> Impact:
    """What did a store lose against what its controls let expect, and how much of the new store's sales is that?

    Args:
        pre: the neighbour's sales in the months a year earlier.
        post: its sales since the opening.
        control_pre: the controls' sales a year earlier, together.
        control_post: their sales since the opening.
        new: the new store's sales.

    Returns:
        ``expected`` = pre · control_post ÷ control_pre, ``loss`` = expected − post (negative: a gain), ``rate`` =
        loss ÷ new, ``incremental`` = new − loss.
    """
    if not control_pre:
        return Impact(None, None, None, None)
    expected = pre * control_post / control_pre
    loss = expected - post
    return Impact(expected, loss, loss / new if new else None, new - loss)


def cannibalisation(orders: pl.DataFrame, cases: list[Opening]) -> pl.DataFrame:
    """How much of each new store's sales came from its neighbours, and how sure is that?

    Args:
        orders: ``OrderFacts`` in one currency, every day of the data; orders without a selling store are left out.
        cases: as ``metrics.openings.openings`` finds them.

    Returns:
        One row per new store and neighbour (``COLUMNS``): rate by money with its 90 % bootstrap interval (``low``,
        ``high``), the same by orders, the sums behind it, ``switchers`` (``metrics.switchers``), ``placebo_share`` (controls that fell at least as far behind the other
        controls as the neighbour did). A rate is null without controls or sales.

    Raises:
        ContractError: a required column is missing.
        UsageError: the orders are in several currencies.
    """
    require(orders, "orders", "order_key", "customer_key", "local_on", "store_id", "net_minor")
    one_currency(orders, "orders")
    rows = [_measured(_relevant(orders, case), case) for case in cases]
    moved = switchers(orders, cases).select("new_store", "store_id", "switchers")
    table = pl.DataFrame(
        rows, schema={name: kind for name, kind in COLUMNS.items() if name != "switchers"}, orient="row"
    )
    return table.join(moved, on=["new_store", "store_id"], how="left").select(*COLUMNS).sort("new_store", "store_id")


def control_changes(orders: pl.DataFrame, cases: list[Opening]) -> pl.DataFrame:
    """What became of each control meanwhile?

    Args:
        orders: as in ``cannibalisation``.
        cases: as ``metrics.openings.openings`` finds them.

    Returns:
        One row per new store, neighbour and control: ``new_store, neighbour, store_id, pre_minor, post_minor, change``
        (post ÷ pre − 1; null without sales before), ``pre_orders, post_orders``.

    Raises:
        ContractError: a required column is missing.
    """
    parts = [_changes(_relevant(orders, case), case) for case in cases]
    empty = pl.DataFrame(schema=dict(zip(_CHANGES, _CHANGE_TYPES, strict=True)))
    return pl.concat([empty, *parts]).sort("new_store", "neighbour", "store_id")


_CHANGES: Final = (
    "new_store", "neighbour", "store_id", "pre_minor", "post_minor", "change", "pre_orders", "post_orders",
)  # fmt: skip
_CHANGE_TYPES: Final = (
    pl.String, pl.String, pl.String, pl.Int64, pl.Int64, pl.Float64, pl.Int64, pl.Int64,
)  # fmt: skip


def _changes(rows: pl.DataFrame, case: Opening) -> pl.DataFrame:
    listed = pl.DataFrame({"store_id": list(case.controls)}, schema={"store_id": pl.String})
    sums = rows.group_by("store_id").agg(
        pl.col("net_minor").filter("is_pre").sum().alias("pre_minor"),
        pl.col("net_minor").filter("is_post").sum().alias("post_minor"),
        pl.col("is_pre").sum().cast(pl.Int64).alias("pre_orders"),
        pl.col("is_post").sum().cast(pl.Int64).alias("post_orders"),
    )
    counted = listed.join(sums, on="store_id", how="left").with_columns(pl.col(pl.Int64).fill_null(0))
    change = pl.when(pl.col("pre_minor") != 0).then(pl.col("post_minor") / pl.col("pre_minor") - 1)
    return counted.select(
        pl.lit(case.new_store).alias("new_store"),
        pl.lit(case.store_id).alias("neighbour"),
        "store_id",
        "pre_minor",
        "post_minor",
        change.alias("change"),
        "pre_orders",
        "post_orders",
    )


def _relevant(orders: pl.DataFrame, case: Opening) -> pl.DataFrame:
    """Orders of the two windows at any of the stores compared, with the part they play."""
    stores = [case.new_store, case.store_id, *case.controls]
    on = pl.col("local_on")
    is_pre = on.is_between(case.pre_from, case.pre_to, closed="left")
    is_post = on.is_between(case.post_from, case.post_to, closed="left")
    columns = ("order_key", "customer_key", "local_on", "store_id", "net_minor")
    return (
        orders.select(*columns)
        .filter(pl.col("store_id").is_in(stores), is_pre | is_post)
        .with_columns(is_pre.alias("is_pre"), is_post.alias("is_post"))
    )


def _measured(rows: pl.DataFrame, case: Opening) -> tuple[object, ...]:
    units = _by_unit(rows, case)
    sums, counts = units[:, :5].sum(axis=0), units[:, 5:].sum(axis=0)
    money, counted = impact(*sums), impact(*counts)
    (low, high), (low_orders, high_orders) = _intervals(units)
    whole = [None if value is None else round(value) for value in (money.expected, money.loss, money.incremental)]
    return (
        *(case.new_store, case.store_id, money.rate, low, high, counted.rate, low_orders, high_orders),
        *(int(sums[0]), whole[0], int(sums[1]), whole[1], int(sums[4]), whole[2]),
        *(len(case.controls), _placebo(rows, case), case.distance_m, case.opened_on),
        *(case.pre_from, case.pre_to, case.post_from, case.post_to),
        *((case.pre_to - case.pre_from).days, (case.post_to - case.post_from).days),
    )


def _by_unit(rows: pl.DataFrame, case: Opening) -> Floats:
    """The five sums of money, then of orders, of each customer (or anonymous order), whatever their keys' order."""
    is_own, is_new = pl.col("store_id") == case.store_id, pl.col("store_id") == case.new_store
    is_control = ~is_own & ~is_new
    parts = {
        "own_pre": is_own & pl.col("is_pre"),
        "own_post": is_own & pl.col("is_post"),
        "control_pre": is_control & pl.col("is_pre"),
        "control_post": is_control & pl.col("is_post"),
        "new": is_new & pl.col("is_post"),
    }
    money = [pl.when(parts[name]).then(pl.col("net_minor")).otherwise(0).sum().alias(name) for name in _PARTS]
    orders = [parts[name].sum().alias(f"{name}_orders") for name in _PARTS]
    alone = pl.col("customer_key").is_null()
    unit = pl.col("customer_key").fill_null(pl.col("order_key")).alias("unit")
    summed = rows.group_by(unit, alone.alias("alone")).agg(*money, *orders).drop("unit", "alone")
    return summed.sort(summed.columns).to_numpy().astype(np.float64)


def _intervals(units: Floats) -> list[tuple[float | None, float | None]]:
    """90 % intervals of both rates: customers drawn again with replacement, in up to 2,000 blocks of equal chance."""
    nothing: tuple[float | None, float | None] = (None, None)
    if not len(units):
        return [nothing, nothing]
    chance = np.random.default_rng(_SEED)
    if len(units) > _BLOCKS:
        block = chance.permutation(len(units)) % _BLOCKS
        units = np.column_stack([np.bincount(block, units[:, part]) for part in range(units.shape[1])])
    drawn = chance.multinomial(len(units), np.full(len(units), 1 / len(units)), size=_DRAWS) @ units
    return [_interval(drawn[:, :5]), _interval(drawn[:, 5:])]


def _interval(drawn: Floats) -> tuple[float | None, float | None]:
    own_pre, own_post, control_pre, control_post, new = drawn.T
    usable = (control_pre > 0) & (new > 0)
    if usable.sum() < _DRAWS // 2:
        return None, None
    rates = (own_pre * control_post / np.where(usable, control_pre, 1.0) - own_post) / np.where(usable, new, 1.0)
    low, high = np.percentile(rates[usable], _INTERVAL)
    return float(low), float(high)


def _placebo(rows: pl.DataFrame, case: Opening) -> float | None:
    """Share of the controls that fell as far behind the rest of the controls as the neighbour did."""
    sums = _changes(rows, case).filter(pl.col("pre_minor") > 0)
    own = rows.filter(pl.col("store_id") == case.store_id)
    pre, post = (int(own.filter(window)["net_minor"].sum()) for window in ("is_pre", "is_post"))
    before, after = int(sums["pre_minor"].sum()), int(sums["post_minor"].sum())
    if sums.height < 2 or not pre or not before or not after:  # noqa: PLR2004  (one control has no others)
        return None
    others = (after - pl.col("post_minor")) / (before - pl.col("pre_minor"))
    behind = (pl.col("post_minor") / pl.col("pre_minor") / others) <= (post / pre) / (after / before)
    return float(sums.select(behind.mean()).item())
