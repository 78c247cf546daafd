"""One table as it stands in a source, before anything is decided about its meaning."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

BAD_ROWS_SCHEMA = {"_row": pl.Int64, "text": pl.String}


def no_bad_rows() -> pl.DataFrame:
    """An empty frame of rows that could not be split."""
    return pl.DataFrame(schema=BAD_ROWS_SCHEMA)


@dataclass(frozen=True, eq=False)
class RawTable:
    """One table exactly as written; nothing is guessed, dropped or renamed silently.

    Attributes:
        source: ``orders.csv``, ``book.xlsx#Sheet1``, ``bundle.zip/orders.csv``.
        frame: the rows. Text sources: every column String as written, empty cells null. Parquet, JSON and
            workbooks: the types that the format itself has; nested fields flattened with dots.
        encoding: ``utf-8``, ``utf-8-sig``, ``gb18030``, ``parquet``, ``xlsx``, …
        header: False when the columns are called ``column_1`` … because no header row was found or declared.
        notes: what a person should know, such as a last line that is cut off.
        bad_rows: rows that could not be split into the columns: ``_row`` (1 = first row below the header, good
            and bad rows counted together, blank lines not) and ``text``. Frame rows + bad rows = rows in.
    """

    source: str
    frame: pl.DataFrame
    encoding: str = ""
    header: bool = True
    notes: tuple[str, ...] = ()
    bad_rows: pl.DataFrame = field(default_factory=no_bad_rows)

    @property
    def row_numbers(self) -> pl.Series:
        """The ``_row`` of every row of ``frame``: counted from 1 below the header, bad rows leaving their gaps."""
        every = pl.Series("_row", range(1, self.frame.height + self.bad_rows.height + 1), dtype=pl.Int64)
        return every.filter(~every.is_in(self.bad_rows["_row"].implode()))
