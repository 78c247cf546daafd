"""How many people looked at each product first in a stretch of days, and bought it; made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from answers import view_rows
from answers.looks_sold import WINDOW_DAYS, bought_it, members_from
from answers.memo import of_rows
from answers.product_lists import product_lists
from metrics.product_firsts import ProductFirsts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]

_PIECE: Final = 2_000_000
"""Looks that are put in order together."""


def counts(asked: Context) -> dict[str, Whole]:
    """Of the period's views: ``customers, viewers, mature_viewers, buyers`` of each product by its number."""
    days = [(on - view_rows.EPOCH).days for on in (asked.from_on, asked.to_on, asked.as_of)]
    until = (days[1] + 1, min(days[1] + 1, days[2]), min(days[1] + 1, days[2] - WINDOW_DAYS))
    parts = [piece.counts(days[0], *until) for piece in _pieces(asked.marts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@of_rows
def _pieces(marts: Marts) -> tuple[ProductFirsts, ...]:
    """Of views in the order of their visitors' time, by products side by side."""
    return tuple(_made(marts))


def _made(marts: Marts) -> Iterator[ProductFirsts]:
    on, height = marts.visits["local_on"], marts.visits.height
    first, days = (on[0] - view_rows.EPOCH).days, (on[-1] - on[0]).days + 1
    starts = np.array([on.search_sorted(on[0] + dt.timedelta(days=day), "left") for day in range(days)])
    names, lists = product_lists(marts, "visits")
    codes, member, bought = view_rows.visitors(marts).codes, members_from(marts), bought_it(marts)
    looks: list[tuple[Whole, Whole, Whole]] = []
    held = 0
    for product in names.values():
        rows = lists.rows(product, 0, height)
        who, day = codes[rows], np.searchsorted(starts, rows, "right") - 1
        looks.append((who, day, (who >= member).astype(np.uint8) + bought[rows]))
        held += len(rows)
        if held >= _PIECE:
            yield ProductFirsts.of(looks, first, days)
            looks, held = [], 0
    yield ProductFirsts.of(looks, first, days)
