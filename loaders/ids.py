"""Ids as sources write them, and stable ids for rows that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import polars_hash as plh

if TYPE_CHECKING:
    from collections.abc import Sequence

BLANKS: Final = ("", "NULL", "null", "NaN", "nan", "None", "N/A", "#N/A", "\\N", "<NA>")
"""What programs write where there is no value."""


def clean_text(values: pl.Series) -> pl.Series:
    """Any column as text without blanks around it; programs' words for nothing become null."""
    texts = values if values.dtype == pl.String else _as_text(values)
    texts = texts.str.strip_chars()
    blank = texts.is_in(list(BLANKS))
    return texts.set(blank, None) if blank.any() else texts


def clean_ids(values: pl.Series) -> pl.Series:
    """Ids as text: ``266079.0`` is ``266079`` when the whole column is like that; leading zeros stay."""
    texts = clean_text(values)
    if not texts.is_empty() and texts.str.ends_with(".0").all() and texts.null_count() < len(texts):
        whole = texts.drop_nulls().str.contains(r"^-?\d+\.0$").all()
        return texts.str.head(-2) if whole else texts
    return texts


def _as_text(values: pl.Series) -> pl.Series:
    if values.dtype.is_float() and bool((values == values.floor()).all()) and bool((values.abs() < 2**53).all()):
        return values.cast(pl.Int64).cast(pl.String)
    if values.dtype.is_nested():
        return pl.Series(values.name, [None if v is None else str(v) for v in values.to_list()], dtype=pl.String)
    if values.dtype == pl.Binary:
        return values.cast(pl.String, strict=False)
    return values.cast(pl.String)


def row_ids(parts: Sequence[pl.Series | str], *, one_each: bool = True) -> pl.Series:
    """A stable id for each row from its natural columns and its occurrence among identical rows of this file.

    The same rows get the same ids on every machine and in every version, in any order of import.

    Args:
        parts: the natural columns, in a fixed order; a plain text counts for every row.
        one_each: False gives identical rows one id: they are parts of one thing.
    """
    columns = {f"p{n}": part if isinstance(part, str) else _hashable(part) for n, part in enumerate(parts)}
    frame = pl.DataFrame({name: part for name, part in columns.items() if isinstance(part, pl.Series)})
    texts = [
        pl.lit(part) if isinstance(part, str) else pl.col(name).fill_null("\x00") for name, part in columns.items()
    ]
    joined = frame.select(pl.concat_str(texts, separator="\x1f").alias("joined"))
    hashed = joined.select(_hash("joined"))["id"]
    again = hashed.is_duplicated()
    if not one_each or not again.any():
        return hashed.cast(pl.String)
    repeated = pl.DataFrame({"id": hashed, "joined": joined["joined"], "again": again}).with_row_index("at")
    repeated = repeated.filter("again").with_columns(pl.int_range(pl.len()).over("id").alias("turn"))
    later = repeated.filter(pl.col("turn") > 0).with_columns(
        pl.concat_str("joined", pl.lit("\x1e"), pl.col("turn").cast(pl.String)).alias("joined")
    )
    return hashed.scatter(later["at"], later.select(_hash("joined"))["id"]).cast(pl.String)


def ids_at_turn(parts: Sequence[pl.Series | str], turns: pl.Series) -> pl.Series:
    """The ids that ``row_ids`` gives to rows that are the ``turns``-th (from 0) of their like in a file."""
    columns = {f"p{n}": part if isinstance(part, str) else _hashable(part) for n, part in enumerate(parts)}
    frame = pl.DataFrame({name: part for name, part in columns.items() if isinstance(part, pl.Series)})
    texts = [
        pl.lit(part) if isinstance(part, str) else pl.col(name).fill_null("\x00") for name, part in columns.items()
    ]
    joined = frame.select(pl.concat_str(texts, separator="\x1f").alias("joined")).with_columns(turns.alias("turn"))
    later = pl.concat_str("joined", pl.lit("\x1e"), pl.col("turn").cast(pl.String))
    named = joined.select(pl.when(pl.col("turn") > 0).then(later).otherwise("joined").alias("joined"))
    return named.select(_hash("joined"))["id"].cast(pl.String)


def _hash(column: str) -> pl.Expr:
    return plh.col(column).nchash.xxh3_128().alias("id")


def _hashable(part: pl.Series) -> pl.Series:
    if part.dtype == pl.String:
        return part
    if isinstance(part.dtype, pl.Datetime):
        return part.dt.epoch("us").cast(pl.String)
    return part.cast(pl.String)
