"""Who looked, put into the cart and bought, as numbers of visitors; made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from answers import narrow, view_rows
from answers.buyers import is_filtered
from answers.memo import of_rows
from metrics.look_days import LookDays, people_left

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]


def visitors(asked: Context) -> list[int | None]:
    """Of the period's views, actions and lines: distinct visitors of each of ``metrics.conversion.STEPS``."""
    people = len(view_rows.visitors(asked.marts).keys)
    carted = _of(asked, "actions", _cart(asked.marts))
    bought = _of(asked, "lines", line_people(asked.marts))
    kept = _of(asked, "lines", keepers(asked.marts))
    is_bought = bool((bought <= people).any())
    steps = (*_lookers(asked), carted if len(carted) else None, *((bought, kept) if is_bought else (None, None)))
    return people_left(steps, people)


def _lookers(asked: Context) -> tuple[Whole, Whole | None]:
    marts = asked.marts
    if not is_filtered(asked) and view_rows.is_by_day(marts):
        return _by_day(marts).between(*((on - view_rows.EPOCH).days for on in (asked.from_on, asked.to_on)))
    rows = view_rows.rows(asked)
    who, linger = rows.of(view_rows.visitors(marts).codes), rows.of(view_rows.linger(marts))
    return who, who[linger > 0] if (linger >= 0).any() else None


def _of(asked: Context, mart: str, who: tuple[Whole, Mask]) -> Whole:
    """The people of the rows of the period that match the filters and count."""
    stretch, matches = narrow.where(asked, mart)
    codes, counts = who[0][stretch], who[1][stretch]
    return codes[counts if matches is None else counts & matches.to_numpy()]


@of_rows
def _by_day(marts: Marts) -> LookDays:
    every = view_rows.Rows(slice(0, marts.visits.height), None)
    return LookDays.of(view_rows.day(marts, every), view_rows.visitors(marts).codes, view_rows.linger(marts))


@of_rows
def _cart(marts: Marts) -> tuple[Whole, Mask]:
    """Number of the visitor of each action, and whether it put something into the cart."""
    is_cart = (marts.actions["type"] == "cart").fill_null(value=False)
    return view_rows.numbers_of(marts, marts.actions["visitor"]), is_cart.to_numpy()


@of_rows
def line_people(marts: Marts) -> tuple[Whole, Mask]:
    """Number of the customer of each order line, and whether that is a member and no staff, and paid for it."""
    is_paid = pl.col("net_minor") > 0
    counts = marts.lines.select(pl.col("customer_key").is_not_null() & ~pl.col("is_staff") & is_paid).to_series()
    return view_rows.numbers_of(marts, marts.lines["customer_key"]), counts.to_numpy()


@of_rows
def keepers(marts: Marts) -> tuple[Whole, Mask]:
    """The same, and whether it was paid for and not fully refunded (``metrics.rules.kept_lines``)."""
    who, is_member = line_people(marts)
    return who, is_member & (marts.lines["net_minor"] > marts.lines["refunded_minor"]).to_numpy()
