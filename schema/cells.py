"""Text in CSV files that spreadsheet programs open: harmless there, and given back letter by letter.

A spreadsheet program runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` (in East Asian versions also with their
wide forms), even after blanks. One that expects semicolons or tabs splits a text at them, so that the signs behind a
separator or a line break begin a cell as well. Before each such sign stands one apostrophe; ``typed`` takes it away
again. Numbers are numbers: they are never touched.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_SIGNS: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_BLANK: Final = "[\\s\\x00\u200b\u2060\ufeff]"
_STARTS: Final = rf"^('*(?:{_BLANK}*{_SIGNS}|[\t\r\n]))"
_PARTS: Final = rf"([;|\t\r\n][\"\s]*)('*{_SIGNS})"


def inert(table: pl.DataFrame) -> pl.DataFrame:
    """The table with every text, and every heading, such that no spreadsheet program runs it."""
    text = pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    shown = table.with_columns(text.str.replace_all(_PARTS, "${1}'${2}").str.replace(_STARTS, "'${1}"))
    headings = pl.Series(table.columns, dtype=pl.String).to_frame("name")
    safe = headings.with_columns(
        pl.col("name").str.replace_all(_PARTS, "${1}'${2}").str.replace(_STARTS, "'${1}")
    ).to_series()
    return shown.rename(dict(zip(table.columns, safe, strict=True)))


def typed(text: str) -> str:
    """What a cell held before ``inert``."""
    text = re.sub(_STARTS.replace("^('*", "^'('*", 1), r"\1", text)
    return re.sub(_PARTS.replace("('*", "'('*", 1), r"\1\2", text)
