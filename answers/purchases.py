"""Purchases: do they come back, when, and which are worth how much?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import polars as pl

from answers import narrow
from answers.periods import before
from answers.registry import Result, address
from metrics.cohorts import cohort_retention, gini, lorenz, top_share
from metrics.purchases import orders_per_customer, purchase_gaps, purchase_summary
from metrics.rfm import is_sufficient, rfm, rfm_cells, rfm_movement
from metrics.survival import time_to_second_order
from schema.coding import spelled
from schema.phrases import percent

if TYPE_CHECKING:
    from answers.answer import Context

Preset = Literal["fixed", "quintiles"]
_ANONYMOUS = (
    "Orders without an identified member are left out: {share} of orders. Unmatched orders make loyal people look new."
)


def _result(table: pl.DataFrame, rows: pl.DataFrame) -> Result:
    known = rows["customer_key"].count()
    share = known / rows.height if rows.height else None
    notes = (_ANONYMOUS.format(share=percent(1 - share)),) if share is not None and share < 1 else ()
    buyers = rows["customer_key"].drop_nulls().n_unique()
    return Result(
        table, n=buyers, n_label="buyers", coverage=share, coverage_label="of orders have a member", notes=notes
    )


@address(
    "purchases/summary",
    "orders, order_days, buyers, orders_without_customer, gross_minor, refunds_minor, net_minor, "
    "average_order_value_minor, repeat_rate, repeat_rate_orders, currency",
    meaning="Orders, buyers, money and repeat rate of the period.",
    definition="Orders are valid orders with at least one paid line. Refunds are dated to their order; unlinked returns to "
    "their own date. repeat_rate: buyers with orders on two or more local days ÷ buyers; repeat_rate_orders counts orders.",
    options={"members": ("all", "known")},
)
def summary(asked: Context, members: Literal["all", "known"] = "all") -> Result:
    """How much was bought, by how many? One row; empty when there was no order."""
    rows = narrow.orders(asked)
    table = purchase_summary(rows, narrow.refunds(asked), members=members)
    return _result(table, rows)


@address(
    "purchases/frequency",
    "orders, customers",
    meaning="Buyers by their number of order-days.",
    definition="Distinct local days with a kept order, per buyer; orders of one day count once.",
)
def frequency(asked: Context) -> Result:
    """Do they come back? One row per number of order-days, fewest first."""
    rows = narrow.orders(asked)
    return _result(orders_per_customer(rows), rows)


@address("purchases/gaps", "gap_days, gaps", meaning="Days between one order-day and the next of the same buyer.")
def gaps(asked: Context) -> Result:
    """How long until the next order? One row per gap length, shortest first."""
    rows = narrow.orders(asked)
    return _result(purchase_gaps(rows), rows)


@address(
    "purchases/second",
    "day, at_risk, events, censored, survival",
    meaning="Share of buyers still without a second order, by days since the first.",
    definition="Kaplan–Meier: buyers who have not come back yet are censored at as-of, not counted as lost.",
    options={"by": ("", "channel", "city", "category")},
)
def second(asked: Context, by: str = "") -> Result:
    """When does the second order come? One row per day with an event, per group if asked.

    Followed are the buyers whose very first order lies in the period.
    """
    rows = _first_in_period(asked, _history(asked))
    if by == "category":
        named = asked.marts.lines.select("order_key", "product_id", "category", "net_minor")
        largest = named.sort("net_minor", "product_id", descending=[True, False], nulls_last=True)
        first = largest.group_by("order_key", maintain_order=True).first()
        rows = rows.join(spelled(first.select("order_key", "category")), on="order_key", how="left")
    end = asked.to_on + dt.timedelta(days=1)
    return _result(time_to_second_order(rows, as_of=end, by=by or None), rows)


@address(
    "purchases/rfm",
    "r, f, m, segment, customers, net_minor",
    meaning="Buyers by recency, frequency and money.",
    definition="R: days since the last order (≤30, ≤90, ≤180, ≤365 → 5…2). F: order-days in 365 days (1, 2, 3, 4–5, 6+). "
    "M: net in 365 days. quintiles: equal parts of one's own base, equal values scored equal.",
    options={"preset": ("fixed", "quintiles")},
)
def rfm_table(asked: Context, preset: Preset = "fixed") -> Result:
    """Which buyers are worth how much? One row per score combination."""
    scored, rows = _scored(asked, preset)
    flags = () if is_sufficient(rows) else ("Fewer than 500 buyers or 180 days of orders: read the scores as a hint.",)
    result = _result(rfm_cells(scored), rows)
    return Result(
        result.table, scored.height, "buyers", result.coverage, result.coverage_label, (*result.notes, *flags)
    )


@address(
    "purchases/movement",
    "segment_before, segment, customers",
    meaning="How buyers moved between segments since the period before.",
)
def movement(asked: Context) -> Result:
    """Who rose, who faded? One row per pair of segments."""
    now, rows = _scored(asked, "fixed")
    prior, _ = _scored(before(asked), "fixed")
    return _result(rfm_movement(prior, now), rows)


@address(
    "purchases/cohorts",
    "cohort, month, customers, active, retention",
    meaning="Share of each first-order month's buyers who ordered again, by month since.",
    definition="Month k = buyers of the cohort with an order in month k ÷ cohort size. Months not over yet are blank.",
)
def cohorts(asked: Context) -> Result:
    """Do newer buyers stay longer? One row per cohort and month since its first order."""
    rows = _history(asked)
    table = cohort_retention(rows, as_of=asked.to_on + dt.timedelta(days=1))
    first = asked.from_on.replace(day=1)
    return _result(table.filter(pl.col("cohort") >= first), rows.filter(pl.col("local_on") >= asked.from_on))


@address("purchases/lorenz", "customers_share, net_share", meaning="Cumulative share of net sales by share of buyers.")
def concentration(asked: Context) -> Result:
    """On how few buyers does the money rest? At most 101 points."""
    rows = narrow.orders(asked)
    return _result(lorenz(rows), rows)


@address(
    "purchases/concentration",
    "top_fifth_share, gini",
    meaning="Share of net sales from the top fifth of buyers, and the Gini coefficient.",
)
def concentration_figures(asked: Context) -> Result:
    """How concentrated is it? One row; empty without buyers."""
    rows = narrow.orders(asked)
    share = top_share(rows, top=0.2)
    table = pl.DataFrame({"top_fifth_share": [share], "gini": [gini(rows)]})
    return _result(table if share is not None else table.clear(), rows)


def _scored(asked: Context, preset: Preset) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = _history(asked).drop_nulls("customer_key")
    return rfm(rows, as_of=asked.to_on + dt.timedelta(days=1), preset=preset), rows


def _history(asked: Context) -> pl.DataFrame:
    """All matching orders up to the end of the period: what comes first is only first in the whole history."""
    return narrow.matching(asked, asked.marts.orders.filter(pl.col("local_on") <= asked.to_on))


def _first_in_period(asked: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """Orders of the customers whose first kept purchase lies in the period."""
    first = rows.filter("is_kept").group_by("customer_key").agg(pl.col("local_on").min().alias("_first"))
    new = first.filter(pl.col("_first") >= asked.from_on)
    return rows.join(new.select("customer_key"), on="customer_key", how="semi")
