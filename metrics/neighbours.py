"""What agents may know of each other's catchments: sums over groups of at least ten people, fixed once and for all.

The *cube* counts customer-months: distinct located buyers at an agent's physical stores, per month. Its units are an
agent's r7 cell and a run of whole, closed months. A run ends with the first month in which it holds at least ``K``
people, and ``K`` whom no other agent's own rows show; the next run begins there. So units are disjoint, none is small,
and every number shown is a sum of units. No filter, day or resolution that a viewer chooses has any part in it.

A unit stays as it was published. Later data replace its number only by one that differs by ``K`` people or more;
where another agent came to know so many of its people that fewer than ``K`` are left, it is withdrawn.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.rules import require, share
from metrics.suppression import K, is_enough, is_safe_change
from metrics.tiers import located
from schema.tables import OFFLINE_CHANNELS

RESOLUTION: Final = 7
"""Cells of about 5 km²: at r8 most hold too few people to be published."""

_CELL: Final = ("agent_id", "cell")
_UNIT: Final = {
    "agent_id": pl.String,
    "cell": pl.Int64,
    "from_on": pl.Date,
    "to_on": pl.Date,
    "customer_months": pl.Int64,
    "persons": pl.Int64,
    "apart": pl.Int64,
    "is_published": pl.Boolean,
}
NOTHING: Final = pl.DataFrame(schema=_UNIT)
"""A cube of which nothing is published."""


def buyers_by_month(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, *, before: dt.date
) -> pl.DataFrame:
    """Who bought at each agent's physical stores, in which closed month, and do others know?

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places``.
        before: the first local day that is not complete; its month is not closed.

    Returns:
        One row per agent, home cell, month and distinct customer: ``agent_id, cell, month`` (its first day),
        ``customer_key, is_known``: another agent's rows show a purchase of theirs at this agent's stores, because the
        customer was that agent's then or a store of that agent handed it over.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "customer_key", "agent_id", "owner_agent_id", "fulfil_store_id", "local_on", "channel")
    handing = places.select(pl.col("store_id").alias("fulfil_store_id"), pl.col("agent_id").alias("_handing"))
    rows = orders.filter(
        pl.col("is_purchase"),
        ~pl.col("is_staff"),
        pl.col("channel").is_in(list(OFFLINE_CHANNELS)),
        pl.col("local_on") < before.replace(day=1),
    ).drop_nulls(["customer_key", "agent_id"])
    other = [(pl.col(c) != pl.col("agent_id")).fill_null(value=False) for c in ("owner_agent_id", "_handing")]
    seen = rows.join(handing, on="fulfil_store_id", how="left").select(
        "agent_id",
        "customer_key",
        month=pl.col("local_on").dt.truncate("1mo"),
        is_known=pl.any_horizontal(other).any().over("agent_id", "customer_key"),
    )
    return (
        seen.unique()
        .join(located(people, RESOLUTION), on="customer_key", how="inner")
        .select("agent_id", "cell", "month", "customer_key", "is_known")
        .sort("agent_id", "cell", "month", "customer_key")
    )


def cube(buyers: pl.DataFrame, before: pl.DataFrame | None = None, *, k: int = K) -> pl.DataFrame:
    """What may be published, given what was?

    Args:
        buyers: as ``buyers_by_month`` returns them, of all agents.
        before: the cube published last; None when there was none.
        k: the smallest group.

    Returns:
        One row per unit, by agent, cell and time: ``agent_id, cell, from_on, to_on`` (half-open, whole months),
        ``customer_months``; ``persons`` and ``apart`` (distinct, and those whom no other agent's rows show, when its
        number was last set; never for an agent's eyes); ``is_published`` (false: withdrawn).

    Raises:
        ContractError: a required column is missing.
    """
    require(buyers, "buyers", *_CELL, "month", "customer_key", "is_known")
    old = NOTHING if before is None else before.select(list(_UNIT)).sort("to_on")
    placed = _placed(buyers, old)
    inside = pl.col("from_on").is_not_null() & (pl.col("month") >= pl.col("from_on"))
    kept = _kept(old, placed.filter(inside), k)
    fresh = _runs(placed.filter(~inside), k)
    units = pl.concat([kept, fresh.with_columns(from_on=pl.lit(None, pl.Date)).select(list(_UNIT))])
    units = units.sort(*_CELL, "to_on")
    start = pl.lit(buyers["month"].min(), pl.Date)
    return units.with_columns(from_on=pl.coalesce("from_on", pl.col("to_on").shift(1).over(_CELL), start))


def published_shares(published: pl.DataFrame, *, since: dt.date) -> pl.DataFrame:
    """How is each agent's published demand spread over cells?

    Args:
        published: the cube, or as much of it as the viewer may see.
        since: units that ended on or before this day are left out.

    Returns:
        One row per agent and cell: ``agent_id, cell, customer_months, share`` (of the agent's published ones),
        ``units``.

    Raises:
        ContractError: a required column is missing.
    """
    require(published, "published", *_CELL, "to_on", "customer_months", "is_published")
    rows = published.filter("is_published", pl.col("to_on") > since)
    cells = rows.group_by(_CELL).agg(pl.col("customer_months").sum(), pl.len().cast(pl.Int64).alias("units"))
    whole = pl.col("customer_months").sum().over("agent_id")
    return cells.with_columns(share=share(pl.col("customer_months"), whole)).sort(_CELL)


