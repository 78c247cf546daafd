"""A mart's columns as its contract has them."""

from __future__ import annotations

import polars as pl

from schema.marts import MARTS


def empty_mart(name: str) -> pl.DataFrame:
    """A mart without rows."""
    return pl.DataFrame(schema={column: rule.dtype for column, rule in MARTS[name].columns().items()})


def in_contract(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The mart's columns in the order and with the types of its contract."""
    return frame.select([pl.col(c).cast(rule.dtype) for c, rule in MARTS[name].columns().items()])
