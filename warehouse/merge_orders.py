"""Merging orders with their lines: a later body of an order replaces it and its lines; a continuation adds lines.

The rule, for each order of one source that comes again:

* its header is older than what is known: its lines are duplicates (superseded);
* a line known already, with the same body: a duplicate, whatever else happens;
* its header changed (customer, channel, currency, day, status, store, guide, or a newer ``updated_at``): the lines
  that the loader named by hash are replaced as a whole, lines with ids of their own are replaced id by id;
* its header is the same and a new line names the product and size of a known line that is not there any more: the
  order was edited, and is replaced as a whole too;
* its header is the same and all new lines are additional: a continuation (one order split over two files); added.

Lines that a loader derived from a header alone give way to lines that a source describes, and never replace them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.layout import STORED
from warehouse.merge import body_columns, no_verdicts, replace_newest, verdicts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER: Final = ["source", "order_id"]
LINE: Final = ["source", "order_id", "line_id"]

_HEADER: Final = (
    "customer_key",
    "channel",
    "model",
    "currency",
    "local_on",
    "status",
    "selling_store_id",
    "fulfil_store_id",
    "guide_id",
    "is_test",
)
"""What a header that was derived from lines must agree on to be the same order again."""

_EARLIEST: Final = ("placed_at", "paid_at", "completed_at")
_HASH = r"^[0-9a-f]{32}$|^\d{30,39}$"
"""How a loader names a line that has no id: a 128-bit hash."""


@dataclass(frozen=True)
class OrderState:
    """Orders and lines of the keys that a batch touches, and what was said of its rows so far."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    verdicts: pl.DataFrame


def merge_orders(
    orders: pl.DataFrame, lines: pl.DataFrame, waves: Sequence[tuple[pl.DataFrame, pl.DataFrame]]
) -> OrderState:
    """What do orders and lines look like after these sources, one after the other?

    Args:
        orders: stored orders of the touched keys.
        lines: their stored lines.
        waves: incoming (orders, lines) in import order; within one wave no order comes from two sources.
    """
    state = OrderState(orders, lines, no_verdicts())
    for new_orders, new_lines in waves:
        state = _one_wave(state, new_orders, new_lines)
    return state


def _one_wave(state: OrderState, new_orders: pl.DataFrame, new_lines: pl.DataFrame) -> OrderState:
    told = new_orders.filter(~pl.col("is_derived"))
    derived = new_orders.filter("is_derived")
    merged = replace_newest("orders", state.orders, told)
    status = _told_status(told, merged.verdicts, state.orders)
    orders = pl.concat([state.orders.join(merged.rows.select(ORDER), on=ORDER, how="anti"), merged.rows])
    orders, derived_status = _merge_headers(orders, derived, set_aside=status)
    lines, verdicts = _merge_lines(state.lines, new_lines, pl.concat([status, derived_status]))
    orders = _with_sums(orders, lines, new_lines)
    return OrderState(orders, lines, pl.concat([state.verdicts, merged.verdicts, verdicts]))


