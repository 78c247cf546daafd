"""Who was forgotten stays so: their rows in later files are left out, and what the books know of them keeps its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.secret import hash_key, keyed_hash
from schema.settings import data_home
from warehouse.forget_text import holds_any
from warehouse.layout import PRIMARY_KEY, STORED
from warehouse.storage import write_parquet_synced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema.settings import DataMode
    from warehouse.snapshots import Snapshot

_LEFT: Final = "forgotten.parquet"
_KIND: Final = "customer"
_KEPT: Final[dict[str, tuple[str, ...]]] = {
    "orders": ("customer_key",),
    "refunds": ("customer_key",),
    "events": ("customer_key", "anon_id", "session_id"),
}
"""What a known row of a fact keeps: these are the columns in which somebody who was forgotten was named."""


def mark_of(customer_id: str) -> str:
    """What is kept of somebody who was forgotten: a keyed hash of the id, which leads back to nobody."""
    return keyed_hash(hash_key(), _KIND, customer_id)


@dataclass(frozen=True)
class Forgotten:
    """The marks of those who were forgotten."""

    marks: frozenset[str]

    @classmethod
    def of(cls, base: Snapshot | None, mode: DataMode) -> Forgotten:
        """Those whom a snapshot knows to be forgotten; before the first, those known before a reset."""
        return cls(frozenset(forgotten_rows(base, mode)["mark"]))

    def among(self, ids: pl.Series) -> pl.Series:
        """Which of these ids are of somebody who was forgotten?"""
        distinct = ids.drop_nulls().unique() if self.marks else ids.clear()
        key = hash_key() if distinct.len() else b""
        found = [one for one in distinct if keyed_hash(key, _KIND, one) in self.marks]
        return ids.is_in(found).fill_null(value=False)


def forgotten_rows(base: Snapshot | None, mode: DataMode) -> pl.DataFrame:
    """The stored marks; before the first snapshot those that a reset left."""
    if base is not None and (base.number or base.rows.get("forgotten")):
        return base.read("forgotten") if base.rows.get("forgotten") else pl.DataFrame(schema=STORED["forgotten"])
    left = data_home(mode) / _LEFT
    return pl.read_parquet(left) if left.is_file() else pl.DataFrame(schema=STORED["forgotten"])


def keep_marks(base: Snapshot | None, mode: DataMode) -> None:
    """Before a reset: put the marks beside the tables, so that nobody comes back by loading the same files anew."""
    marks = forgotten_rows(base, mode)
    if marks.is_empty():
        return
    draft = data_home(mode) / f"{_LEFT}.part"
    draft.unlink(missing_ok=True)
    write_parquet_synced(marks, draft)
    draft.replace(data_home(mode) / _LEFT)


def leave_out(
    frames: Mapping[str, pl.DataFrame], forgotten: Forgotten
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, dict[str, pl.Series]]:
    """Rows of one batch without those who were forgotten.

    Args:
        frames: canonical tables as stacked, with ``customer_id``.
        forgotten: who was forgotten.

    Returns:
        The tables: facts keep all rows, without the id, and events that are theirs without a device too; of customers,
        identities and fixes the rows of those people are gone. Then the rows that were left out, and fact → which of its
        rows were about somebody forgotten.
    """
    if not forgotten.marks:
        return dict(frames), pl.DataFrame(), {}
    kept, out, named = {}, [], {}
    for name, frame in frames.items():
        kept[name] = frame
        if "customer_id" not in frame.columns:
            continue
        theirs = forgotten.among(frame["customer_id"])
        if not theirs.any():
            continue
        if name in _KEPT:
            nobodys = theirs | _before_sign_in(frame, theirs) if name == "events" else theirs
            kept[name], named[name] = _unnamed(frame, theirs, nobodys), nobodys
        else:
            kept[name] = frame.filter(~theirs)
            out.append(frame.filter(theirs).select("_src", "_row", "_minor"))
    return kept, pl.concat(out) if out else pl.DataFrame(), named


def _before_sign_in(events: pl.DataFrame, theirs: pl.Series) -> pl.Series:
    """Which events name nobody, on a device and a day on which somebody who was forgotten signed in?

    Without their id, whoever signs in on that device next would be given what they did.
    """
    devices = events.filter(theirs).select("anon_id", "local_on").drop_nulls().unique()
    asked = events.select("anon_id", "local_on", nameless=pl.col("customer_id").is_null())
    found = asked.join(devices.with_columns(_there=pl.lit(value=True)), on=["anon_id", "local_on"], how="left",
                       maintain_order="left")  # fmt: skip
    return found["_there"].fill_null(value=False) & found["nameless"]


def _unnamed(frame: pl.DataFrame, theirs: pl.Series, nobodys: pl.Series) -> pl.DataFrame:
    """The same rows without the id, also where it serves as the id of a device or a session; ``nobodys`` name none."""
    ids = frame.filter(theirs)["customer_id"].unique()
    others = [c for c in ("anon_id", "session_id") if c in frame.columns]
    nothing = pl.lit(None, pl.String)
    return frame.with_columns(
        pl.when(~theirs).then("customer_id").alias("customer_id"),
        *[
            pl.when(holds_any(c, ids).fill_null(value=False) | nobodys).then(nothing).otherwise(pl.col(c)).alias(c)
            for c in others
        ],
    )


def with_known(name: str, rows: pl.DataFrame, theirs: pl.Series, base: Snapshot | None) -> pl.DataFrame:
    """Rows of a fact as they are stored: one that is known keeps the key, so that money stays whose it was.

    Args:
        name: the fact.
        rows: its incoming rows, with ``customer_key``.
        theirs: which of them were about somebody who was forgotten.
        base: what is stored.
    """
    if base is None or not base.rows.get(name):
        return rows
    keys, columns = list(PRIMARY_KEY[name]), _KEPT[name]
    asked = rows.filter(theirs).select(keys).unique()
    stored = base.scan(name).select(*keys, *[pl.col(c).alias(f"_{c}") for c in columns])
    known = stored.join(asked.lazy(), on=keys, how="semi").collect()
    told = rows.with_columns(_theirs=theirs).join(
        known.with_columns(_known=pl.lit(value=True)), on=keys, how="left", maintain_order="left"
    )
    was = pl.col("_theirs") & pl.col("_known").fill_null(value=False)
    told = told.with_columns([pl.when(was).then(pl.col(f"_{c}")).otherwise(pl.col(c)).alias(c) for c in columns])
    return told.select(rows.columns)


def forgotten_notes(left_out: pl.DataFrame) -> dict[int, str]:
    """What to tell of rows that were left out, by source of the batch."""
    if left_out.is_empty():
        return {}
    counts = left_out.filter(pl.col("_row").is_not_null()).group_by("_src").agg(pl.len()).sort("_src")
    return {
        src: f"forgotten {rows:,}: {'the row is' if rows == 1 else 'rows'} about people who were forgotten, and left out."
        for src, rows in counts.iter_rows()
    }
