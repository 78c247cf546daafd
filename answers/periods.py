"""Which days a question is about, when nobody said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from answers.answer import Context
from answers.known import currencies, unknown_values
from answers.presenting import frozen
from schema.marts import MARTS, Marts

if TYPE_CHECKING:
    from schema.filters import Filters
    from schema.scope import Scope
    from warehouse.api import Snapshot

DEFAULT_DAYS: Final[dict[str, int]] = {
    "overview": 28, "dwell": 91, "purchases": 365, "products": 365, "catchment": 730, "sharing": 365,
}  # fmt: skip
"""Shorter periods leave a page's cells grey or empty (measured on 1.5M events)."""

MATURE_RETURN_DAYS: Final = 30
"""Most returns have arrived by then."""


def nothing(marts: Marts) -> Marts:
    """The same tables without a row: what an unreadable filter selects."""
    return Marts(**{name: getattr(marts, name).clear() for name in MARTS})


def context(
    filters: Filters, scope: Scope, snapshot: Snapshot, marts: Marts, *, page: str, all_data: bool = False
) -> Context:
    """What one page's questions are asked of.

    Args:
        filters: as parsed from the URL or the command line; a presenter's days are fixed.
        scope: who asks.
        snapshot: what they see.
        marts: that scope's rows of it.
        page: the page whose default period applies when the filters name none.
        all_data: without a period, take every day there is (the command line's default).
    """
    unknown = (*filters.unreadable, *unknown_values(filters, marts, snapshot, scope))
    if scope.role == "presenter":
        filters, refused = frozen(filters, snapshot.as_of, page)
        unknown = (*unknown, *refused)
    rows = nothing(marts) if unknown else marts
    as_of = filters.as_of or snapshot.as_of
    last = as_of - dt.timedelta(days=1)
    first = last - dt.timedelta(days=DEFAULT_DAYS.get(page, 28) - 1)
    if all_data and snapshot.first_on is not None:
        first = snapshot.first_on
        last = max(last, snapshot.last_on or last) if filters.as_of is None else last
    to_on = filters.to_on or (max(last, filters.from_on) if filters.from_on else last)
    from_on = filters.from_on or min(first, to_on)
    return Context(
        filters=filters,
        scope=scope,
        snapshot=snapshot,
        marts=rows,
        from_on=from_on,
        to_on=to_on,
        as_of=max(as_of, to_on + dt.timedelta(days=1)) if filters.as_of is None and all_data else as_of,
        currency=filters.currency or next(iter(currencies(marts, snapshot, scope)), snapshot.currency),
        unknown=unknown,
    )


def over(asked: Context, from_on: dt.date, to_on: dt.date) -> Context:
    """The same question over other days."""
    return replace(asked, from_on=from_on, to_on=to_on)


def mature(asked: Context, days: int) -> Context:
    """The latest window of the same length whose last day is at least ``days`` old."""
    to_on = min(asked.to_on, asked.as_of - dt.timedelta(days=days + 1))
    return over(asked, to_on - dt.timedelta(days=asked.days - 1), to_on)


def ending(asked: Context, days: int) -> Context:
    """The ``days`` days that end with the period."""
    return over(asked, asked.to_on - dt.timedelta(days=days - 1), asked.to_on)


def before(asked: Context) -> Context:
    """The period of the same length just before."""
    return over(asked, *asked.previous)
