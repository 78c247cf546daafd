"""Ids of events that name two of different months: found once at the end of a large import, the later one is set aside."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.layout import STORED
from warehouse.quarantine import clashing_events
from warehouse.storage import read_table, warehouse_home, write_table

if TYPE_CHECKING:
    from schema.settings import DataMode
    from warehouse.progress import Progress
    from warehouse.snapshots import Snapshot

_AT_ONCE: Final = 2_000_000
"""So many ids are compared at a time."""


def set_clashes_aside(
    now: Snapshot, mode: DataMode, prefix: str, progress: Progress
) -> tuple[dict[str, int], dict[str, int]]:
    """Set aside every event of this import whose id names another event of another month (E03).

    Returns:
        The versions and the rows of the tables that changed.
    """
    wrong = _clashing(now, prefix)
    if wrong.is_empty():
        return {}, {}
    folder, versions = warehouse_home(mode), dict(now.versions)
    gone = []
    for month in wrong["month"].unique().sort():
        rows = now.scan("events").filter(pl.col("month") == month).collect()
        keys = wrong.filter(pl.col("month") == month).select("event_id", "source_run")
        gone.append(rows.join(keys, on=["event_id", "source_run"], how="semi"))
        kept = rows.join(keys, on=["event_id", "source_run"], how="anti")
        versions["events"] = write_table(folder, "events", kept, version=versions["events"], months=[month])
    aside = clashing_events(pl.concat(gone), progress.sources(), dt.datetime.now(dt.UTC))
    both = pl.concat([now.read("quarantine"), aside]).unique("quarantine_id", keep="first", maintain_order=True)
    versions["quarantine"] = write_table(folder, "quarantine", both, version=versions.get("quarantine"))
    progress.set_aside(pl.concat(gone)["source_run"])
    counts = {
        name: read_table(folder, name, versions[name]).select(pl.len()).collect().item()
        for name in ("events", "quarantine")
    }
    return {name: versions[name] for name in counts}, counts


def _clashing(now: Snapshot, prefix: str) -> pl.DataFrame:
    """``event_id, month, source_run`` of events of this import whose id an earlier event of another month has.

    Ids are compared in shares of a hash, so that memory does not grow with their number.
    """
    shares = now.rows.get("events", 0) // _AT_ONCE + 1
    found = [pl.DataFrame(schema={name: STORED["events"][name] for name in ("event_id", "month", "source_run")})]
    for share in range(shares):
        rows = now.scan("events").select("event_id", "month", "source_run")
        if shares > 1:
            rows = rows.filter(pl.col("event_id").hash(seed=3) % shares == share)
        twice = rows.filter(pl.col("month").n_unique().over("event_id") > 1).collect()
        order = pl.col("source_run").str.starts_with(prefix)
        ranked = twice.sort("event_id", order, "source_run", "month")
        later = ranked.filter(pl.col("event_id") == pl.col("event_id").shift(1))
        found.append(later.filter(pl.col("source_run").str.starts_with(prefix)))
    return pl.concat(found)
