"""How much do two stores or agents draw on the same ground (T10)?

Four measures that are often confused, side by side. The headline is the *overlap index*: Σ over cells of the smaller
of the two shares of demand. *Jaccard* and ``a_in_b`` compare the trade areas by true cell area, ``customers_b_in_ta_a``
counts people in them, and ``shared_buyers`` counts those who bought at both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from metrics.cells import cell_area_km2
from metrics.rules import require, share
from metrics.tiers import group_column, trade_area

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    _Floats = NDArray[np.float64]
    _Ints = NDArray[np.int64]

_BLOCK: Final = 512  # cells whose shares are compared at once


def overlap_index(a: pl.DataFrame, b: pl.DataFrame) -> float | None:
    """How much of the demand of two stores lies in the same cells? 0 is none of it, 1 is all.

    Args:
        a: ``cell, share`` of one store; shares sum to 1.
        b: the same of the other.

    Returns:
        Σ over cells of the smaller share; None when either has no cells.

    Raises:
        ContractError: a required column is missing.
    """
    require(a, "a", "cell", "share")
    require(b, "b", "cell", "share")
    if a.is_empty() or b.is_empty():
        return None
    both = a.join(b.select("cell", pl.col("share").alias("share_b")), on="cell", how="inner").sort("cell")
    return float(both.select(pl.min_horizontal("share", "share_b").sum()).item())


def overlap_matrix(
    customers: pl.DataFrame, places: pl.DataFrame, *, by: str = "store_id", only_touching: bool = False
) -> pl.DataFrame:
    """Who collides with whom, and how?

    Args:
        customers: as ``metrics.tiers.store_customers`` returns them, at one resolution.
        places: ``Places``, for the trade areas.
        by: the column of ``places`` that ``group`` stands for, when the customers' column is called so.
        only_touching: leave out pairs that share neither a cell nor a buyer; thousands of stores have millions.

    Returns:
        One row per *ordered* pair of different groups, highest index first: ``a, b``; ``overlap_index`` (symmetric);
        ``jaccard`` (shared ÷ joint trade area), ``a_in_b`` and ``b_in_a`` (share of that one's trade area inside the
        other's); ``customers_b_in_ta_a`` (share of b's located customers who live in the trade area of a);
        ``shared_buyers`` (bought at both ÷ bought at a); ``n_a, n_b`` (located customers). Fewer than two groups
        give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    group = group_column(customers)
    area = trade_area(customers, places, by=by)
    table = _Counts.of(customers, area, group)
    size = len(table.groups)
    index = _shared_demand(table)
    common = _product(table.in_area.multiply(table.km2[None, :]).tocsr(), table.in_area)
    whole = np.diag(common)
    inside = _product(table.in_area, table.customers)
    both = _product(table.bought, table.bought)
    wanted = (index > 0) | (both > 0) if only_touching else np.ones((size, size), dtype=np.bool_)
    left, right = np.nonzero(wanted & ~np.eye(size, dtype=np.bool_))
    n = table.totals
    joint = whole[left] + whole[right] - common[left, right]
    return pl.DataFrame(
        {
            "a": table.groups.gather(pl.Series(left)),
            "b": table.groups.gather(pl.Series(right)),
            "overlap_index": index[left, right],
            "jaccard": common[left, right] / joint,
            "a_in_b": common[left, right] / whole[left],
            "b_in_a": common[left, right] / whole[right],
            "customers_b_in_ta_a": inside[left, right] / n[right],
            "shared_buyers": both[left, right] / n[left],
            "n_a": n[left].astype(np.int64),
            "n_b": n[right].astype(np.int64),
        }
    ).sort("overlap_index", "a", "b", descending=[True, False, False])


def shared_cells(customers: pl.DataFrame, a: str, b: str) -> pl.DataFrame:
    """Where do two stores meet?

    Args:
        customers: as ``metrics.tiers.store_customers`` returns them.
        a: one group.
        b: the other.

    Returns:
        One row per cell of either, most shared demand first: ``cell, share_a, share_b, customers_a, customers_b``,
        ``both`` (customers there who bought at both) and ``shared`` (the smaller share; its sum is the overlap
        index). A group without located customers gives null shares.

    Raises:
        ContractError: a required column is missing.
    """
    group = group_column(customers)
    rows = customers.filter(pl.col(group).is_in([a, b]))
    is_a, is_b = (pl.col(group) == a).any(), (pl.col(group) == b).any()
    people = rows.group_by("customer_key", "cell").agg(is_a.alias("is_a"), is_b.alias("is_b"))
    cells = people.group_by("cell").agg(
        pl.col("is_a").sum().cast(pl.Int64).alias("customers_a"),
        pl.col("is_b").sum().cast(pl.Int64).alias("customers_b"),
        (pl.col("is_a") & pl.col("is_b")).sum().cast(pl.Int64).alias("both"),
    )
    share_a, share_b = (share(pl.col(name), pl.col(name).sum()) for name in ("customers_a", "customers_b"))
    return (
        cells.with_columns(share_a=share_a, share_b=share_b)
        .with_columns(shared=pl.min_horizontal("share_a", "share_b"))
        .select("cell", "share_a", "share_b", "customers_a", "customers_b", "both", "shared")
        .sort("shared", "cell", descending=[True, False])
    )


