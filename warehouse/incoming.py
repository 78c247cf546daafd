"""What arrives: the tables of all sources of one batch, stacked in order, with keys in place of ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from warehouse.forgotten import Forgotten, leave_out, with_known
from warehouse.keys import keys_of, new_keys, replace_ids
from warehouse.layout import FACTS, HAS_CUSTOMER, ORPHANED, STORED, canonical_schema
from warehouse.merge import META
from warehouse.silence import silences
from warehouse.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loaders.load import Loaded
    from warehouse.snapshots import Snapshot

RELEASED = -2
"""``_src`` of rows that waited for their parent; they were counted when they came."""


@dataclass(frozen=True)
class Incoming:
    """The rows of a batch.

    Attributes:
        tables: stored columns and ``META`` by canonical table; only tables with rows.
        waiting: rows of ``location_fixes`` whose customer nobody knows, as the loader gave them, with ``META``.
        keys: all customer keys, new ones at the end; None when there are no new ones.
        silent: table → source of the batch → the columns that it does not have at all.
        left_out: rows about people who were forgotten, with ``_src, _row, _minor``.
        forgotten: who was.
    """

    tables: dict[str, pl.DataFrame]
    waiting: pl.DataFrame
    keys: pl.DataFrame | None
    silent: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict)
    left_out: pl.DataFrame = field(default_factory=pl.DataFrame)
    forgotten: Forgotten = field(default_factory=lambda: Forgotten(frozenset()))


def stored_table(base: Snapshot | None, name: str) -> pl.DataFrame:
    """A stored table of the published snapshot; empty before the first."""
    return pl.DataFrame(schema=STORED[name]) if base is None else base.read(name)


def stack(
    loaded: Sequence[Loaded],
    base: Snapshot | None,
    *,
    run_prefix: str,
    key_seed: int | None,
    forgotten: Forgotten | None = None,
) -> Incoming:
    """Stack what the loaders gave, in import order, behind the rows that waited for their parent."""
    forgotten = forgotten or Forgotten(frozenset())
    frames, left_out, unnamed = leave_out(_frames(loaded, run_prefix), forgotten)
    waited = _marked(stored_table(base, "orphan_location_fixes"))
    fixes = pl.concat(
        [_in_shape(waited, "location_fixes"), frames.pop("location_fixes", pl.DataFrame())], how="diagonal"
    )
    ids = [frame["customer_id"] for name, frame in frames.items() if name in HAS_CUSTOMER]
    keys, every = _keys(base, _distinct(ids), _distinct([*ids, fixes["customer_id"]]), key_seed)
    tables = {name: _as_stored(name, frame, keys) for name, frame in frames.items()}
    tables |= {name: with_known(name, tables[name], theirs, base) for name, theirs in unnamed.items()}
    tables["location_fixes"] = _as_stored("location_fixes", fixes.join(keys, on="customer_id", how="semi"), keys)
    for orphans in ("orphan_order_lines", "orphan_refunds"):
        name = ORPHANED[orphans]
        again = _marked(stored_table(base, orphans)).select([*STORED[name], *META])
        tables[name] = pl.concat([again, tables[name]]) if name in tables else again
    waiting = fixes.join(keys, on="customer_id", how="anti", maintain_order="left")
    filled = {name: rows for name, rows in tables.items() if rows.height}
    return Incoming(filled, waiting, every, silences(loaded), left_out, forgotten)


def _distinct(columns: Sequence[pl.Series]) -> pl.Series:
    """All ids of some columns, each once."""
    named = [column.drop_nulls().unique().rename("customer_id") for column in columns]
    return pl.concat([pl.Series("customer_id", dtype=pl.String), *named]).unique()


def _keys(
    base: Snapshot | None, ids: pl.Series, named: pl.Series, seed: int | None
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The keys of those whom a batch names, and all keys where new ones are among them.

    Args:
        base: the snapshot it is merged into.
        ids: customers who get a key when they have none.
        named: these, and others who may have one.
        seed: makes the keys of the demo repeatable.
    """
    known = pl.DataFrame(schema=STORED["customer_keys"])
    if base is not None:
        with storage_errors(base.folder / "customer_keys"):
            known = keys_of(base.scan("customer_keys"), named)
    fresh = ids.filter(~ids.is_in(known["customer_id"].implode()))
    if fresh.is_empty():
        return known, None
    before = stored_table(base, "customer_keys")
    added = new_keys(fresh, before, seed=seed)
    return pl.concat([known, added]), pl.concat([before, added])


def _marked(waited: pl.DataFrame) -> pl.DataFrame:
    """Rows that waited, as rows of the batch."""
    return waited.with_columns(
        _src=pl.lit(RELEASED, pl.Int32), is_derived=pl.lit(value=False), _seq=pl.int_range(pl.len(), dtype=pl.Int64)
    )


def _frames(loaded: Sequence[Loaded], run_prefix: str) -> dict[str, pl.DataFrame]:
    parts: dict[str, list[pl.DataFrame]] = {}
    offset = 1_000_000_000
    for index, one in enumerate(loaded):
        for name, frame in one.tables.items():
            if frame.is_empty():
                continue
            marked = frame.with_columns(
                _src=pl.lit(index, pl.Int32),
                _seq=pl.int_range(offset, offset + pl.len(), dtype=pl.Int64),
                is_derived=pl.col("_row").is_null(),
                source_run=pl.lit(f"{run_prefix}{index + 1:03d}"),
            )
            offset += frame.height
            parts.setdefault(name, []).append(_in_shape(marked, name))
    return {name: pl.concat(frames) for name, frames in parts.items()}


def _in_shape(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The canonical columns in order and with their types; a column the loader left out is empty."""
    kept = {"is_derived": pl.Boolean(), "source_run": pl.String(), "_src": pl.Int32()}
    kept |= {column: pl.Int64() for column in META if column != "_src"}
    have = set(frame.columns)
    return frame.select(
        [
            (pl.col(column).cast(kind) if column in have else pl.lit(None, kind).alias(column))
            for column, kind in (canonical_schema(name) | kept).items()
        ]
    ).with_columns(pl.col("_minor").fill_null(0))


def _as_stored(name: str, frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    frame = replace_ids(frame, keys)
    if name in FACTS and name != "order_lines":
        frame = frame.with_columns(month=month_of(frame["local_on"]))
    elif name == "order_lines":
        frame = frame.with_columns(month=pl.lit(None, pl.String))
    return frame.select([*STORED[name], *META])


def month_of(days: pl.Series) -> pl.Series:
    """``2026-11`` for each local day."""
    distinct = days.unique().drop_nulls()
    if distinct.is_empty():
        return pl.Series("month", [None] * days.len(), dtype=pl.String)
    return days.replace_strict(distinct, distinct.dt.strftime("%Y-%m"), return_dtype=pl.String).alias("month")
