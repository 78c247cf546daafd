"""Do cohorts come back, and on how few customers does the money rest? (T7)."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.rules import as_day, kept_purchases, one_currency, require

Nets = npt.NDArray[np.int64]

_POINTS: Final = 100
"""A Lorenz curve is drawn by at most this many steps."""


def cohort_retention(orders: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Of those who first bought in a month, how many bought again in each later month?

    Args:
        orders: ``OrderFacts``, the whole history.
        as_of: the first local day not included.

    Returns:
        One row per cohort and month up to the current one, by cohort and month: ``cohort`` (first day of the month
        of the first order), ``month`` (0 is the cohort's own), ``customers`` (cohort size), ``active`` (bought in
        that month so far), ``retention`` (active ÷ customers; null while the month is not over). No buyers give an
        empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "local_on")
    end = as_day(as_of)
    months = (
        kept_purchases(orders)
        .filter(pl.col("local_on") < end)
        .select("customer_key", at=_month_number(pl.col("local_on")))
        .unique()
        .with_columns(cohort=pl.col("at").min().over("customer_key"))
    )
    last = end - dt.timedelta(days=1)
    now, complete = last.year * 12 + last.month - 1, end.year * 12 + end.month - 1
    sizes = months.group_by("cohort").agg(customers=pl.col("customer_key").n_unique().cast(pl.Int64))
    grid = sizes.with_columns(at=pl.int_ranges("cohort", now + 1, dtype=pl.Int32)).explode("at", empty_as_null=False)
    seen = months.group_by("cohort", "at").agg(active=pl.len().cast(pl.Int64))
    return (
        grid.join(seen, on=["cohort", "at"], how="left")
        .with_columns(pl.col("active").fill_null(0))
        .select(
            cohort=pl.date(pl.col("cohort") // 12, pl.col("cohort") % 12 + 1, 1),
            month=(pl.col("at") - pl.col("cohort")).cast(pl.Int64),
            customers="customers",
            active="active",
            retention=pl.when(pl.col("at") < complete).then(pl.col("active") / pl.col("customers")),
        )
        .sort("cohort", "month")
    )


def _month_number(day: pl.Expr) -> pl.Expr:
    return day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - 1


def lorenz(orders: pl.DataFrame) -> pl.DataFrame:
    """On how few customers does the money rest?

    Args:
        orders: ``OrderFacts`` of one currency and period.

    Returns:
        At most 101 points from (0, 0) to (1, 1), smallest spenders first: ``customers_share, net_share`` (0–1). No
        buyers, or no money, give an empty table.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    return lorenz_of(_nets(orders))


def lorenz_of(nets: Nets) -> pl.DataFrame:
    """As ``lorenz``, from what each buyer spent, smallest first."""
    n, total = len(nets), int(nets.sum())
    schema = {"customers_share": pl.Float64, "net_share": pl.Float64}
    if not n or total <= 0:
        return pl.DataFrame(schema=schema)
    steps = min(n, _POINTS)
    ends = (np.arange(steps + 1) * n) // steps
    sums = np.concatenate(([0], np.cumsum(nets)))
    return pl.DataFrame({"customers_share": ends / n, "net_share": sums[ends] / total}, schema=schema)


def top_share(orders: pl.DataFrame, top: float = 0.2) -> float | None:
    """Which share of the money comes from the best customers?

    Args:
        orders: ``OrderFacts`` of one currency and period.
        top: share of buyers, 0–1; a customer who lies across the edge counts in part.

    Returns:
        Share of net, 0–1; None without buyers or money.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    return top_share_of(_nets(orders), top)


def top_share_of(nets: Nets, top: float = 0.2) -> float | None:
    """As ``top_share``, from what each buyer spent, smallest first."""
    total = int(nets.sum())
    if total <= 0:
        return None
    sums = np.concatenate(([0], np.cumsum(nets[::-1])))
    return float(np.interp(round(top * len(nets), 9), np.arange(len(sums)), sums) / total)


def gini(orders: pl.DataFrame) -> float | None:
    """How unequal is spend: 0 when all spend the same, towards 1 when one spends all?

    Args:
        orders: ``OrderFacts`` of one currency and period.

    Returns:
        Gini coefficient of net per buyer; None without buyers or money.

    Raises:
        ContractError: a required column is missing.
        UsageError: several currencies.
    """
    return gini_of(_nets(orders))


def gini_of(nets: Nets) -> float | None:
    """As ``gini``, from what each buyer spent, smallest first."""
    n, total = len(nets), int(nets.sum())
    if total <= 0:
        return None
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float((weights * nets.astype(np.float64)).sum() / (n * total))


def _nets(orders: pl.DataFrame) -> Nets:
    require(orders, "orders", "net_minor")
    one_currency(orders, "orders")
    each = kept_purchases(orders).group_by("customer_key").agg(pl.col("net_minor").sum())
    return each["net_minor"].sort().to_numpy()
