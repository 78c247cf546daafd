"""The mart of neighbours: the one table of others' customers that every agent reads, published once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metrics.neighbours import NOTHING, buyers_by_month, cube

if TYPE_CHECKING:
    import datetime as dt


def neighbours_mart(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    places: pl.DataFrame,
    *,
    before: pl.DataFrame | None,
    as_of: dt.date,
    is_bound: bool,
) -> pl.DataFrame:
    """What may agents know of each other?

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places``.
        before: the mart of the snapshot before; None when there is none.
        as_of: the first local day that is not complete.
        is_bound: whether the ledger has bound anybody. Until then nothing new is published: whose customers they are,
            and so what an agent knows of another's, is still a guess.

    Returns:
        The rows of ``Neighbours``, those of agents who have no store any more among them: what was published once
        must not be published anew another way.
    """
    if is_bound:
        published = cube(buyers_by_month(orders, people, places, before=as_of), before)
    else:
        published = NOTHING if before is None else before
    names = places.drop_nulls("agent_id").select("agent_id", _now="agent_name").unique("agent_id", keep="first")
    named = pl.coalesce("_now", *(["agent_name"] if "agent_name" in published.columns else []), "agent_id")
    return (
        published.join(names, on="agent_id", how="left", maintain_order="left")
        .with_columns(agent_name=named)
        .drop("_now")
    )


def for_agent(neighbours: pl.DataFrame) -> pl.DataFrame:
    """The mart as an agent reads it: published units alone, without the counts that decided about them."""
    return neighbours.filter("is_published").with_columns(persons=pl.lit(None, pl.Int64), apart=pl.lit(None, pl.Int64))
