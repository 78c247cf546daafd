"""Read any supported file into raw tables: the one door through which foreign files come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loaders.table import RawTable
from schema.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RawTable", "read_tables"]


def read_tables(
    path: Path,
    *,
    name: str = "",
    header: bool | None = None,
    sheet: str = "",  # noqa: ARG001
    limit: int | None = None,
) -> list[RawTable]:
    """Which tables does this file or folder hold?"""
    try:
        frame = pl.read_csv(path, infer_schema=False, has_header=header is not False, n_rows=limit)
    except (pl.exceptions.PolarsError, OSError) as error:
        msg = f"{name or path.name}: cannot be read ({error})."
        raise SourceError(msg) from error
    return [RawTable(name or path.name, frame, "utf-8")]
