"""How many members of those who looked bought something soon after, from looks in order; made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import view_rows
from answers.buyers import is_filtered
from answers.memo import of_rows, once
from answers.product_attention import WINDOW_DAYS
from metrics.first_looks import FirstLooks, bought_soon, counts_of
from metrics.rules import kept_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from metrics.first_looks import Counts
    from schema.marts import Marts

_WINDOW: Final = dt.timedelta(days=WINDOW_DAYS) // dt.timedelta(microseconds=1)


@once
def counts(asked: Context) -> Counts:
    """``metrics.conversion.conversion`` of the period's views, where they lie in order (``product_attention.is_ordered``)."""
    marts = asked.marts
    mature = (asked.as_of - view_rows.EPOCH).days - WINDOW_DAYS
    until = min((asked.to_on - view_rows.EPOCH).days + 1, mature)
    if not is_filtered(asked):
        return looks(marts).counts((asked.from_on - view_rows.EPOCH).days, until)
    rows = view_rows.rows(asked)
    who = rows.of(view_rows.visitors(marts).codes)
    product = view_rows.named(marts, "product_id")
    held = (rows.of(product.codes) < len(product.names)) & (who >= _members_from(marts))
    held &= view_rows.day(marts, rows) < until
    return counts_of(who[held], rows.of(bought_anything(marts))[held], len(view_rows.visitors(marts).keys))


@of_rows
def looks(marts: Marts) -> FirstLooks:
    """Each member's first look at a product of each day."""
    every = view_rows.Rows(slice(0, marts.visits.height), None)
    rows = every.where(_is_look(marts))
    who = rows.of(view_rows.visitors(marts).codes)
    return FirstLooks.of(view_rows.day(marts, rows), who, rows.of(bought_anything(marts)))


@of_rows
def bought_anything(marts: Marts) -> NDArray[np.bool_]:
    """Of every view of a product by a member: whether the member bought anything within ``WINDOW_DAYS`` after it."""
    keys = view_rows.visitors(marts).keys
    lines = kept_lines(marts.lines).select("customer_key", _instant("paid_at"))
    place = np.searchsorted(keys, lines["customer_key"].to_numpy())
    is_seen = place < len(keys)
    is_seen[is_seen] = keys[place[is_seen]] == lines["customer_key"].to_numpy()[is_seen]
    paid = place[is_seen], lines["paid_at"].to_numpy()[is_seen]
    is_look = _is_look(marts)
    at = marts.visits.select(_instant("at")).to_series().to_numpy()[is_look]
    found = np.zeros(len(is_look), np.bool_)
    found[is_look] = bought_soon((view_rows.visitors(marts).codes[is_look], at), paid, _WINDOW)
    return found


def _instant(column: str) -> pl.Expr:
    return pl.col(column).dt.timestamp("us")


def _is_look(marts: Marts) -> NDArray[np.bool_]:
    product = view_rows.named(marts, "product_id")
    return (product.codes < len(product.names)) & (view_rows.visitors(marts).codes >= _members_from(marts))


def _members_from(marts: Marts) -> int:
    """The number of the first visitor who is a member: anonymous ones have keys below 0."""
    return int(np.searchsorted(view_rows.visitors(marts).keys, 0))
