"""Remarks that only the whole warehouse can make: stores that moved, rows that nothing describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from schema.geodesy import haversine_m
from warehouse.accounting import late_rows
from warehouse.incoming import stored_table
from warehouse.mart_places import suspects, till_positions
from warehouse.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loaders.load import Loaded
    from warehouse.batch import Outcome
    from warehouse.incoming import Incoming
    from warehouse.snapshots import Snapshot

MOVED_M: Final = 200.0

_REFERENCES: Final = (
    ("orders", "selling_store_id", "stores", "store_id"),
    ("orders", "customer_key", "customers", "customer_key"),
    ("order_lines", "product_id", "products", "product_id"),
    ("events", "product_id", "products", "product_id"),
    ("events", "store_id", "stores", "store_id"),
    ("events", "customer_key", "customers", "customer_key"),
    ("complaints", "customer_key", "customers", "customer_key"),
    ("complaints", "store_id", "stores", "store_id"),
    ("campaign_sends", "customer_key", "customers", "customer_key"),
    ("territories", "store_id", "stores", "store_id"),
    ("territories", "agent_id", "agents", "agent_id"),
    ("travel", "store_id", "stores", "store_id"),
)


def remarks(
    loaded: Sequence[Loaded], incoming: Incoming, outcome: Outcome, base: Snapshot | None
) -> list[dict[str, int]]:
    """Which rows of each source deserve a remark: W01 late, W04 store moved, W05 datum suspect, W06 not described?

    W06 counts rows once even when several of their references are not described, and only against tables that a
    source describes at all.
    """
    said = [{"W01": late} if (late := late_rows(one)) else {} for one in loaded]
    for source, moved in _moved_stores(incoming, base).items():
        said[source]["W04"] = moved
    for source, suspect in _suspect_stores(incoming, outcome, base).items():
        said[source]["W05"] = suspect
    for source, rows in _not_described(incoming, outcome, base).items():
        said[source]["W06"] = rows
    return said


def _moved_stores(incoming: Incoming, base: Snapshot | None) -> dict[int, int]:
    stores = incoming.tables.get("stores")
    if stores is None or base is None:
        return {}
    before = base.read("stores").select("store_id", _lat="lat", _lng="lng").drop_nulls()
    pairs = stores.filter(~pl.col("is_derived")).drop_nulls(["lat", "lng"]).join(before, on="store_id")
    far = pairs.filter(haversine_m(pl.col("lat"), pl.col("lng"), pl.col("_lat"), pl.col("_lng")) > MOVED_M)
    return dict(far.group_by("_src").agg(pl.len()).iter_rows())


def _suspect_stores(incoming: Incoming, outcome: Outcome, base: Snapshot | None) -> dict[int, int]:
    """Stores of the batch that lie where a mainland map would draw the place at which their codes are scanned."""
    stores = incoming.tables.get("stores")
    if stores is None:
        return {}
    told = stores.filter(~pl.col("is_derived"))
    wrong = suspects(_after("stores", outcome, base), till_positions(_after("location_fixes", outcome, base)))
    rows = told.filter(pl.col("store_id").is_in(wrong.implode()))
    return dict(rows.group_by("_src").agg(pl.len()).iter_rows())


def _after(name: str, outcome: Outcome, base: Snapshot | None) -> pl.DataFrame:
    """A table as it is after this batch."""
    return outcome.changes[name].frame if name in outcome.changes else stored_table(base, name)


def _not_described(incoming: Incoming, outcome: Outcome, base: Snapshot | None) -> dict[int, int]:
    asked: dict[str, str] = {name: key for table, _, name, key in _REFERENCES if table in incoming.tables}
    described = {name: _described(name, key, incoming, outcome, base) for name, key in asked.items()}
    totals: dict[int, int] = {}
    for table, rows in incoming.tables.items():
        told = ((c, described[name]) for t, c, name, _ in _REFERENCES if t == table)
        checks = [(c, ids) for c, ids in told if ids is not None]
        if not checks:
            continue
        counted = rows.filter(pl.col("_row").is_not_null() & (pl.col("_src") >= 0))
        unknown = [pl.col(c).is_not_null() & ~pl.col(c).is_in(ids.implode()) for c, ids in checks]
        for source, count in counted.filter(pl.any_horizontal(unknown)).group_by("_src").agg(pl.len()).iter_rows():
            totals[source] = totals.get(source, 0) + count
    return totals


def _described(name: str, key: str, incoming: Incoming, outcome: Outcome, base: Snapshot | None) -> pl.Series | None:
    """The ids that a table describes after this batch, of those whom the batch names; None when it describes nothing."""
    is_new = name in outcome.changes or base is None
    told = _after(name, outcome, base).lazy() if is_new or base is None else base.scan(name)
    told = told.filter(~pl.col("is_derived")).select(key)
    columns = [(t, c) for t, c, n, _ in _REFERENCES if n == name and t in incoming.tables]
    named = pl.concat([incoming.tables[t][c].drop_nulls().unique().rename(key) for t, c in columns]).unique()
    with storage_errors(name if base is None else base.folder / name):
        found = told.filter(pl.col(key).is_in(named.implode())).collect().to_series()
        return None if found.is_empty() and told.head(1).collect().is_empty() else found
