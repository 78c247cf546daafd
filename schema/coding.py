"""Text columns of the large marts in memory: each value is held once, and a row holds its number (``pl.Enum``).

On disk and in the contracts they are text. The order of the numbers is the order of the texts. Columns of one kind have
one type in all marts of a scope, so that they can be compared, joined and put together; with text they cannot be
joined, and ``fill_null`` with a value that the type does not know leaves the null. Formulas read text: ``spelled``.
"""

from __future__ import annotations

from typing import Final

import dataframely as dy
import polars as pl
from polars import selectors as cs

from schema.marts import MARTS
from schema.scope import ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE
from schema.wording import UNMAPPED

CODED: Final = ("orders", "lines", "refunds", "visits", "actions")
"""The marts whose text lies in memory as numbers: those that grow with what happens."""

_KINDS: Final = {
    "owner_store_id": "store_id",
    "fulfil_store_id": "store_id",
    "owner_agent_id": "agent_id",
    "owner_city": "city",
}
ALWAYS: Final[dict[str, tuple[str, ...]]] = {
    "store_id": (ANOTHER_STORE,),
    "agent_id": (ANOTHER_AGENT,),
    "city": (ANOTHER_CITY,),
    "category": (UNMAPPED,),
}
"""Kind → words that are written where there is no value, or where it may not be told; every type knows them."""


def kind_of(column: str) -> str:
    """What a text column names: columns of one kind share one type."""
    return _KINDS.get(column, column)


def text_columns(mart: str) -> tuple[str, ...]:
    """The columns of a mart that are text in its contract."""
    return tuple(name for name, rule in MARTS[mart].columns().items() if isinstance(rule, dy.String))


def spelled(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with text where numbers stand for it; what is text already stays as it is."""
    if not any(isinstance(kind, pl.Enum) for kind in rows.dtypes):
        return rows
    return rows.with_columns(cs.enum().cast(pl.String))
