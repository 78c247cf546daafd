"""Who has an owner, how surely, and whose claim runs out?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt

STEPS: Final = ("registered", "located", "bound", "exact", "contested", "provisional", "unassigned")
"""The funnel's steps in order; the last four say how sure the owner is."""

EXPIRING_DAYS: Final = 30


def in_force(spells: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
    """Which spells hold at an instant? At most one a customer.

    Args:
        spells: ``Bindings``.
        at: the instant, with a zone; a spell that begins at it holds, one that ends at it does not.

    Raises:
        ContractError: a required column is missing.
    """
    require(spells, "bindings", "valid_from", "valid_to")
    instant = pl.lit(at).dt.convert_time_zone("UTC")
    return spells.filter(
        (pl.col("valid_from") <= instant) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > instant))
    )


def funnel(members: pl.DataFrame, spells: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
    """How many members have an owner, and how sure is it?

    Args:
        members: ``customer_key`` of everybody who registered; one row each.
        spells: ``Bindings``, of others too.
        at: the instant, with a zone.

    Returns:
        One row per step of ``STEPS``: ``step, customers, share`` (of those registered; null without any). Located:
        a spell up to then rests on a place. Bound: a store owns them. A member whom no spell covers is in neither
        ``bound`` nor ``unassigned``.

    Raises:
        ContractError: a required column is missing.
    """
    require(members, "members", "customer_key")
    require(spells, "bindings", "customer_key", "store_id", "status", "cell", "valid_from")
    keys = members.select("customer_key").unique()
    known = spells.filter(pl.col("valid_from") <= pl.lit(at).dt.convert_time_zone("UTC"))
    known = known.join(keys, on="customer_key", how="semi")
    held = in_force(known, at)
    owned = held.filter(pl.col("store_id").is_not_null())
    by_status = dict(owned.group_by("status").len().iter_rows())
    counts = {
        "registered": keys.height,
        "located": known.drop_nulls("cell")["customer_key"].n_unique(),
        "bound": owned.height,
        **{status: by_status.get(status, 0) for status in ("exact", "contested", "provisional")},
        "unassigned": held.height - owned.height,
    }
    table = pl.DataFrame(
        {"step": list(STEPS), "customers": [counts[step] for step in STEPS]},
        schema={"step": pl.String, "customers": pl.Int64},
    )
    return table.with_columns(share=pl.when(keys.height > 0).then(pl.col("customers") / keys.height))


def methods(held: pl.DataFrame) -> pl.DataFrame:
    """What decided the bindings that hold?

    Args:
        held: spells in force at one instant.

    Returns:
        One row per method and cause, most customers first: ``method`` (null: nobody's), ``cause, customers``.

    Raises:
        ContractError: a required column is missing.
    """
    require(held, "bindings", "customer_key", "method", "cause")
    return (
        held.group_by("method", "cause")
        .agg(customers=pl.col("customer_key").n_unique().cast(pl.Int64))
        .sort("customers", "method", "cause", descending=[True, False, False], nulls_last=True)
    )


def expiring(held: pl.DataFrame, at: dt.datetime, *, days: int = EXPIRING_DAYS) -> pl.DataFrame:
    """Whose customers will be decided anew unless they buy?

    Args:
        held: spells in force at ``at``.
        at: the instant, with a zone.
        days: how far to look ahead, in days of 24 hours.

    Returns:
        One row per owning store, most customers first: ``store_id, agent_id, customers, first_at``.

    Raises:
        ContractError: a required column is missing.
    """
    require(held, "bindings", "customer_key", "store_id", "agent_id", "expires_at")
    instant = pl.lit(at).dt.convert_time_zone("UTC")
    near = held.filter(
        pl.col("store_id").is_not_null()
        & pl.col("expires_at").is_between(instant, instant + pl.duration(days=days), closed="left")
    )
    return (
        near.group_by("store_id", "agent_id")
        .agg(customers=pl.col("customer_key").n_unique().cast(pl.Int64), first_at=pl.col("expires_at").min())
        .sort("customers", "store_id", "agent_id", descending=[True, False, False], nulls_last=True)
    )


def attempts_by_month(attempts: pl.DataFrame, *, zone: str) -> pl.DataFrame:
    """Who tried to claim customers, and what came of it?

    Args:
        attempts: ``Attempts``.
        zone: business zone (IANA) whose months count.

    Returns:
        One row per month, method and outcome, in that order: ``month`` (2026-10), ``method, outcome, attempts,
        customers``.

    Raises:
        ContractError: a required column is missing.
    """
    require(attempts, "attempts", "customer_key", "at", "method", "outcome")
    return (
        attempts.group_by(
            pl.col("at").dt.convert_time_zone(zone).dt.strftime("%Y-%m").alias("month"), "method", "outcome"
        )
        .agg(attempts=pl.len().cast(pl.Int64), customers=pl.col("customer_key").drop_nulls().n_unique().cast(pl.Int64))
        .sort("month", "method", "outcome")
    )
