"""Who bought when, and how much money each day brought: made once for a scope, or for a question with filters.

Made of the scope's own rows: an agent's are made of what the agent may see. Without a filter they are kept as long as
the rows are; with one they are picked from those without, which are in order already, and kept for the question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from answers import narrow
from answers.everybody import everybody
from answers.memo import of_rows, once, once_for_all_days
from metrics import money_days
from metrics.buyer_measures import Returning, returning, returning_of, summary_of
from metrics.buyers import OrderRows
from metrics.money_days import MoneyDays
from schema.filters import LISTS

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts


def people(asked: Context) -> OrderRows:
    """Orders of known customers of all days that match the filters, as ``narrow.orders`` has them."""
    if asked.filters.category or asked.filters.product:
        return _of_goods(asked)
    return _picked(asked) if is_filtered(asked) else everybody(asked.marts, asked.currency)


def money(asked: Context) -> MoneyDays:
    """What every day brought, of the orders that match the filters, as ``narrow.orders`` has them."""
    return _money(asked) if is_filtered(asked) else _all_money(asked.marts, asked.currency)


def whole(asked: Context) -> Context:
    """The same question whatever was bought: what comes first is only first in the whole history."""
    return replace(asked, filters=replace(asked.filters, category=(), product=()))


def is_filtered(asked: Context) -> bool:
    """Whether any filter but the days and the currency narrows the rows."""
    return any(getattr(asked.filters, name) for name in LISTS)


@once
def come_back(asked: Context) -> Returning:
    """Buyers of the period and how many of them came back in it."""
    rows, days = people(asked), (asked.from_on, asked.to_on)
    return returning(rows, *days) if is_filtered(asked) else returning_of(rows.bought.states, rows.kept.states, *days)


@once
def summary(asked: Context, members: Literal["all", "known"] = "all") -> pl.DataFrame:
    """The period's orders, buyers and money, as ``metrics.purchases.purchase_summary`` tells them."""
    sums = money(asked).between(asked.from_on, asked.to_on)
    back = narrow.unlinked_returns(asked)
    return summary_of(sums, come_back(asked), back, asked.currency, members=members)


@once_for_all_days
def _picked(asked: Context) -> OrderRows:
    return everybody(asked.marts, asked.currency).only(narrow.is_matching(asked).to_numpy())


@once_for_all_days
def _of_goods(asked: Context) -> OrderRows:
    return OrderRows.of(narrow.all_orders(asked))


@of_rows
def _all_money(marts: Marts, currency: str) -> MoneyDays:
    return MoneyDays.of(marts.orders.filter(pl.col("currency") == currency))


@once_for_all_days
def _money(asked: Context) -> MoneyDays:
    if asked.filters.category or asked.filters.product:
        return MoneyDays.of(narrow.all_orders(asked))
    return MoneyDays.of(asked.marts.orders.select(money_days.COLUMNS).filter(narrow.is_matching(asked)))
