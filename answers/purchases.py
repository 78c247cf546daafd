"""Purchases: do they come back, when, and which are worth how much?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from answers import buyers
from answers.memo import once
from answers.periods import before
from answers.registry import Result, address
from metrics import buyer_measures as measures
from metrics.buyers import number
from metrics.cohorts import gini_of, lorenz_of, top_share_of
from schema.language import later, say
from schema.phrases import percent

if TYPE_CHECKING:
    from answers.answer import Context
    from metrics.buyers import Days, OrderDays, OrderRows
    from metrics.cohorts import Nets

Preset = Literal["fixed", "quintiles"]
_ANONYMOUS = later(
    "Orders without an identified member are left out: {share} of orders. Unmatched orders make loyal people look new."
)


def _told(asked: Context, table: pl.DataFrame) -> Result:
    """A result over the period's orders, with the share of them that name a member."""
    sums = buyers.money(asked).between(asked.from_on, asked.to_on)
    share = sums["orders_known"] / sums["orders"] if sums["orders"] else None
    notes = (say(_ANONYMOUS, share=percent(1 - share)),) if share is not None and share < 1 else ()
    n = _customers(buyers.people(asked).seen, asked)
    return Result(
        table, n=n, n_label=say("buyers"), coverage=share, coverage_label=say("of orders have a member"), notes=notes
    )


def _customers(days: OrderDays, asked: Context) -> int:
    """How many customers have a row in the period? Of everybody's rows from what is kept of them."""
    first, last = number(asked.from_on), number(asked.to_on)
    if buyers.is_filtered(asked):
        return days.customers(first, last)
    return int(np.count_nonzero(days.states.times_between(first, last)))


def _of_known(table: pl.DataFrame, n: int, behind: int | None = None) -> Result:
    """A result over orders that all name a member; ``behind``: how many members they name, if not ``n``."""
    share = 1.0 if (n if behind is None else behind) else None
    return Result(table, n=n, n_label=say("buyers"), coverage=share, coverage_label=say("of orders have a member"))


@address(
    "purchases/summary",
    "orders, order_days, buyers, orders_without_customer, gross_minor, refunds_minor, net_minor, "
    "average_order_value_minor, repeat_rate, repeat_rate_orders, currency",
    meaning=later("Orders, buyers, money and repeat rate of the period."),
    definition=later(
        "Orders are valid orders with at least one paid line. Refunds are dated to their order; unlinked returns to "
        "their own date. repeat_rate: buyers with orders on two or more local days ÷ buyers; repeat_rate_orders counts orders."
    ),
    options={"members": ("all", "known")},
)
def summary(asked: Context, members: Literal["all", "known"] = "all") -> Result:
    """How much was bought, by how many? One row; empty when there was no order."""
    return _told(asked, buyers.summary(asked, members))


@address(
    "purchases/frequency",
    "orders, customers",
    meaning=later("Buyers by their number of order-days."),
    definition=later("Distinct local days with a kept order, per buyer; orders of one day count once."),
)
def frequency(asked: Context) -> Result:
    """Do they come back? One row per number of order-days, fewest first."""
    kept, days = buyers.people(asked).kept, (asked.from_on, asked.to_on)
    is_some = buyers.is_filtered(asked)
    return _told(asked, measures.frequency(kept, *days) if is_some else measures.frequency_of(kept.states, *days))


@address(
    "purchases/gaps", "gap_days, gaps", meaning=later("Days between one order-day and the next of the same buyer.")
)
def gaps(asked: Context) -> Result:
    """How long until the next order? One row per gap length, shortest first."""
    rows, days = buyers.people(asked), (asked.from_on, asked.to_on)
    return _told(asked, measures.gaps(rows.kept, *days) if buyers.is_filtered(asked) else measures.gaps_of(rows, *days))


@address(
    "purchases/second",
    "day, at_risk, events, censored, survival",
    meaning=later("Share of buyers still without a second order, by days since the first."),
    definition=later("Kaplan–Meier: buyers who have not come back yet are censored at as-of, not counted as lost."),
    options={"by": ("", "channel", "city", "category")},
)
def second(asked: Context, by: str = "") -> Result:
    """When does the second order come? One row per day with an event, per group if asked.

    Followed are the buyers whose very first order lies in the period.
    """
    whole = buyers.whole(asked)
    rows, days = buyers.people(whole), (asked.from_on, asked.to_on)
    if by or buyers.is_filtered(whole):
        table, followed = measures.second(rows, *days, partial(_first_bought, asked, by) if by else None)
    else:
        table, followed = measures.second_of(rows, *days)
    return _of_known(table, followed)


