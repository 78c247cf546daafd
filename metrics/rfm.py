"""Who are the best customers, who is fading? Recency, frequency, monetary value (T6, §9)."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import polars as pl

from metrics.rules import as_day, kept_purchases, one_currency, require

R_BINS_DAYS: Final = (30, 90, 180, 365)
"""Days since the last order, at most: scores 5, 4, 3, 2; longer is 1."""

F_BINS: Final = (1, 2, 3, 5)
"""Order-days in the window, at most: scores 1, 2, 3, 4; more is 5."""

M_BINS_MINOR: Final = (50_000, 150_000, 300_000, 600_000)
"""Net spend below which the score is 1, 2, 3, 4 (500, 1,500, 3,000, 6,000 in a currency of 100 minor units)."""

SEGMENTS: Final = ("champions", "loyal", "new", "promising", "at_risk", "lost", "fading", "lapsed")
"""Groups in the order in which they are tried, best first."""

_RULES: Final = (
    ("champions", 4, 5, 4.0, 5),
    ("loyal", 3, 5, 3.0, 5),
    ("new", 4, 5, 0.0, 1),
    ("promising", 4, 5, 0.0, 5),
    ("at_risk", 2, 2, 2.5, 5),
    ("lost", 1, 1, 2.5, 5),
)
"""Group, R from and to, least v = (F + M) ÷ 2, most F; the first that fits, else *fading* (§9)."""

MIN_BUYERS: Final = 500
MIN_SPAN_DAYS: Final = 180


def rfm(
    orders: pl.DataFrame,
    *,
    as_of: dt.date,
    preset: Literal["fixed", "quintiles"] = "fixed",
    window_days: int = 365,
    m_bins_minor: tuple[int, int, int, int] = M_BINS_MINOR,
) -> pl.DataFrame:
    """How recently, how often and for how much has each customer bought?

    Args:
        orders: ``OrderFacts`` of one currency, the whole history, before other filters.
        as_of: the first local day not included.
        preset: ``fixed`` bins (seasonal goods, where most buy once) or tie-safe ``quintiles`` of one's own base:
            equal values always get equal scores.
        window_days: how far back frequency and money go, days.
        m_bins_minor: upper edges (exclusive) of monetary scores 1–4, for the fixed preset.

    Returns:
        One row per customer who ever kept a purchase, by key: ``customer_key, recency_days`` (since the last
        order), ``frequency`` (order-days in the window), ``monetary_minor`` (net in the window), scores
        ``r, f, m`` (1–5), ``segment``. Without an order in the window: segment *lapsed*, r 1, the rest null. No
        buyers give an empty table.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    require(orders, "orders", "local_on", "net_minor")
    one_currency(orders, "orders")
    measured = _measured(orders, as_day(as_of), window_days)
    r, f, m = _fixed_scores(m_bins_minor) if preset == "fixed" else _quintile_scores()
    active = pl.col("frequency").is_not_null()
    return measured.with_columns(
        r=pl.when(active).then(r).otherwise(1).cast(pl.Int8), f=f.cast(pl.Int8), m=m.cast(pl.Int8)
    ).with_columns(segment=segment_of())


def _measured(orders: pl.DataFrame, as_of: dt.date, window_days: int) -> pl.DataFrame:
    since = as_of - dt.timedelta(days=window_days)
    inside = pl.col("local_on") >= since
    return (
        kept_purchases(orders)
        .lazy()
        .filter(pl.col("local_on") < as_of)
        .group_by("customer_key")
        .agg(
            recency_days=(pl.lit(as_of) - pl.col("local_on").max()).dt.total_days(),
            frequency=pl.col("local_on").filter(inside).n_unique().cast(pl.Int64),
            monetary_minor=pl.col("net_minor").filter(inside).sum(),
        )
        .with_columns(pl.when(pl.col("frequency") > 0).then(pl.col("frequency", "monetary_minor")))
        .sort("customer_key")
        .collect()
    )


def _fixed_scores(m_bins_minor: tuple[int, int, int, int]) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return (
        5 - _edges_passed([pl.col("recency_days") > edge for edge in R_BINS_DAYS]),
        1 + _edges_passed([pl.col("frequency") > edge for edge in F_BINS]),
        1 + _edges_passed([pl.col("monetary_minor") >= edge for edge in m_bins_minor]),
    )


