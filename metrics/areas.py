"""Whose ground is each cell?"""

from __future__ import annotations

import polars as pl

from metrics.tiers import group_column


def dominance(customers: pl.DataFrame) -> pl.DataFrame:
    """Which store leads in each cell, by how much, and how many really share it?

    Args:
        customers: as ``metrics.tiers.store_customers`` returns them.

    Returns:
        One row per cell, most customers first: ``cell``, ``leader`` (the group with most customers; the smaller
        name among equals), ``dominance`` (its share of the cell's customers), ``effective_stores`` (1 ÷ Σ share²: 1
        when one has all, n when n share it evenly) and ``customers`` (a customer of two groups counts for both).

    Raises:
        ContractError: a required column is missing.
    """
    group = group_column(customers)
    counted = customers.group_by("cell", group).agg(pl.col("customer_key").n_unique().cast(pl.Int64).alias("n"))
    share = pl.col("n") / pl.col("n").sum()
    return (
        counted.sort("cell", "n", group, descending=[False, True, False])
        .group_by("cell", maintain_order=True)
        .agg(
            pl.col(group).first().alias("leader"),
            share.first().alias("dominance"),
            (1 / (share**2).sum()).alias("effective_stores"),
            pl.col("n").sum().alias("customers"),
        )
        .sort("customers", "cell", descending=[True, False])
    )
