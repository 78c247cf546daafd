"""What each stored table looks like: the canonical columns, keys instead of ids, and where a row came from."""

from __future__ import annotations

from typing import Final

import polars as pl

from schema.marts import MARTS
from schema.tables import CANONICAL

UTC: Final = pl.Datetime("us", "UTC")

HAS_CUSTOMER: Final = tuple(name for name, contract in CANONICAL.items() if "customer_id" in contract.column_names())
"""Canonical tables that name a customer: stored with ``customer_key`` in place of ``customer_id``."""

FACTS: Final = ("events", "orders", "order_lines", "refunds")
"""Tables partitioned by month."""

TIME_ORDER: Final[dict[str, tuple[str, ...]]] = {
    "events": ("occurred_at", "seq", "event_id"),
    "orders": ("placed_at", "source", "order_id"),
    "order_lines": ("source", "order_id", "line_id"),
    "refunds": ("refunded_at", "source", "refund_id"),
}
"""How a fact's rows lie within a month."""

REPLACEABLE: Final = (
    "stores",
    "agents",
    "guides",
    "territories",
    "travel",
    "products",
    "availability",
    "customers",
    "identities",
    "bills",
    "complaints",
    "campaign_sends",
)
"""Tables in which a later body replaces an earlier one."""

PRIMARY_KEY: Final[dict[str, tuple[str, ...]]] = {
    name: tuple("customer_key" if key == "customer_id" else key for key in contract.primary_key())
    for name, contract in CANONICAL.items()
} | {"availability": ("product_id", "size", "store_id", "channel", "from_on")}
"""What names a row at rest; two stores may lack one size on the same day."""

ORPHANED: Final[dict[str, str]] = {
    "orphan_order_lines": "order_lines",
    "orphan_refunds": "refunds",
    "orphan_location_fixes": "location_fixes",
}
"""Rows that wait for their parent, tried again at each import."""


def canonical_schema(name: str) -> dict[str, pl.DataType]:
    """The columns of a table as a loader hands it over."""
    return {column: rule.dtype for column, rule in CANONICAL[name].columns().items()}


def _stored(name: str) -> pl.Schema:
    columns: dict[str, pl.DataType] = {}
    for column, kind in canonical_schema(name).items():
        if column == "customer_id":
            columns["customer_key"] = pl.Int64()
        else:
            columns[column] = kind
    columns["is_derived"] = pl.Boolean()
    columns["source_run"] = pl.String()
    if name in FACTS:
        columns["month"] = pl.String()
    return pl.Schema(columns)


def _waiting(name: str) -> pl.Schema:
    """A fix waits for somebody to know its customer, so it keeps the id; lines and refunds are as they are stored."""
    counted = {"source_run": pl.String(), "_row": pl.Int64(), "_minor": pl.Int64()}
    return pl.Schema((canonical_schema(name) if name == "location_fixes" else dict(_stored(name))) | counted)


QUARANTINE: Final = pl.Schema(
    {
        "quarantine_id": pl.String(),
        "source": pl.String(),
        "row": pl.Int64(),
        "code": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "message": pl.String(),
        "remedy": pl.String(),
        "payload": pl.String(),
        "minor": pl.Int64(),
        "table": pl.String(),
        "source_run": pl.String(),
        "set_aside_at": UTC,
    }
)

_COUNTS: Final = ("rows_in", "accepted", "updated", "duplicate", "quarantined")

SOURCE_RUNS: Final = pl.Schema(
    {
        "source_run": pl.String(),
        "source": pl.String(),
        "shape": pl.String(),
        **{column: pl.Int64() for column in _COUNTS},
        **{f"{column}_minor": pl.Int64() for column in _COUNTS},
        "currency": pl.String(),
        "encoding": pl.String(),
        "preset": pl.String(),
        "sha256": pl.String(),
        "codes": pl.String(),
        "notes": pl.String(),
        "first_on": pl.Date(),
        "last_on": pl.Date(),
        "loaded_at": UTC,
        "datum": pl.String(),
        "zone": pl.String(),
        "zero_price_is_purchase": pl.Boolean(),
    }
)

BOOKS: Final[dict[str, str]] = {
    "bindings": "bindings",
    "attempts": "binding_attempts",
    "shares": "shares",
    "statements": "statements",
}
"""Copies of the ledger: mart → stored table of the same columns."""

BOOK_ORDER: Final[dict[str, tuple[str, ...]]] = {
    "bindings": ("customer_key", "valid_from", "binding_id"),
    "attempts": ("customer_key", "at", "claimed_store_id", "method", "guide_id", "outcome"),
    "shares": ("seq",),
    "statements": ("statement_id",),
}
"""How the rows of a copy lie, so that the same books are the same table."""

OWNERSHIP: Final = pl.Schema(
    {
        "customer_key": pl.Int64(),
        "store_id": pl.String(),
        "agent_id": pl.String(),
        "valid_from": UTC,
        "valid_to": UTC,
    }
)
"""Whose customer from when to when: the bindings without how they came about; an unassigned spell has no store."""

STORED: Final[dict[str, pl.Schema]] = {
    "customer_keys": pl.Schema({"customer_id": pl.String(), "customer_key": pl.Int64()}),
    **{name: _stored(name) for name in CANONICAL},
    **{waiting: _waiting(name) for waiting, name in ORPHANED.items()},
    "ownership": OWNERSHIP,
    **{
        table: pl.Schema({column: rule.dtype for column, rule in MARTS[mart].columns().items()})
        for mart, table in BOOKS.items()
    },
    "quarantine": QUARANTINE,
    "source_runs": SOURCE_RUNS,
    "settings": pl.Schema({"key": pl.String(), "value": pl.String()}),
    "forgotten": pl.Schema({"mark": pl.String(), "forgotten_on": pl.Date()}),
}
"""Every stored table's columns, in the order in which the tables are committed."""

SNAPSHOTS: Final = pl.Schema(
    {
        "number": pl.Int64(),
        "published_at": UTC,
        "mart_format": pl.Int64(),
        "facts": pl.String(),
    }
)
"""One row per publication; ``facts`` is JSON: versions, rows, zone, currencies, days."""

MART_FORMAT: Final = 6
"""Raised when marts gain a table or a column, or say something else; those of an older format open without it, and the
next write makes all of them anew."""

SINCE_FORMAT: Final[dict[str, int]] = dict.fromkeys([*BOOKS, "territories", "travel"], 2) | {
    "neighbours": 3,
    "behaviour": 4,
    "sales": 5,
}
"""Marts that older formats do not have: in those snapshots they are empty. ``behaviour`` and ``sales``: what lies in a
folder of files a mart since then, and in one file before."""

ADDED: Final = ("before_sign_in",)
"""Columns that marts have since format 6; in files of older ones nothing is known of it, and it is false."""


def empty(name: str) -> pl.DataFrame:
    """An empty stored table."""
    return pl.DataFrame(schema=STORED[name])