@address(
    "purchases/rfm",
    "r, f, m, segment, customers, net_minor",
    meaning=later("Buyers by recency, frequency and money."),
    definition=later(
        "R: days since the last order (≤30, ≤90, ≤180, ≤365 → 5…2). F: order-days in 365 days (1, 2, 3, 4–5, 6+). "
        "M: net in 365 days. quintiles: equal parts of one's own base, equal values scored equal."
    ),
    options={"preset": ("fixed", "quintiles")},
)
def rfm_table(asked: Context, preset: Preset = "fixed") -> Result:
    """Which buyers are worth how much? One row per score combination."""
    if preset == "fixed" and not buyers.is_filtered(asked):
        rows = buyers.people(asked)
        table, told = measures.cells_of(rows.kept.states, asked.to_on + dt.timedelta(days=1))
    else:
        scored, rows = _scored(asked, preset)
        table, told = measures.cells(scored), scored.everybody
    is_enough = measures.is_sufficient(rows.kept, asked.to_on)
    flags = () if is_enough else (say("Fewer than 500 buyers or 180 days of orders: read the scores as a hint."),)
    found = _of_known(table, told, rows.seen.customers_until(number(asked.to_on)))
    return replace(found, notes=flags)


@address(
    "purchases/movement",
    "segment_before, segment, customers",
    meaning=later("How buyers moved between segments since the period before."),
)
def movement(asked: Context) -> Result:
    """Who rose, who faded? One row per pair of segments."""
    now, rows = _scored(asked, "fixed")
    prior, _ = _scored(before(asked), "fixed")
    table = measures.movement(rows, prior, now)
    return _of_known(table, rows.seen.customers_until(number(asked.to_on)))


@address(
    "purchases/cohorts",
    "cohort, month, customers, active, retention",
    meaning=later("Share of each first-order month's buyers who ordered again, by month since."),
    definition=later(
        "Month k = buyers of the cohort with an order in month k ÷ cohort size. Months not over yet are blank."
    ),
)
def cohorts(asked: Context) -> Result:
    """Do newer buyers stay longer? One row per cohort and month since its first order."""
    everything = buyers.whole(asked)
    table = measures.cohorts(buyers.people(everything).kept, asked.to_on + dt.timedelta(days=1))
    return _told(everything, table.filter(pl.col("cohort") >= asked.from_on.replace(day=1)))


@address(
    "purchases/lorenz", "customers_share, net_share", meaning=later("Cumulative share of net sales by share of buyers.")
)
def concentration(asked: Context) -> Result:
    """On how few buyers does the money rest? At most 101 points."""
    return _told(asked, lorenz_of(_nets(asked)))


@address(
    "purchases/concentration",
    "top_fifth_share, gini",
    meaning=later("Share of net sales from the top fifth of buyers, and the Gini coefficient."),
)
def concentration_figures(asked: Context) -> Result:
    """How concentrated is it? One row; empty without buyers."""
    nets = _nets(asked)
    share = top_share_of(nets, top=0.2)
    table = pl.DataFrame({"top_fifth_share": [share], "gini": [gini_of(nets)]})
    return _told(asked, table if share is not None else table.clear())


@once
def _nets(asked: Context) -> Nets:
    kept, days = buyers.people(asked).kept, (asked.from_on, asked.to_on)
    return measures.nets(kept, *days) if buyers.is_filtered(asked) else measures.nets_of(kept.states, *days)


def _scored(asked: Context, preset: Preset) -> tuple[measures.Scores, OrderRows]:
    rows = buyers.people(buyers.whole(asked))
    return measures.scores(rows.kept, asked.to_on + dt.timedelta(days=1), preset=preset), rows


def _first_bought(asked: Context, by: str, rows: Days) -> pl.Series:
    """What these orders of the marts have in a column; of categories that of the dearest line."""
    orders = asked.marts.orders
    if by != "category":
        return orders[by].gather(rows).cast(pl.String)
    first = orders.select("order_key").select(pl.col("order_key").gather(rows))
    named = asked.marts.lines.select("order_key", "product_id", "category", "net_minor")
    largest = (
        named.join(first, on="order_key", how="semi")
        .sort("net_minor", "product_id", descending=[True, False], nulls_last=True)
        .group_by("order_key", maintain_order=True)
        .first()
    )
    return first.join(largest, on="order_key", how="left", maintain_order="left")["category"].cast(pl.String)
