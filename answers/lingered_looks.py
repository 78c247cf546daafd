"""What members lingered on lately and did not buy: from views as numbers; which looks are alone, once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from answers import narrow, view_rows
from answers.funnel_steps import line_people
from answers.looks_sold import WINDOW_DAYS, members_from
from answers.memo import of_rows
from answers.product_attention import is_ordered
from answers.product_lists import product_lists
from metrics.conversion import lingered_not_bought
from metrics.lingered_looks import Looks, lingered
from metrics.packed import changes, stable_order
from schema.coding import spelled

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl
    from numpy.typing import NDArray

    from answers.answer import Context
    from answers.view_rows import Rows
    from schema.marts import Marts

    Whole = NDArray[np.integer]

_SEEN = ("customer_key", "at", "local_on", "product_id", "category", "dwell_ms", "is_linger")


def not_bought(recent: Context, end: dt.date) -> pl.DataFrame:
    """``metrics.conversion.lingered_not_bought`` of the views and lines of the ``WINDOW_DAYS`` before ``end``.

    Args:
        recent: the question about those days.
        end: the day after the last of them.
    """
    marts = recent.marts
    if not is_ordered(marts):
        views = narrow.numbered(recent, "visits").select(_SEEN)
        lines = narrow.numbered(recent, "later_lines").select("customer_key", "paid_at", "local_on", "product_id")
        return spelled(lingered_not_bought(views, lines, as_of=end, days=WINDOW_DAYS))
    product, who = view_rows.named(marts, "product_id"), view_rows.visitors(marts).codes
    rows = view_rows.rows(recent)
    rows = rows.where((rows.of(who) >= members_from(marts)) & (rows.of(product.codes) < len(product.names)))
    at = marts.visits["at"][rows.stretch].to_physical().to_numpy()
    looks = Looks(
        who=rows.of(who),
        product=rows.of(product.codes),
        at=at if rows.kept is None else at[rows.kept],
        age=(end - view_rows.EPOCH).days - 1 - view_rows.day(marts, rows),
        dwell=rows.of(view_rows.dwell(marts)),
        linger=rows.of(view_rows.linger(marts)),
        is_alone=_alone(rows, _is_alone(marts)),
    )
    return lingered(looks, _paid(recent), product.names)


def _paid(recent: Context) -> tuple[Whole, Whole, Whole]:
    """Member, product and instant of the lines of these days, as views number them."""
    marts, found = recent.marts, narrow.stretch(recent, "lines")
    lines, who = marts.lines[found], line_people(marts)[0][found]
    codes = view_rows.codes_among(view_rows.named(marts, "product_id").names, lines["product_id"])
    inside = lines["local_on"].is_between(recent.from_on, recent.to_on).to_numpy()
    rows = np.flatnonzero(inside & (who >= members_from(marts)) & (who < len(view_rows.visitors(marts).keys)))
    return who[rows], codes[rows], lines["paid_at"].to_physical().to_numpy()[rows]


def _alone(rows: Rows, held: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Their part of the bits of all views."""
    start, stop = rows.stretch.start, rows.stretch.stop
    found = np.unpackbits(held[start // 8 : -(-stop // 8)])[start % 8 :][: stop - start].astype(np.bool_)
    return found if rows.kept is None else found[rows.kept]


@of_rows
def _is_alone(marts: Marts) -> NDArray[np.uint8]:
    """Of every view, a bit each: whether its visitor has no other look at the product less than ``WINDOW_DAYS`` before or after it."""
    names, lists = product_lists(marts, "visits")
    codes = view_rows.visitors(marts).codes
    day = view_rows.day(marts, view_rows.Rows(slice(0, len(codes)), None))
    found = np.ones(len(codes), np.bool_)
    for number in names.values():
        rows = lists.rows(number, 0, len(codes))
        ordered = rows[stable_order(codes[rows], int(codes[rows].max(initial=0)))]
        is_near = ~changes(codes[ordered]) & (np.diff(day[ordered], prepend=day[:1]) < WINDOW_DAYS)
        found[ordered[is_near]] = False
        found[ordered[np.flatnonzero(is_near) - 1]] = False
    return np.packbits(found)
