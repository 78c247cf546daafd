"""Who lives in which cell, as numbers: kept for all people, so that those of any choice of them are a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.cells import parent
from metrics.rules import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HomeCells:
    """The home of each row of ``People``, at one resolution; 4 bytes each.

    Attributes:
        place: number of the cell; ``cells.len()`` of staff, and where the home is not known well enough.
        cells: the cells, smallest first.
    """

    place: NDArray[np.int32]
    cells: pl.Series

    @classmethod
    def of(cls, people: pl.DataFrame, resolution: int) -> HomeCells:
        """Where does each of them live, as ``tiers.located`` tells it?

        Args:
            people: ``People``, each customer once.
            resolution: of the cells.

        Raises:
            ContractError: a required column is missing.
        """
        require(people, "people", "home_cell", "is_staff")
        cell = people.select(pl.when(~pl.col("is_staff")).then(parent(pl.col("home_cell"), resolution))).to_series()
        cells = cell.drop_nulls().unique().sort()
        known = np.searchsorted(cells.to_numpy(), cell.fill_null(0).to_numpy()).astype(np.int32)
        known[cell.is_null().to_numpy()] = cells.len()
        return cls(known, cells)

    def counted(self, chosen: Flags | None = None) -> pl.DataFrame:
        """Where do customers live? As ``catchment.customers_by_cell`` of these rows.

        Args:
            chosen: whether a row counts; None is all.

        Returns:
            One row per cell, most customers first: ``cell, customers``.
        """
        place = self.place if chosen is None else self.place[chosen]
        counts = pl.Series("customers", np.bincount(place, minlength=self.cells.len() + 1)[:-1], dtype=pl.Int64)
        table = pl.DataFrame([self.cells.alias("cell"), counts]).filter(pl.col("customers") > 0)
        return table.sort("customers", "cell", descending=[True, False])
