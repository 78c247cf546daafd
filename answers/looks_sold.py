"""Of every view: whether its member bought something, or that product, soon after it; made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from answers import view_rows
from answers.funnel_steps import keepers
from answers.memo import of_rows
from metrics.first_looks import bought_soon

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from schema.marts import Marts

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

WINDOW_DAYS: Final = 14
"""So long after a first view a purchase still counts as come of it."""

_WINDOW: Final = dt.timedelta(days=WINDOW_DAYS) // dt.timedelta(microseconds=1)


@of_rows
def bought_anything(marts: Marts) -> Mask:
    """Of every view of a product by a member: whether the member bought anything within ``WINDOW_DAYS`` after it."""
    rows = np.flatnonzero(is_look(marts))
    who, sold = _sold(marts)
    found = np.zeros(marts.visits.height, np.bool_)
    views = view_rows.visitors(marts).codes[rows], _instants(marts.visits["at"])[rows]
    found[rows] = bought_soon(views, (who, _instants(marts.lines["paid_at"])[sold]), _WINDOW)
    return found


@of_rows
def bought_it(marts: Marts) -> Mask:
    """Of every view: whether its member bought the product within ``WINDOW_DAYS`` after it."""
    product = view_rows.named(marts, "product_id")
    rows = np.flatnonzero(bought_anything(marts))
    who, sold = _sold(marts)
    what = view_rows.codes_among(product.names, marts.lines["product_id"][sold])
    at = _instants(marts.visits["at"])[rows], _instants(marts.lines["paid_at"])[sold]
    seen = view_rows.visitors(marts).codes[rows].astype(np.int64) * (len(product.names) + 1) + product.codes[rows]
    paid = who.astype(np.int64) * (len(product.names) + 1) + what
    is_known = what < len(product.names)
    found = np.zeros(marts.visits.height, np.bool_)
    found[rows] = bought_soon((seen, at[0]), (paid[is_known], at[1][is_known]), _WINDOW)
    return found


@of_rows
def is_look(marts: Marts) -> Mask:
    """Of every view: whether it is one of a product by a member."""
    product = view_rows.named(marts, "product_id")
    return (product.codes < len(product.names)) & (view_rows.visitors(marts).codes >= members_from(marts))


def members_from(marts: Marts) -> int:
    """The number of the first visitor who is a member: anonymous ones have keys below 0."""
    return int(np.searchsorted(view_rows.visitors(marts).keys, 0))


def _sold(marts: Marts) -> tuple[Whole, Whole]:
    """Who kept what they bought, of those who ever looked; and the rows of these lines."""
    who, is_kept = keepers(marts)
    rows = np.flatnonzero(is_kept & (who < len(view_rows.visitors(marts).keys)))
    return who[rows], rows


def _instants(at: pl.Series) -> Whole:
    return at.dt.timestamp("us").to_numpy()