def area_overlap(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """How do two areas compare, in the four ratios known from geographic information systems?

    Args:
        a: ``cell`` of one area, at one resolution.
        b: ``cell`` of the other, at the same resolution.

    Returns:
        One row of ratios of true area: ``a1`` = A ÷ B, ``a2`` = shared ÷ joint, ``a3`` = shared ÷ A, ``a4`` = shared
        ÷ B; null where the divisor is empty.

    Raises:
        ContractError: the column is missing.
    """
    require(a, "a", "cell")
    require(b, "b", "cell")
    mine, theirs = a.select(pl.col("cell").unique()), b.select(pl.col("cell").unique())
    size_a, size_b, common = (
        pl.lit(cells.select(cell_area_km2(pl.col("cell")).sum()).item(), pl.Float64)
        for cells in (mine, theirs, mine.join(theirs, on="cell", how="semi"))
    )
    return pl.select(
        share(size_a, size_b).alias("a1"),
        share(common, size_a + size_b - common).alias("a2"),
        share(common, size_a).alias("a3"),
        share(common, size_b).alias("a4"),
    )


class _Counts(NamedTuple):
    """The customers as sparse matrices: rows are groups in the order of their names, columns cells or people."""

    groups: pl.Series
    km2: _Floats
    customers: sparse.csr_matrix
    in_area: sparse.csr_matrix
    bought: sparse.csr_matrix
    totals: _Floats

    @classmethod
    def of(cls, customers: pl.DataFrame, area: pl.DataFrame, group: str) -> _Counts:
        from scipy import sparse  # noqa: PLC0415  (scipy loads with the first question that needs it)

        groups = area[group].unique().sort()
        cells = area["cell"].unique().sort()
        row, column = _places_in(area[group], groups), _places_in(area["cell"], cells)
        shape = (len(groups), len(cells))
        counts = sparse.csr_matrix((area["customers"].cast(pl.Float64).to_numpy(), (row, column)), shape=shape)
        kept = (area["tier"] != "fringe").to_numpy()
        in_area = sparse.csr_matrix((np.ones(int(kept.sum())), (row[kept], column[kept])), shape=shape)
        pairs = customers.select(group, "customer_key").unique()
        people = pairs["customer_key"].unique().sort()
        where = (_places_in(pairs[group], groups), _places_in(pairs["customer_key"], people))
        bought = sparse.csr_matrix((np.ones(len(pairs)), where), shape=(len(groups), len(people)))
        km2 = cells.to_frame().select(cell_area_km2(pl.col("cell"))).to_series().to_numpy()
        return cls(groups, km2, counts, in_area, bought, np.asarray(counts.sum(axis=1)).ravel())


def _places_in(values: pl.Series, ordered: pl.Series) -> _Ints:
    places: _Ints = ordered.search_sorted(values).to_numpy().astype(np.int64)
    return places


def _product(left: sparse.csr_matrix, right: sparse.csr_matrix) -> _Floats:
    dense: _Floats = (left @ right.T).toarray()
    return dense


def _shared_demand(table: _Counts) -> _Floats:
    """Σ min(share, share) of every pair, each once, so that it is symmetric.

    Cells sorted by number lie near each other, so a block of them concerns few of many stores.
    """
    from scipy import sparse  # noqa: PLC0415  (scipy loads with the first question that needs it)

    size, cells = table.customers.shape
    shares = (sparse.diags(1.0 / table.totals) @ table.customers).tocsc()
    upper = np.zeros((size, size))
    for start in range(0, cells, _BLOCK):
        block = shares[:, start : start + _BLOCK].T.toarray()
        present = np.flatnonzero(block.any(axis=0))
        block = np.ascontiguousarray(block[:, present])
        for row in range(len(present) - 1):
            here = np.flatnonzero(block[:, row])
            smaller = np.minimum(block[here, row + 1 :], block[here, row, None])
            upper[present[row], present[row + 1 :]] += smaller.sum(axis=0)
    both: _Floats = np.clip(upper + upper.T, 0.0, 1.0)
    return both