def _told_status(told: pl.DataFrame, verdicts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Per described order of the wave: new, changed, same or stale."""
    marked = told.join(verdicts.select("_src", "_row", "verdict"), on=["_src", "_row"], how="left")
    before = known.filter(~pl.col("is_derived")).select(*ORDER, _before="updated_at", _known=pl.lit(value=True))
    marked = marked.join(before, on=ORDER, how="left")
    stale = (pl.col("updated_at") < pl.col("_before")).fill_null(value=False)
    return (
        marked.with_columns(
            status=pl.when(pl.col("_known").is_null())
            .then(pl.lit("new"))
            .when(stale)
            .then(pl.lit("stale"))
            .when(pl.col("verdict") == "duplicate")
            .then(pl.lit("same"))
            .otherwise(pl.lit("changed"))
        )
        .sort("_seq")
        .group_by(ORDER, maintain_order=True)
        .agg(pl.col("status").last())
    )


def _merge_headers(
    orders: pl.DataFrame, derived: pl.DataFrame, *, set_aside: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Headers derived from lines: earliest time, first customer; a described header stands."""
    nothing = pl.DataFrame(schema={"source": pl.String, "order_id": pl.String, "status": pl.String})
    derived = derived.join(set_aside.select(ORDER), on=ORDER, how="anti")
    if derived.is_empty():
        return orders, nothing
    columns = list(STORED["orders"])
    fresh = _first_values(derived.sort("_seq").select(columns))
    pairs = fresh.join(orders, on=ORDER, how="left", suffix="_old")
    differs = pl.any_horizontal([(pl.col(c) != pl.col(f"{c}_old")).fill_null(value=False) for c in _HEADER])
    pairs = pairs.with_columns(
        _status=pl.when(pl.col("is_derived_old").is_null())
        .then(pl.lit("new"))
        .when(~pl.col("is_derived_old"))
        .then(pl.lit("same"))
        .when(differs)
        .then(pl.lit("changed"))
        .otherwise(pl.lit("same"))
    )
    status = pairs.select(*ORDER, status="_status")
    new = pairs.filter(pl.col("_status") == "new").select(columns)
    changed = pairs.filter(pl.col("_status") == "changed").select(columns)
    kept = orders.join(changed.select(ORDER), on=ORDER, how="anti")
    again = status.filter(pl.col("status") == "same").select(ORDER)
    mergeable = kept.join(again, on=ORDER, how="semi").filter("is_derived").select(columns)
    filled = _first_values(
        pl.concat([mergeable, fresh.join(mergeable.select(ORDER), on=ORDER, how="semi").select(columns)])
    )
    kept = kept.join(filled.select(ORDER), on=ORDER, how="anti")
    return pl.concat([kept.select(columns), filled, changed, new]), status


def _first_values(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per order: earliest times (the day goes with them), the first value of everything else."""
    if not rows.select(pl.struct(ORDER).is_duplicated().any()).item():
        return rows
    time = [pl.col(c).min() for c in _EARLIEST]
    day = [pl.col(c).sort_by("placed_at").first() for c in ("local_on", "hour_of_week", "month")]
    rest = [
        pl.col(c).drop_nulls().first()
        for c in rows.columns
        if c not in (*ORDER, *_EARLIEST, "local_on", "hour_of_week", "month")
    ]
    return rows.group_by(ORDER, maintain_order=True).agg(*time, *day, *rest).select(rows.columns)


def _merge_lines(old: pl.DataFrame, incoming: pl.DataFrame, status: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines after one wave, and what became of each incoming one."""
    if incoming.is_empty():
        return old, no_verdicts()
    marked = _mark(old, incoming, status)
    fresh = marked.filter(pl.col("_step").is_in(["accepted", "updated"]))
    whole = fresh.filter("_whole").select(ORDER).unique().with_columns(_whole=pl.lit(value=True))
    told = fresh.filter(~pl.col("is_derived")).select(ORDER).unique().with_columns(_told=pl.lit(value=True))
    rest = (
        old.join(whole, on=ORDER, how="left")
        .join(told, on=ORDER, how="left")
        .join(incoming.select(*LINE, _sent=pl.lit(value=True)).unique(), on=LINE, how="left")
    )
    gone = pl.col("_sent").is_null() & (
        (pl.col("_whole").fill_null(value=False) & (pl.col("line_id").str.contains(_HASH) | pl.col("is_derived")))
        | (pl.col("_told").fill_null(value=False) & pl.col("is_derived"))
    )
    columns = list(STORED["order_lines"])
    rest = rest.filter(~gone).join(fresh.select(LINE), on=LINE, how="anti").select(columns)
    verdicts = verdicts_of(marked.with_columns(verdict="_step"))
    return pl.concat([rest, fresh.select(columns)]), verdicts


def _mark(old: pl.DataFrame, incoming: pl.DataFrame, status: pl.DataFrame) -> pl.DataFrame:
    """Each incoming line with its ``_step`` (accepted, updated, duplicate, ignored) and whether it replaces all."""
    body = body_columns("order_lines")
    incoming = incoming.sort("_seq").with_columns(_first=pl.struct(LINE).is_first_distinct())
    before = old.select(*LINE, *[pl.col(c).alias(f"_{c}_old") for c in body], _known=pl.lit(value=True))
    lines = incoming.join(before, on=LINE, how="left").join(status, on=ORDER, how="left")
    same = pl.all_horizontal([pl.col(c).eq_missing(pl.col(f"_{c}_old")) for c in body])
    known = pl.col("_known").fill_null(value=False)
    lines = lines.with_columns(
        _same=(known & same) | ~pl.col("_first"), _known=known, status=pl.col("status").fill_null("same")
    )
    had_told = old.filter(~pl.col("is_derived")).select(ORDER).unique().with_columns(_had_told=pl.lit(value=True))
    edited = _edited_orders(old, lines)
    lines = lines.join(had_told, on=ORDER, how="left").join(edited, on=ORDER, how="left")
    ignored = pl.col("is_derived") & pl.col("_had_told").fill_null(value=False)
    whole = (pl.col("status") == "changed") | pl.col("_edited").fill_null(value=False)
    step = (
        pl.when(pl.col("_same") | (pl.col("status") == "stale"))
        .then(pl.lit("duplicate"))
        .when(ignored)
        .then(pl.lit("ignored"))
        .when(pl.col("_known") | whole)
        .then(pl.lit("updated"))
        .otherwise(pl.lit("accepted"))
    )
    touched = lines.with_columns(_step=step, _whole=whole)
    return touched.with_columns(_whole=pl.col("_whole") & ~pl.col("_step").is_in(["ignored"]))


def _edited_orders(old: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Orders whose unchanged header brings a product again that a line no longer sent had: an edit."""
    what = [*ORDER, "product_id", "size"]
    missing = old.join(lines.select(LINE), on=LINE, how="anti").select(what).unique()
    new = lines.filter(~pl.col("_known") & ~pl.col("_same")).select(what)
    return (
        new.join(missing, on=what, how="semi", nulls_equal=True)
        .select(ORDER)
        .unique()
        .with_columns(_edited=pl.lit(value=True))
    )


def _with_sums(orders: pl.DataFrame, lines: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """Headers derived from lines carry the sum of all their lines."""
    if touched.is_empty():
        return orders
    sums = (
        lines.join(touched.select(ORDER).unique(), on=ORDER, how="semi")
        .group_by(ORDER)
        .agg(_net=pl.col("net_minor").sum())
    )
    goods = pl.when(pl.col("is_derived") & pl.col("_net").is_not_null()).then("_net").otherwise("goods_net_minor")
    return (
        orders.join(sums, on=ORDER, how="left")
        .with_columns(paid_minor=pl.col("paid_minor") + goods - pl.col("goods_net_minor"), goods_net_minor=goods)
        .drop("_net")
    )
