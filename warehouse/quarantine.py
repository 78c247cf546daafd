"""Rows that were set aside: kept with their reason, each once, until their parent comes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from schema.codes import CODES
from schema.language import later
from warehouse.forget_text import emptied, names_marked
from warehouse.layout import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loaders.load import Loaded
    from warehouse.batch import Outcome
    from warehouse.forgotten import Forgotten

_REASONS = {
    "E03": later("the id is known with another body; events and refunds never change"),
    "E04": later("its order or customer is not known yet; it is tried again at each import"),
}
_NOT_SHOWN = ("_src", "_seq", "_row", "_minor", "verdict", "code", "is_derived", "source_run", "month")


def next_quarantine(
    stored: pl.DataFrame, loaded: Sequence[Loaded], outcome: Outcome, *, run_prefix: str, forgotten: Forgotten
) -> pl.DataFrame:
    """The quarantine after a batch: what was there and not released, and each newly set aside row once.

    Args:
        stored: the quarantine so far.
        loaded: what the loaders gave, with their own set-aside rows.
        outcome: what the batch rejected and released.
        run_prefix: how the runs of this batch are called.
        forgotten: whose rows are kept without their content.
    """
    parts = [_from_loader(one, f"{run_prefix}{index + 1:03d}") for index, one in enumerate(loaded)]
    for table, rows in outcome.rejected.items():
        parts.append(_from_merge(rows.filter(pl.col("_src") >= 0), table.removeprefix("orphan_"), loaded))
    parts = [_without_content(part, forgotten) for part in parts]
    stamped = [part.with_columns(set_aside_at=pl.lit(dt.datetime.now(dt.UTC))) for part in parts if part.height]
    kept = _without_released(stored, outcome)
    every = pl.concat([kept, *[part.select([pl.col(c).cast(t) for c, t in QUARANTINE.items()]) for part in stamped]])
    return every.unique("quarantine_id", keep="first", maintain_order=True)


def _without_content(rows: pl.DataFrame, forgotten: Forgotten) -> pl.DataFrame:
    if not forgotten.marks or rows.is_empty():
        return rows
    return emptied(rows, names_marked(rows["payload"], forgotten.among) | names_marked(rows["value"], forgotten.among))


def _without_released(stored: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
    for freed in outcome.released_rows:
        keys = freed.select("source_run", "table", row="_row", code=pl.lit("E04"))
        stored = stored.join(keys, on=["source_run", "table", "row", "code"], how="anti", maintain_order="left")
    return stored


def _from_loader(one: Loaded, run: str) -> pl.DataFrame:
    rows = one.quarantine
    if rows.is_empty():
        return pl.DataFrame(schema=QUARANTINE)
    names = {"_row": "row", "_minor": "minor"}
    rows = rows.rename({old: new for old, new in names.items() if old in rows.columns and new not in rows.columns})
    have = set(rows.columns)
    shaped = rows.select(
        [
            pl.col(c).cast(t, strict=False) if c in have else pl.lit(None, t).alias(c)
            for c, t in QUARANTINE.items()
            if c not in {"quarantine_id", "source_run", "set_aside_at", "source", "table"}
        ]
    ).with_columns(source=pl.lit(one.source), table=pl.lit(one.shape), source_run=pl.lit(run))
    return _with_id(shaped)


def _from_merge(rows: pl.DataFrame, table: str, loaded: Sequence[Loaded]) -> pl.DataFrame:
    names = dict(enumerate(one.source for one in loaded))
    body = [c for c in rows.columns if c not in _NOT_SHOWN and c != "_has"]
    shaped = rows.select(
        source=pl.col("_src").replace_strict(names, return_dtype=pl.String),
        row=pl.col("_row"),
        code=pl.col("code"),
        column=pl.lit("order_id" if table in {"order_lines", "refunds"} else "customer_id"),
        message=pl.col("code").replace_strict(_REASONS, return_dtype=pl.String),
        value=pl.lit(None, pl.String),
        remedy=pl.col("code").replace_strict({code: CODES[code][1] for code in _REASONS}, return_dtype=pl.String),
        payload=pl.struct(body).struct.json_encode(),
        minor=pl.col("_minor"),
        table=pl.lit(table),
        source_run=pl.col("source_run"),
    )
    return _with_id(shaped)


def clashing_events(events: pl.DataFrame, sources: Mapping[str, str], at: dt.datetime) -> pl.DataFrame:
    """Stored events whose id names another one (E03), as rows of the quarantine.

    Args:
        events: stored events; of their rows in the file only what they said is known any more.
        sources: source run → what the source is called.
        at: when they were set aside.
    """
    body = [c for c in events.columns if c not in _NOT_SHOWN and c != "customer_key"]
    rows = events.select(
        source=pl.col("source_run").replace_strict(sources, return_dtype=pl.String),
        row=pl.lit(None, pl.Int64),
        code=pl.lit("E03"),
        column=pl.lit("event_id"),
        message=pl.lit(_REASONS["E03"]),
        value=pl.col("event_id"),
        remedy=pl.lit(CODES["E03"][1]),
        payload=pl.struct(body).struct.json_encode(),
        minor=pl.lit(0, pl.Int64),
        table=pl.lit("events"),
        source_run=pl.col("source_run"),
        set_aside_at=pl.lit(at),
    )
    return _with_id(rows).select([pl.col(c).cast(t) for c, t in QUARANTINE.items()])


def _with_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows named by what they say, whatever file they came in; identical rows of one file are counted apart."""
    parts = [pl.col(c).cast(pl.String).fill_null("") for c in ("table", "code", "column", "payload")]
    rows = rows.with_columns(_joined=pl.concat_str(parts, separator="\x1f"))
    number = pl.int_range(pl.len()).over("source_run", "_joined").cast(pl.String)
    rows = rows.with_columns(_joined=pl.concat_str("_joined", number, separator="\x1f"))
    return rows.select(pl.exclude("_joined"), quarantine_id=plh.col("_joined").nchash.xxh3_128().cast(pl.String))
