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
from metrics.first_looks import Payments, bought_soon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.view_rows import Named
    from schema.marts import Marts

    Mask = NDArray[np.bool_]
    Whole = NDArray[np.integer]

WINDOW_DAYS: Final = 14
"""So long after a first view a purchase still counts as come of it."""

_STRETCH: Final = 2_000_000
"""Views looked at together: what they need beside them stays small."""

_WINDOW: Final = dt.timedelta(days=WINDOW_DAYS) // dt.timedelta(microseconds=1)


@of_rows
def bought_anything(marts: Marts) -> Mask:
    """Of every view of a product by a member: whether the member bought anything within ``WINDOW_DAYS`` after it."""
    return _bought(marts, is_look(marts), None)


@of_rows
def bought_it(marts: Marts) -> Mask:
    """Of every view: whether its member bought the product within ``WINDOW_DAYS`` after it."""
    return _bought(marts, bought_anything(marts), view_rows.named(marts, "product_id"))


def _bought(marts: Marts, looks: Mask, product: Named | None) -> Mask:
    """Of these views: whether their member bought anything, or of these products the same, soon enough after them."""
    who, is_kept = keepers(marts)
    seen, at = view_rows.visitors(marts), marts.visits["at"]
    rows = np.flatnonzero(is_kept & (who < len(seen.keys)))
    what: Whole = np.zeros(len(rows), np.uint32)
    if product is not None:
        what = view_rows.codes_among(product.names, marts.lines["product_id"])[rows]
    sold = Payments.of(who[rows], what, marts.lines["paid_at"].to_physical().to_numpy()[rows], len(seen.keys))
    found = np.zeros(len(looks), np.bool_)
    for start in range(0, len(looks), _STRETCH):
        part = np.flatnonzero(looks[start : start + _STRETCH])
        then = at[start : start + _STRETCH].to_physical().to_numpy()[part]
        of = np.zeros(len(part), np.uint8) if product is None else product.codes[start + part]
        found[start + part] = bought_soon((seen.codes[start + part], of, then), sold, _WINDOW)
    return found


def is_look(marts: Marts) -> Mask:
    """Of every view: whether it is one of a product by a member."""
    product = view_rows.named(marts, "product_id")
    return (product.codes < len(product.names)) & (view_rows.visitors(marts).codes >= members_from(marts))


def members_from(marts: Marts) -> int:
    """The number of the first visitor who is a member: anonymous ones have keys below 0."""
    return int(np.searchsorted(view_rows.visitors(marts).keys, 0))