def shared_published_cells(shares: pl.DataFrame) -> pl.DataFrame:
    """Where do agents meet, as far as both are published there?

    Args:
        shares: as ``published_shares`` returns them.

    Returns:
        One row per *ordered* pair of different agents and cell in which both are published: ``of_agent_id, agent_id,
        cell, share_mine, share_theirs, shared`` (the smaller of the two), ``customer_months`` (mine), ``units`` (of
        both).
    """
    mine = shares.select("cell", "customer_months", of_agent_id="agent_id", share_mine="share", _units="units")
    theirs = shares.select("cell", "agent_id", "units", share_theirs="share")
    met = mine.join(theirs, on="cell", how="inner").filter(pl.col("of_agent_id") != pl.col("agent_id"))
    smaller = pl.min_horizontal("share_mine", "share_theirs")
    return (
        met.with_columns(shared=smaller, units=pl.col("units") + pl.col("_units"))
        .select("of_agent_id", "agent_id", "cell", "share_mine", "share_theirs", "shared", "customer_months", "units")
        .sort("of_agent_id", "agent_id", "shared", "cell", descending=[False, False, True, False])
    )


def published_overlap(published: pl.DataFrame, a: str, b: str, *, since: dt.date) -> float | None:
    """How much of the published demand of two agents lies in the same cells? None when either has none."""
    shares = published_shares(published.filter(pl.col("agent_id").is_in([a, b])), since=since)
    if shares["agent_id"].n_unique() < len({a, b}) or a == b:
        return None
    met = shared_published_cells(shares).filter(pl.col("of_agent_id") == a)
    return float(met["shared"].sum())


def _placed(buyers: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Each row with the first published unit of its cell that ends after its month: in it, or in the gap before it."""
    units = old.select(*_CELL, "from_on", "to_on").sort("to_on").with_columns(_end=pl.col("to_on"))
    return buyers.sort("month").join_asof(
        units,
        left_on="month",
        right_on="_end",
        by=list(_CELL),
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )


def _kept(old: pl.DataFrame, inside: pl.DataFrame, k: int) -> pl.DataFrame:
    """Published units with the number they had, unless it may change."""
    key = (*_CELL, "to_on")
    now = inside.group_by(key).agg(pl.len().cast(pl.Int64).alias("_months"), *_heads("_persons", "_apart"))
    unit = old.join(now, on=key, how="left").with_columns(pl.col("_months", "_persons", "_apart").fill_null(0))
    moved = is_safe_change(pl.col("persons"), pl.col("_persons"), k=k) & is_safe_change(
        pl.col("apart"), pl.col("_apart"), k=k
    )
    known = pl.col("_persons") - pl.col("_apart")
    anew = moved & is_enough(pl.col("_persons"), pl.col("_apart"), k=k)
    fields = (("customer_months", "_months"), ("persons", "_persons"), ("apart", "_apart"))
    return (
        unit.with_columns(_anew=anew)
        .with_columns([pl.when("_anew").then(new).otherwise(name).alias(name) for name, new in fields])
        .with_columns(is_published=is_enough(pl.col("persons") - known, k=k))
        .select(list(_UNIT))
    )


def _runs(loose: pl.DataFrame, k: int) -> pl.DataFrame:
    """Units of months that no unit holds yet; what never reaches ``k`` stays out."""
    gap = [*_CELL, "_gap"]
    rest = loose.select(*_CELL, "month", "customer_key", "is_known", _gap="to_on")
    alone = rest.group_by(*gap, "month").agg(*_heads("_persons", "_apart"))
    alone = alone.select(*gap, "month", _is_full=is_enough(pl.col("_persons"), pl.col("_apart"), k=k))
    rest = rest.join(alone, on=[*gap, "month"], how="left", nulls_equal=True)
    found: list[pl.DataFrame] = []
    while rest.height:
        sparse = pl.col("month").filter(~pl.col("_is_full")).min().over(gap)
        ahead = pl.col("month") < sparse.fill_null(dt.date.max)
        found.append(_counted(rest.filter(ahead).with_columns(_last="month"), gap))  # each month a run of its own
        rest = rest.filter(~ahead)
        rest = rest.join(_first_ends(rest, gap, k), on=gap, how="inner", nulls_equal=True)
        is_in = pl.col("month") <= pl.col("_last")
        found.append(_counted(rest.filter(is_in), gap))
        rest = rest.filter(~is_in).drop("_last")
    if not found:
        return NOTHING
    return pl.concat(found).with_columns(to_on=pl.col("_last").dt.offset_by("1mo"), is_published=pl.lit(value=True))


def _first_ends(rest: pl.DataFrame, gap: list[str], k: int) -> pl.DataFrame:
    """The month in which the first run of each gap reaches ``k``; a gap that never does is left out."""
    first = rest.group_by(*gap, "customer_key").agg(pl.col("month").min(), pl.col("is_known").first())
    heads = first.group_by(*gap, "month").agg(pl.len().alias("_persons"), (~pl.col("is_known")).sum().alias("_apart"))
    so_far = heads.sort("month").with_columns(pl.col("_persons", "_apart").cum_sum().over(gap))
    full = so_far.filter(is_enough(pl.col("_persons"), pl.col("_apart"), k=k))
    return full.group_by(gap).agg(pl.col("month").min().alias("_last"))


def _counted(rows: pl.DataFrame, gap: list[str]) -> pl.DataFrame:
    months = pl.len().cast(pl.Int64).alias("customer_months")
    return rows.group_by(*gap, "_last").agg(months, *_heads("persons", "apart"))


def _heads(persons: str, apart: str) -> tuple[pl.Expr, pl.Expr]:
    """Distinct customers, and those among them whom no other agent's rows show."""
    who = pl.col("customer_key")
    return (
        who.n_unique().cast(pl.Int64).alias(persons),
        who.filter(~pl.col("is_known")).n_unique().cast(pl.Int64).alias(apart),
    )
