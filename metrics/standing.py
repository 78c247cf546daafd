"""How many stand at an instant, told from when each began and ended: two binary searches an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts at any instant. ``gains`` and ``losses`` are instants in order, microseconds since 1970 (UTC)."""

    gains: NDArray[np.int64]
    losses: NDArray[np.int64]

    @classmethod
    def of(cls, stretches: Sequence[pl.DataFrame], *, less: Sequence[pl.DataFrame] = ()) -> Standing:
        """From tables with ``since`` and ``until`` (null: still), UTC; those of ``less`` are taken away.

        A stretch holds at its first instant and no longer at its last; one without a beginning, or that ends
        before it begins, holds never.

        Raises:
            ContractError: a column is missing.
        """
        gains, losses = _edges(stretches)
        fewer, more = _edges(less)
        return cls(np.sort(np.concatenate([gains, more])), np.sort(np.concatenate([losses, fewer])))

    def at(self, instant: dt.datetime) -> int:
        """How many hold at an instant with a zone."""
        moment = int(pl.Series([instant]).dt.convert_time_zone("UTC").dt.epoch("us")[0])
        return int(np.searchsorted(self.gains, moment, "right") - np.searchsorted(self.losses, moment, "right"))


def _edges(stretches: Sequence[pl.DataFrame]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    since, until = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for table in stretches:
        require(table, "stretches", "since", "until")
        real = table.filter(
            pl.col("since").is_not_null() & (pl.col("until").is_null() | (pl.col("until") > pl.col("since")))
        )
        since.append(real["since"].dt.epoch("us").to_numpy())
        until.append(real["until"].drop_nulls().dt.epoch("us").to_numpy())
    return np.concatenate(since), np.concatenate(until)
