"""Who belongs to an audience, what else they have in common, and in which order they are worth a word (T4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import require, share
from schema.audience import ALTERNATIVES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from schema.audience import Condition, Definition, Group

    Flags = NDArray[np.bool_]
    Reasons = NDArray[np.int8]

NEAR_M: Final = 5_000
"""Metres in which nearness halves; a default of ours."""
CAP_DAYS: Final = 7
"""Nobody is written to twice in so many days."""
MIN_HINT: Final = 20
"""People behind a hint, at least."""

REACH: Final = ("reachable", "conflict", "opted_out", "no_consent", "contacted", "complaint")
"""Whether somebody may be written to, or the first reason why not, in the order in which they are looked at."""


def fitting(definition: Definition, holds: Callable[[Condition], pl.Series], size: int) -> pl.Series:
    """Which group of an audience is each customer in?

    Args:
        definition: the groups; within one every condition must hold, alternatives of one kind count once.
        holds: whether a condition holds of each customer, one value a customer in a fixed order; never null.
        size: how many customers.

    Returns:
        By customer the number of the first group that fits, from 0; null for those who are in none.
    """
    found = pl.Series("group", [None] * size, dtype=pl.Int32)
    for number, group in reversed(list(enumerate(definition.groups))):
        here = _all_of(group, holds, size)
        found = pl.select(pl.when(here).then(pl.lit(number, pl.Int32)).otherwise(found).alias("group")).to_series()
    return found


def _all_of(group: Group, holds: Callable[[Condition], pl.Series], size: int) -> pl.Series:
    fits = pl.Series([True] * size, dtype=pl.Boolean)
    either: dict[str, pl.Series] = {}
    for one in group:
        here = ~holds(one) if one.is_not else holds(one)
        if one.kind in ALTERNATIVES and not one.is_not:
            either[one.kind] = either[one.kind] | here if one.kind in either else here
        else:
            fits &= here
    for here in either.values():
        fits &= here
    return fits


def interest(visits: pl.DataFrame, end: dt.date) -> pl.DataFrame:
    """How much fresh attention has each member given each product?

    Args:
        visits: ``Visits`` before ``end``; views of unknown dwell and of nobody known are left out.
        end: the first local day not included.

    Returns:
        One row per member and product, by key: ``customer_key, product_id, category, dwell_s`` (known, in all),
        ``interest`` (Σ dwell_s · 0.5^(age ÷ 7 d); the last day counts whole), ``lingers`` (views).

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "customer_key", "local_on", "product_id", "category", "dwell_ms", "is_linger")
    age = (pl.lit(end) - pl.col("local_on")).dt.total_days() - 1
    return (
        visits.lazy()
        .drop_nulls(["customer_key", "product_id", "dwell_ms"])
        .group_by("customer_key", "product_id")
        .agg(
            pl.col("category").drop_nulls().min(),
            dwell_s=pl.col("dwell_ms").sum() / 1000,
            # whole microseconds: float addition would make the last digit depend on the order of the rows
            interest=(pl.col("dwell_ms") * 0.5 ** (age / 7) * 1000).round().cast(pl.Int64).sum() / 1_000_000,
            lingers=pl.col("is_linger").fill_null(value=False).sum().cast(pl.Int64),
        )
        .sort("customer_key", "product_id")
        .collect()
    )


