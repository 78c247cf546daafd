"""H3 cells as 64-bit integers: index a place once, then coarsen by arithmetic on the bits.

An index holds its resolution in bits 52 to 55 and, below them, fifteen digits of three bits each; a digit finer than
the resolution is 7. A parent is therefore the same number with another resolution and more sevens, which costs a
hundredth of indexing again.
"""

from __future__ import annotations

from typing import Final

import polars as pl
import polars_h3

from metrics.rules import require
from schema.errors import UsageError

FINEST: Final = 15
HOME_RESOLUTION: Final = 9
"""Resolution at which homes and stores are indexed."""

_RESOLUTION_AT: Final = 1 << 52
_RESOLUTION_BITS: Final = 15 << 52
_CELL_BIT: Final = 1 << 59
"""Begins every cell, and its resolution is next: of two cells the finer one is the larger number."""


def cell_of(frame: pl.DataFrame, lat: str, lng: str, resolution: int) -> pl.Series:
    """In which cell does each place lie?

    Args:
        frame: any table with two columns of WGS-84 degrees.
        lat: name of the latitudes.
        lng: name of the longitudes.
        resolution: 0 to 15.

    Returns:
        ``cell`` (Int64), a value a row; null where a coordinate is null, not a number or off the globe.

    Raises:
        ContractError: a column is missing.
        UsageError: there is no such resolution.
    """
    require(frame, "places", lat, lng)
    _check(resolution)
    y, x = pl.col(lat).cast(pl.Float64), pl.col(lng).cast(pl.Float64)
    usable = pl.when(y.is_between(-90, 90) & x.is_between(-180, 180))
    placed = frame.select(usable.then(y).alias("lat"), usable.then(x).alias("lng"))
    return placed.select(polars_h3.latlng_to_cell("lat", "lng", resolution, return_dtype=pl.Int64).alias("cell"))[
        "cell"
    ]


def parent(cell: pl.Expr, resolution: int) -> pl.Expr:
    """Which coarser cell holds this one? Null for a cell that is itself coarser than ``resolution``.

    Raises:
        UsageError: there is no such resolution.
    """
    _check(resolution)
    level = resolution * _RESOLUTION_AT
    sevens = (1 << 3 * (FINEST - resolution)) - 1
    coarser = (cell & ~_RESOLUTION_BITS) | (level | sevens)
    return pl.when(cell >= _CELL_BIT | level).then(coarser)


def cell_resolution(cell: pl.Expr) -> pl.Expr:
    """How fine is a cell? 0 (continents) to 15 (a square metre)."""
    return (cell & _RESOLUTION_BITS) // _RESOLUTION_AT


def cell_text(cell: int) -> str:
    """The cell as other H3 software writes it, such as ``8831aa5091fffff``."""
    return format(cell, "x")


def cell_hex(cell: pl.Expr) -> pl.Expr:
    """The cells as other H3 software, maps and exports write them."""
    text: pl.Expr = polars_h3.int_to_str(cell)
    return text


def cell_centre(frame: pl.DataFrame, column: str = "cell") -> pl.DataFrame:
    """Where is the middle of each cell?

    Args:
        frame: any table with a column of cells.
        column: its name.

    Returns:
        The table with ``lat`` and ``lng`` (WGS-84 degrees) of the middle of the cell; null where the cell is null.

    Raises:
        ContractError: the column is missing.
    """
    require(frame, "cells", column)
    cells = frame.select(column).unique()
    middle = cells.with_columns(polars_h3.cell_to_lat(column).alias("lat"), polars_h3.cell_to_lng(column).alias("lng"))
    return frame.drop("lat", "lng", strict=False).join(
        middle, on=column, how="left", nulls_equal=True, maintain_order="left"
    )


def cell_area_km2(cell: pl.Expr) -> pl.Expr:
    """How large is each cell really, in km²? Cells of one resolution differ by half between places."""
    area: pl.Expr = polars_h3.cell_area(cell, "km^2")
    return area


def _check(resolution: int) -> None:
    if resolution not in range(FINEST + 1):
        message = f"resolution {resolution} does not exist; choose one from 0 to {FINEST}."
        raise UsageError(message)
