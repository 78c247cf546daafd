"""How many members of those who looked bought something soon after, from looks in order; made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers import view_rows
from answers.buyers import is_filtered
from answers.looks_sold import WINDOW_DAYS, bought_anything, is_look, members_from
from answers.memo import of_rows, once
from metrics.first_looks import FirstLooks, counts_of

if TYPE_CHECKING:
    from answers.answer import Context
    from metrics.first_looks import Counts
    from schema.marts import Marts


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
    held = (rows.of(product.codes) < len(product.names)) & (who >= members_from(marts))
    held &= view_rows.day(marts, rows) < until
    return counts_of(who[held], rows.of(bought_anything(marts))[held], len(view_rows.visitors(marts).keys))


@of_rows
def looks(marts: Marts) -> FirstLooks:
    """Each member's first look at a product of each day."""
    every = view_rows.Rows(slice(0, marts.visits.height), None)
    rows = every.where(is_look(marts))
    who = rows.of(view_rows.visitors(marts).codes)
    return FirstLooks.of(view_rows.day(marts, rows), who, rows.of(bought_anything(marts)))
