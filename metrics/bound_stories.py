"""Whose bindings tell the most? Customers to look at first."""

from __future__ import annotations

import polars as pl

from metrics.rules import require

_NEAR_M = 500.0
"""Two stores so close to each other in distance make a choice worth explaining."""
_FEW = 12
"""A story of more claims than these is long to read."""


def worth_a_look(spells: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Which customers show why the rules are as they are?

    Args:
        spells: ``Bindings``.
        attempts: ``Attempts`` on the same customers.

    Returns:
        One row per customer with a spell, best first: ``customer_key``. First those with a whole story: the first store
        chosen by distance between two, a claim refused and one accepted later; of these the closest choices first.
        Then those most often claimed, then those who changed owners most often.

    Raises:
        ContractError: a required column is missing.
    """
    require(spells, "bindings", "customer_key", "valid_from", "method", "dist_m", "runner_dist_m")
    require(attempts, "attempts", "customer_key", "outcome")
    outcome = pl.col("outcome")
    claimed = attempts.group_by("customer_key").agg(
        tried=(outcome != "no_change").sum(),
        refused=(outcome == "rejected_protected").sum(),
        taken=(outcome == "accepted").sum(),
        visits=(outcome == "no_change").sum(),
    )
    first = spells.sort("customer_key", "valid_from").group_by("customer_key", maintain_order=True)
    people = first.agg(
        moved=pl.len(),
        method=pl.col("method").first(),
        gap=(pl.col("runner_dist_m") - pl.col("dist_m")).first(),
    ).join(claimed, on="customer_key", how="left")
    counts = pl.col("tried", "refused", "taken", "visits").fill_null(0)
    people = people.with_columns(counts)
    story = (
        (pl.col("method") == "geo")
        & pl.col("gap").is_not_null()
        & (pl.col("refused") > 0)
        & (pl.col("taken") > 0)
        & (pl.col("tried") + pl.col("visits") <= _FEW)
    ).fill_null(value=False)
    close = pl.when(story & (pl.col("gap") <= _NEAR_M)).then(pl.col("gap")).otherwise(_NEAR_M)
    return (
        people.with_columns(story=story, close=close.fill_null(_NEAR_M))
        .sort("story", "close", "tried", "moved", "customer_key", descending=[True, False, True, True, False])
        .select("customer_key")
    )