def _edges_passed(edges: list[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal([edge.cast(pl.Int64) for edge in edges], ignore_nulls=False)


def _quintile_scores() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """1 + the whole fifths of the active base that lie strictly below, so equal values share a score."""
    active = pl.col("frequency").is_not_null()
    recency = pl.when(active).then(-pl.col("recency_days"))

    def fifths(value: pl.Expr) -> pl.Expr:
        return 1 + 5 * (value.rank("min").cast(pl.Int64) - 1) // active.sum().cast(pl.Int64)

    return fifths(recency), fifths(pl.col("frequency")), fifths(pl.col("monetary_minor"))


def segment_of() -> pl.Expr:
    """The group of a row with scores ``r, f, m``; without F it is *lapsed*."""
    r, f, v = pl.col("r"), pl.col("f"), (pl.col("f") + pl.col("m")) / 2
    named = pl.when(f.is_null()).then(pl.lit("lapsed"))
    for name, r_from, r_to, least_v, most_f in _RULES:
        named = named.when(r.is_between(r_from, r_to) & (v >= least_v) & (f <= most_f)).then(pl.lit(name))  # type: ignore[assignment]
    return named.otherwise(pl.lit("fading"))


def rfm_cells(scored: pl.DataFrame) -> pl.DataFrame:
    """How many customers, and how much money, are in each cell of the grid?

    Args:
        scored: the table of ``rfm``.

    Returns:
        One row per cell with customers, best first, lapsed last: ``r, f, m, segment, customers, net_minor`` (in the
        window; null for lapsed). No customers give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(scored, "scored", "r", "f", "m", "segment", "monetary_minor")
    money = pl.col("monetary_minor")
    return (
        scored.group_by("r", "f", "m", "segment")
        .agg(customers=pl.len().cast(pl.Int64), net_minor=pl.when(money.count() > 0).then(money.sum()))
        .sort("r", "f", "m", descending=True, nulls_last=True)
    )


def rfm_segments(scored: pl.DataFrame) -> pl.DataFrame:
    """How large is each group, and what is it worth?

    Args:
        scored: the table of ``rfm``.

    Returns:
        One row per group with customers, in the order of ``SEGMENTS``: ``segment, customers, net_minor`` (in the
        window; null for lapsed), ``median_recency_days``.

    Raises:
        ContractError: a required column is missing.
    """
    require(scored, "scored", "segment", "monetary_minor", "recency_days")
    money = pl.col("monetary_minor")
    return (
        scored.group_by("segment")
        .agg(
            customers=pl.len().cast(pl.Int64),
            net_minor=pl.when(money.count() > 0).then(money.sum()),
            median_recency_days=pl.col("recency_days").median(),
        )
        .sort(_rank("segment"))
    )


def rfm_movement(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Which groups did customers move from and to?

    Args:
        before: the table of ``rfm`` at an earlier day.
        after: the same at a later day.

    Returns:
        One row per pair with customers, in the order of ``SEGMENTS``: ``segment_before`` (null: no buyer yet),
        ``segment`` (null: no buyer any more, all refunded since), ``customers``.

    Raises:
        ContractError: a required column is missing.
    """
    for table, name in ((before, "before"), (after, "after")):
        require(table, name, "customer_key", "segment")
    return (
        before.select("customer_key", segment_before="segment")
        .join(after.select("customer_key", "segment"), on="customer_key", how="full", coalesce=True)
        .group_by("segment_before", "segment")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort(_rank("segment_before"), _rank("segment"), nulls_last=True)
    )


def _rank(column: str) -> pl.Expr:
    return pl.col(column).replace_strict({name: place for place, name in enumerate(SEGMENTS)}, return_dtype=pl.Int8)


def is_sufficient(orders: pl.DataFrame) -> bool:
    """Is there enough to score people by: 500 buyers and 180 days of orders?

    Args:
        orders: ``OrderFacts``; needs ``customer_key, local_on, is_kept``.

    Returns:
        False means: show the grid, and say that it rests on little.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "local_on")
    kept = kept_purchases(orders)
    if kept["customer_key"].n_unique() < MIN_BUYERS:
        return False
    first, last = kept.select(first=pl.col("local_on").min(), last=pl.col("local_on").max()).row(0)
    return bool((last - first).days + 1 >= MIN_SPAN_DAYS)
