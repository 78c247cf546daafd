"""The large marts as they lie in memory: text as numbers (``schema.coding``), read and coded a file at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from schema.coding import ALWAYS, kind_of, text_columns
from schema.marts import MARTS
from schema.tables import CHANNELS, MODELS
from warehouse.layout import ADDED
from warehouse.mart_contract import empty_mart, in_contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "channel": CHANNELS,
    "model": MODELS,
    "type": ("cart", "share", "scan"),
    "evidence": ("measured", "pings", "gap", "unknown"),
}
"""Kinds of which every value is known before a file is read; one that is not is found when it is."""

_DESCRIBED: Final = ("product_id", "category", "store_id", "agent_id", "city")
"""Kinds whose values the places and the catalogue name."""


class Words:
    """The values of text columns by their kind, and the type that numbers them in the order of text."""

    def __init__(self) -> None:
        """Know what every type must know."""
        self._values: dict[str, set[str]] = {kind: set(words) for kind, words in ALWAYS.items()}
        self._types: dict[str, pl.Enum] = {}

    def add(self, kind: str, values: Iterable[str | None]) -> None:
        """Know these values too; None is no value."""
        held = self._values.setdefault(kind, set())
        fresh = {value for value in values if value is not None} - held
        if fresh:
            held |= fresh
            self._types.pop(kind, None)

    def add_all(self, mart: str, rows: pl.DataFrame) -> None:
        """Know every value of a mart's text columns."""
        for column in text_columns(mart):
            self.add(kind_of(column), rows[column].unique().cast(pl.String))

    def types(self, mart: str) -> dict[str, pl.Enum]:
        """The types of a mart's text columns."""
        return {column: self._type(kind_of(column)) for column in text_columns(mart)}

    def _type(self, kind: str) -> pl.Enum:
        if kind not in self._types:
            self._types[kind] = pl.Enum(sorted(self._values.get(kind, ())))
        return self._types[kind]


def read_coded(
    files: Mapping[str, Sequence[Path]],
    places: pl.DataFrame,
    goods: pl.DataFrame,
    rows: Mapping[str, pl.DataFrame] | None = None,
) -> dict[str, pl.DataFrame]:
    """Marts from their files, never more than one file of them as text.

    Args:
        files: mart → its files in the order of their rows.
        places: ``Places`` of the same snapshot.
        goods: ``Goods`` of it.
        rows: marts that lie in memory already, to be coded with the same types.

    Raises:
        polars.exceptions.ColumnNotFoundError: a file lacks a column of the contract.
    """
    words = Words()
    for kind, values in _KNOWN.items():
        words.add(kind, values)
    for frame in (places, goods):
        for column in frame.columns:
            if column in _DESCRIBED:
                words.add(column, frame[column].unique())
    for mart, frame in (rows or {}).items():
        words.add_all(mart, frame)
    for mart, paths in files.items():
        _learn(words, paths, [c for c in text_columns(mart) if kind_of(c) not in {*_KNOWN, *_DESCRIBED}])
    parts = {mart: [in_contract(mart, frame)] for mart, frame in (rows or {}).items()}
    parts |= {mart: [_read(path, mart, paths, words) for path in paths] for mart, paths in files.items()}
    return {mart: _together(mart, frames, words) for mart, frames in parts.items()}


def _read(path: Path, mart: str, paths: Sequence[Path], words: Words) -> pl.DataFrame:
    """One file, coded in batches; a value that nothing foretold is looked for in all files of the mart at once."""
    try:
        return _coded(path, mart, words)
    except pl.exceptions.InvalidOperationError:
        _learn(words, paths, text_columns(mart))
        return _coded(path, mart, words)


def _coded(path: Path, mart: str, words: Words) -> pl.DataFrame:
    kinds = {column: rule.dtype for column, rule in MARTS[mart].columns().items()} | words.types(mart)
    rows = pl.scan_parquet(path)
    older = [column for column in ADDED if column in kinds and column not in rows.collect_schema()]
    rows = rows.with_columns([pl.lit(value=False).alias(column) for column in older])
    rows = rows.select([pl.col(column).cast(kind) for column, kind in kinds.items()])
    return rows.collect(engine="streaming")  # in pieces: put together, they would lie in memory twice


def _learn(words: Words, paths: Sequence[Path], columns: Iterable[str]) -> None:
    for column in columns if paths else ():
        found = pl.scan_parquet(list(paths)).select(pl.col(column).cast(pl.String).unique())
        words.add(kind_of(column), found.collect(engine="streaming").to_series())


def _together(mart: str, parts: Sequence[pl.DataFrame], words: Words) -> pl.DataFrame:
    """The rows of all files; not in one piece, or they would lie in memory twice."""
    kinds = words.types(mart)
    if not parts:
        return empty_mart(mart).cast(kinds)  # type: ignore[arg-type]
    return pl.concat([part if _is_of(part, kinds) else part.cast(kinds) for part in parts])  # type: ignore[arg-type]


def _is_of(part: pl.DataFrame, kinds: Mapping[str, pl.Enum]) -> bool:
    return all(part.schema[column] == kind for column, kind in kinds.items())


def coded(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Marts whose types know the values of these very rows and no others.

    Args:
        frames: mart → its rows, as text or coded otherwise. What is not in them cannot be read off their types.
    """
    words = Words()
    for mart, rows in frames.items():
        words.add_all(mart, rows)
    return {mart: rows.cast(words.types(mart)) for mart, rows in frames.items()}  # type: ignore[arg-type]
