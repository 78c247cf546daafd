"""People as numbers: which rows match the filters, and what of them is kept once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import narrow
from answers.everybody import everybody
from answers.memo import of_rows, once
from answers.view_rows import codes_among
from metrics.home_cells import HomeCells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Flags = NDArray[np.bool_]
    Whole = NDArray[np.integer]

_OWNERS: Final = {"city": "owner_city", "agent": "owner_agent_id", "store": "owner_store_id"}


@once
def chosen(asked: Context) -> Flags | None:
    """Whether each row of ``marts.people`` is among ``narrow.people``; None is all of them."""
    found: Flags | None = None
    for name, column in _OWNERS.items():
        wanted = getattr(asked.filters, name)
        if wanted:
            codes, names = coded(asked.marts, column)
            here = np.array([*(one in wanted for one in names), False])[codes]
            found = here if found is None else found & here
    if asked.filters.segment:
        members = narrow.scored(asked).filter(pl.col("segment").is_in(asked.filters.segment))["customer_key"]
        here = asked.marts.people["customer_key"].is_in(members.implode()).to_numpy()
        found = here if found is None else found & here
    return found


@of_rows
def coded(marts: Marts, column: str) -> tuple[Whole, list[str]]:
    """A text column as the number of a name for each row, one past the last where there is none; and the names."""
    names: list[str] = marts.people[column].drop_nulls().unique().sort().cast(pl.String).to_list()
    codes = codes_among(names, marts.people[column])
    return codes.astype(np.uint16 if len(names) < np.iinfo(np.uint16).max else np.uint32), names


@of_rows
def homes(marts: Marts, size: int) -> HomeCells:
    """Where everybody lives, at one resolution."""
    return HomeCells.of(marts.people, size)


@of_rows
def cells(marts: Marts, size: int) -> pl.DataFrame:
    """How many live in each cell; every map's first question."""
    return homes(marts, size).counted()


@of_rows
def at_home(marts: Marts) -> Flags:
    """Whether each row's home is known, not by its city alone."""
    people = marts.people.select(
        (pl.col("home_cell").is_not_null() & (pl.col("home_src") != "city")).fill_null(value=False)
    )
    found: Flags = people.to_series().to_numpy()
    return found


@of_rows
def buyers(marts: Marts, currency: str) -> Whole:
    """Of every order in the marts: its customer's place among ``everybody``'s keys; −1 where it has none."""
    rows = everybody(marts, currency)
    found = np.full(marts.orders.height, -1, np.int32)
    found[rows.row] = rows.who
    return found