def ranked(wanted: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Whose interest is worth most: the product of interest, expected value and nearness.

    Args:
        wanted: rows with ``customer_key, interest`` (one or several a customer).
        people: one row per customer: ``customer_key, value_minor, distance_m``; either may be null.

    Returns:
        The same rows with ``value_minor, distance_m`` and ``score`` = interest × (value ÷ mean value) ×
        0.5^(distance ÷ 5 km), highest first. An unknown value or distance counts as the mean of those known among these
        customers, so that nobody is ranked by what is not known of them; where none is known it counts 1.

    Raises:
        ContractError: a required column is missing.
    """
    by = [name for name in ("customer_key", "product_id") if name in wanted.columns]
    return scored(wanted, people).sort("score", *by, descending=[True, *([False] * len(by))])


def scored(wanted: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """``ranked`` in the order of ``wanted``."""
    require(wanted, "wanted", "customer_key", "interest")
    require(people, "people", "customer_key", "value_minor", "distance_m")
    of_these = people.join(wanted, on="customer_key", how="semi", maintain_order="left").with_columns(_factor=_factor())
    told = of_these.select("customer_key", "value_minor", "distance_m", "_factor")
    found = wanted.join(told, on="customer_key", how="left", maintain_order="left")
    return found.with_columns(score=pl.col("interest") * pl.col("_factor").fill_null(1.0)).drop("_factor")


def scored_people(people: pl.DataFrame) -> pl.DataFrame:
    """``ranked`` of customers of whom each has one interest, highest first.

    Args:
        people: one row per customer, by key: ``customer_key, interest, value_minor, distance_m``.
    """
    require(people, "people", "customer_key", "interest", "value_minor", "distance_m")
    found = people.with_columns(score=pl.col("interest") * _factor().fill_null(1.0))
    return found.sort("score", descending=True, maintain_order=True)


def _factor() -> pl.Expr:
    """What a customer's value and nearness make of interest, among the customers of one table."""
    near = 0.5 ** (pl.col("distance_m") / NEAR_M)
    known = share(pl.col("value_minor"), pl.col("value_minor").mean()).fill_null(1.0)
    return known * near.fill_null(near.mean()).fill_null(1.0)


def ranked_products(rows: pl.DataFrame) -> pl.DataFrame:
    """Which products are lingered on and not bought by those who matter most?

    Args:
        rows: ``ranked`` rows with ``product_id``.

    Returns:
        One row per product, highest score first: ``product_id, people, interest, value_minor`` (sum of those known,
        null where none is), ``distance_m`` (median of those known), ``score``.
    """
    value = pl.col("value_minor")
    return (
        rows.group_by("product_id")
        .agg(
            people=pl.col("customer_key").n_unique().cast(pl.Int64),
            interest=pl.col("interest").sort().sum(),
            value_minor=pl.when(value.is_not_null().any()).then(value.sum()).first(),
            distance_m=pl.col("distance_m").median(),
            score=pl.col("score").sort().sum(),
        )
        .sort("score", "product_id", descending=[True, False])
    )


def hints(done: pl.DataFrame, inside: pl.Series, everybody: int) -> pl.DataFrame:
    """What have the people of an audience done more often than others?

    Args:
        done: one row per thing, customer and product: ``what, customer_key, product_id``; repeats count once.
        inside: keys of the audience.
        everybody: how many customers there are, the audience included.

    Returns:
        One row per thing and product with at least 20 of the audience behind it and a lift above 1, highest lift first:
        ``what, product_id, people, share`` (of the audience), ``base_share`` (of everybody), ``lift`` (one ÷ the other).
    """
    require(done, "done", "what", "customer_key", "product_id")
    told = done.select("what", "customer_key", "product_id").unique()
    # looked up once for all rows: inside the groups, each of them would hold the whole audience
    told = told.with_columns(_is_in=pl.col("customer_key").is_in(inside.implode()))
    counted = told.group_by("what", "product_id").agg(
        people=pl.col("_is_in").sum().cast(pl.Int64), everybody=pl.len().cast(pl.Int64)
    )
    return hints_of(counted, inside.len(), everybody)


def hints_of(counted: pl.DataFrame, inside: int, everybody: int) -> pl.DataFrame:
    """``hints`` of what is counted already.

    Args:
        counted: one row per thing and product: ``what, product_id, people`` (of the audience), ``everybody``.
        inside: how many the audience are.
        everybody: how many customers there are, the audience included.
    """
    require(counted, "counted", "what", "product_id", "people", "everybody")
    return (
        counted.with_columns(
            share=share(pl.col("people"), pl.lit(inside)), base_share=share(pl.col("everybody"), pl.lit(everybody))
        )
        .with_columns(lift=share(pl.col("share"), pl.col("base_share")))
        .filter(pl.col("people") >= MIN_HINT, pl.col("lift") > 1)
        .drop("everybody")
        .sort("lift", "people", "what", "product_id", descending=[True, True, False, False])
    )


def first_reasons(agreed: Reasons, *, is_in_conflict: Flags, was_contacted: Flags, has_complaint: Flags) -> Reasons:
    """``reach`` of customers as places in ``REACH``, each the first reason that holds.

    Args:
        agreed: 0, or the place of *opted_out* or *no_consent*.
        is_in_conflict: whether an identity of theirs is.
        was_contacted: whether somebody wrote to them too lately.
        has_complaint: whether one is open.
    """
    found = agreed.copy()
    found[has_complaint & (found == 0)] = REACH.index("complaint")
    found[was_contacted & ((found == 0) | (found == REACH.index("complaint")))] = REACH.index("contacted")
    found[is_in_conflict] = REACH.index("conflict")
    return found


def reasons(codes: Reasons) -> pl.Series:
    """Places in ``REACH`` in words: ``reach``."""
    return pl.Series("reach", REACH, dtype=pl.String).gather(pl.Series(codes, dtype=pl.UInt32))


def reach(people: pl.DataFrame, end: dt.date) -> pl.DataFrame:
    """Who may be written to, and why not the others?

    Args:
        people: one row per customer: ``customer_key, is_in_conflict, has_opted_out, has_consent, has_complaint`` (an
            open one; never null) and
            ``contacted_on`` (the last local day somebody wrote to them; null is never).
        end: the first local day not included; a contact in the 7 days before it is too near.

    Returns:
        ``customer_key, reach``: *reachable*, or the first of *conflict*, *opted_out*, *no_consent*, *contacted* and *complaint*.
    """
    wanted = ("customer_key", "is_in_conflict", "has_opted_out", "has_consent", "has_complaint", "contacted_on")
    require(people, "people", *wanted)
    age = (pl.lit(end) - pl.col("contacted_on")).dt.total_days()
    said = (
        pl.when("is_in_conflict").then(pl.lit("conflict"))
        .when("has_opted_out").then(pl.lit("opted_out"))
        .when(~pl.col("has_consent")).then(pl.lit("no_consent"))
        .when((age <= CAP_DAYS).fill_null(value=False)).then(pl.lit("contacted"))
        .when("has_complaint").then(pl.lit("complaint"))
        .otherwise(pl.lit("reachable"))
    )  # fmt: skip
    return people.select("customer_key", reach=said)


def counted_reach(people: pl.DataFrame, known: Iterable[str]) -> pl.DataFrame:
    """How many may be written to, and how many not, by reason?

    Args:
        people: ``reach`` rows.
        known: the reasons that the data can tell.

    Returns:
        One row per value of ``REACH``: ``reason, customers``; null where the data cannot tell.
    """
    return told_reach(dict(people.group_by("reach").agg(pl.len()).iter_rows()), known)


def told_reach(counts: dict[str, int], known: Iterable[str]) -> pl.DataFrame:
    """``counted_reach`` of what is counted already, by reason."""
    told = frozenset(known)
    customers = [int(counts.get(name, 0)) if name in told else None for name in REACH]
    return pl.DataFrame(
        {"reason": list(REACH), "customers": customers}, schema={"reason": pl.String, "customers": pl.Int64}
    )
