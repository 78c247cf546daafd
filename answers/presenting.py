"""What a presenter may choose: nothing that two answers could be subtracted by.

A presenter looks at whole, closed months of the whole company. With days or filters of their own, two groups of ten and
more would differ by a single person; with one period and no filter there is one answer to each question.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from schema.filters import LISTS
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema.filters import Filters

_MONTHS: Final[dict[str, int]] = {"overview": 1, "dwell": 3, "catchment": 24}
"""How many closed months a page shows; others a year."""

RESOLUTION: Final = "7"
"""The one size of cells: finer cells of the same map are parts of coarser ones."""

_PLACES: Final = ("city", "agent", "agent_id", "store", "store_id")
_ACCOUNTS: Final = ("sharing/statement", "sharing/lines", "sharing/simulation")
"""Addresses whose stores and agents are accounts of their own, not parts of each other."""

_TOLD: Final = {"catchment/overlap": "agent"}
"""Addresses that are told of another level than their first: only shares of demand are left there, no counts."""

PUBLISHED: Final = {"catchment/pair": "agent"}
"""Addresses that answer presenters at one level from the published cube, of which no part can be subtracted."""

_DAYS: Final = (("from_on", "from"), ("to_on", "to"), ("as_of", "as_of"))


def frozen(filters: Filters, complete: dt.date, page: str) -> tuple[Filters, tuple[str, ...]]:
    """The days that a page shows to presenters, whatever the link says.

    Args:
        filters: as the link says.
        complete: the first day that is not complete; its month is not closed.
        page: which page.

    Returns:
        The same filters with the page's own closed months; and a sentence where the link chooses something else.
    """
    end = complete.replace(day=1)
    back = end.year * 12 + end.month - 1 - _MONTHS.get(page, 12)
    kept = replace(filters, from_on=dt.date(back // 12, back % 12 + 1, 1), to_on=end - dt.timedelta(days=1), as_of=end)
    named = [said for day, said in _DAYS if getattr(filters, day) not in {None, getattr(kept, day)}]
    named += [name for name in LISTS if getattr(filters, name)]
    if not named:
        return kept, ()
    return kept, (
        say("Presenters see closed months of the whole company: {named} cannot be chosen.", named=", ".join(named)),
    )


def coarse(known: Collection[str], options: dict[str, Any]) -> dict[str, Any]:
    """An address's options with cells of the one size that presenters see, whatever was asked for."""
    return {**options, "resolution": RESOLUTION} if "resolution" in known else options


def one_level(name: str, known: dict[str, tuple[str, ...] | None], chosen: object) -> str:
    """Why a table by other places is not told: stores are parts of cities and of agents, and parts can be subtracted.

    Args:
        name: an address.
        known: its options with the values each may have.
        chosen: the option ``by``, if it was given.

    Returns:
        A sentence; empty where the table may be told.
    """
    levels = [level for level in known.get("by") or () if level in _PLACES]
    if name in _ACCOUNTS or not levels or (chosen is not None and chosen not in levels):
        return ""
    told = _TOLD.get(name, levels[0])
    if (chosen or levels[0]) in {told, PUBLISHED.get(name)}:
        return ""
    return say(_ALONE[told])


_ALONE: Final = {
    "city": later("Presenters see cities alone here: places are parts of each other, and parts can be subtracted."),
    "agent": later("Presenters see agents alone here: places are parts of each other, and parts can be subtracted."),
    "store": later("Presenters see stores alone here: places are parts of each other, and parts can be subtracted."),
}
