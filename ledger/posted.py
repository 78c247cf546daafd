"""What is posted already, and under which day it is filed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from ledger import tables
from ledger.lines import ORDER
from ledger.moves import RECORDED
from records import database
from records.frames import read_frame

if TYPE_CHECKING:
    import datetime as dt

    from schema.settings import DataMode


def recorded_on(connection: sa.Connection, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Every entry so far of orders filed under these days."""
    columns = [tables.entries.c[name] for name in RECORDED]
    on = tables.entries.c.order_on
    query = sa.select(*columns).where(on >= first.isoformat(), on <= last.isoformat())
    return read_frame(connection, query.order_by(tables.entries.c.seq), columns)


def with_shares(recorded: pl.DataFrame, settled_until: str) -> pl.DataFrame:
    """Entries of orders that somebody had a share in when their month was settled, or that were posted after it.

    Args:
        recorded: entries of some orders.
        settled_until: last settled month.
    """
    settled = recorded.filter(pl.col("refund_id").is_null(), pl.col("month") <= settled_until)
    sums = settled.group_by([*ORDER, "rule_id", "role", "receiver_kind", "receiver_id"]).agg(
        pl.col("amount_minor").sum()
    )
    emptied = settled.join(sums.filter(pl.col("amount_minor") != 0), on=ORDER, how="anti")
    return recorded.join(emptied, on=ORDER, how="anti")


def posted_elsewhere(connection: sa.Connection, entries: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Which orders that are about to be posted are on the books already, under a day outside these?

    An order stays filed under the day it bore when it was first posted; a later import may give it another.

    Args:
        connection: where to read.
        entries: what is about to be posted.
        first: first day looked at.
        last: last day looked at.

    Returns:
        ``source, order_id``; most often none.
    """
    fresh = entries.filter(entries["kind"] == "accrual").select(ORDER).unique()
    if fresh.is_empty():
        return fresh
    ids = fresh["order_id"].unique().to_list()
    entry = tables.entries.c
    if connection.dialect.name == "sqlite":
        named: sa.ColumnElement[bool] = entry.order_id.in_(
            sa.select(sa.func.json_each(json.dumps(ids)).table_valued("value").c.value)
        )
    else:
        named = entry.order_id == sa.any_(sa.cast(ids, sa.ARRAY(sa.Text)))
    other_day = sa.not_(entry.order_on.between(first.isoformat(), last.isoformat()))
    columns = [entry.source, entry.order_id]
    known = read_frame(connection, sa.select(*columns).where(named, other_day).distinct(), columns)
    return fresh.join(known, on=ORDER, how="semi")


def posted_months(mode: DataMode) -> list[str]:
    """In which months is anything posted or filed, earliest first?

    Among them are months whose last order has moved away or turned out never to have been paid.
    """
    if not database.exists(mode):
        return []
    filed = sa.select(sa.func.substr(tables.entries.c.order_on, 1, 7)).where(tables.entries.c.order_on.is_not(None))
    with database.reading(mode) as connection:
        found = connection.execute(sa.union(filed, sa.select(tables.entries.c.month))).scalars()
        return sorted(found)
