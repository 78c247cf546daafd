"""Catchment: which other agents draw on the same ground, told without a person, a store or a sale of theirs.

Answered from the published cube alone (``metrics.neighbours``), so the period, the filters and the resolution chosen
have no part in it: there is nothing to subtract one answer from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.known import NAMES
from answers.memo import of_rows
from answers.registry import Result, address
from metrics.cells import cell_hex
from metrics.neighbours import buyers_by_month, published_shares, shared_published_cells
from metrics.rules import share
from metrics.suppression import K
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Context
    from schema.marts import Marts

_MONTHS: Final = 24
_ANSWER: Final = later(
    "From published cells alone, customer-months, r7: distinct located buyers at physical stores per closed "
    "month, added over runs of months with at least 10 people each. Share: a cell's part of the agent's published "
    "customer-months. Overlap index = Σ over cells in which both are published of the smaller share."
)
_CELLS: Final = ("share_mine", "share_theirs", "share_both", "customer_months")
_FIXED: Final = later("Over the last 24 closed months, whatever the period and filters chosen.")


@address(
    "catchment/neighbours",
    "agent_id, agent_name, overlap_index, shared_cells, published_share, n_units, of_agent_id",
    meaning=later("How much other agents draw on the same cells, from groups of ten people and more alone."),
    definition=(
        _ANSWER,
        later(
            "Published share: of all customer-months of of_agent_id, those in published cells. n_units: "
            "the published groups behind a row."
        ),
    ),
)
def neighbours(asked: Context) -> Result:
    """Who draws on my ground? One row per agent and neighbour, highest index first; an agent reads their own alone."""
    met = shared_published_cells(_shares(asked.marts, _since(asked))).filter(
        pl.col("of_agent_id").is_in(_asking(asked))
    )
    pairs = met.group_by("of_agent_id", "agent_id").agg(
        pl.col("shared").sum().clip(0.0, 1.0).alias("overlap_index"),
        pl.len().cast(pl.Int64).alias("shared_cells"),
        pl.col("units").sum().alias("n_units"),
    )
    names = asked.marts.neighbours.select("agent_id", "agent_name").unique("agent_id", keep="last", maintain_order=True)
    published = _published(asked.marts, _since(asked), asked.snapshot.as_of)
    table = (
        pairs.join(names, on="agent_id", how="left")
        .join(published.rename({"agent_id": "of_agent_id"}), on="of_agent_id", how="left")
        .sort("overlap_index", "of_agent_id", "agent_id", descending=[True, False, False])
    )
    units = int(table["n_units"].sum())
    return Result(table, units, say("groups of {n} people and more", n=K), notes=_notes(asked))


@address(
    "catchment/neighbour_cells",
    "cell, share_mine, share_theirs, share_both, customer_months",
    meaning=later("The cells in which an agent and a neighbour are both published, with each side's share."),
    definition=(_ANSWER, later("customer_months are those of the agent who asks (of), never the neighbour's.")),
    options={"with": None, "of": None},
)
def neighbour_cells(asked: Context, of: str = "", **chosen: str) -> Result:
    """Where do we meet? One row per cell, most shared demand first; without a pair none.

    Args:
        asked: who asks.
        of: whose view; an agent's is always their own.
        **chosen: ``with``: the neighbour's id.

    Raises:
        UsageError: one of them is not here.
    """
    theirs, asking = chosen.get("with", ""), _asking(asked)
    mine = of or (asking[0] if len(asking) == 1 else "")
    everybody = {*asked.marts.neighbours["agent_id"], *asked.marts.places["agent_id"].drop_nulls()}
    for side, here in ((mine, {*asking, ""}), (theirs, {*everybody, ""})):
        if side not in here and not asked.unknown:
            msg = say("No {name} {value} here.", name=say(NAMES["agent"]), value=side[:60])
            raise UsageError(msg)
    met = shared_published_cells(_shares(asked.marts, _since(asked)))
    pair = met.filter(pl.col("of_agent_id") == mine, pl.col("agent_id") == theirs)
    table = pair.rename({"shared": "share_both"}).select(cell_hex(pl.col("cell")).alias("cell"), *_CELLS)
    return Result(table, int(pair["units"].sum()), say("groups of {n} people and more", n=K), notes=_notes(asked))


def published_pair(asked: Context, a: str, b: str) -> Result:
    """Where do two agents meet, for whoever may read no smaller groups? The columns of ``catchment/pair``, no counts.

    One row per cell in which either is published, with each side's share of its published customer-months.
    """
    shares = _shares(asked.marts, _since(asked))
    sides = [
        shares.filter(pl.col("agent_id") == side).select("cell", pl.col("share").alias(name))
        for side, name in ((a, "share_a"), (b, "share_b"))
    ]
    nobody = [pl.lit(None, pl.Int64).alias(name) for name in ("customers_a", "customers_b", "both")]
    met = sides[0].join(sides[1], on="cell", how="full", coalesce=True).sort("cell").with_columns(nobody)
    units = int(shares.filter(pl.col("agent_id").is_in([a, b]))["units"].sum())
    table = met.with_columns(cell_hex(pl.col("cell")).alias("cell"))
    return Result(table, units, say("groups of {n} people and more", n=K), notes=_notes(asked))


def _asking(asked: Context) -> list[str]:
    """Whose neighbours are wanted: an agent's own; else those of the agents whom the place filters leave."""
    if asked.scope.role == "agent":
        return [str(asked.scope.agent_id)]
    return narrow.places(asked)["agent_id"].drop_nulls().unique().sort().to_list()


def _since(asked: Context) -> dt.date:
    """Units that ended before are too old; it follows the snapshot, not the day that a viewer chose."""
    month = asked.snapshot.as_of.replace(day=1)
    return month.replace(year=month.year - _MONTHS // 12)


@of_rows
def _shares(marts: Marts, since: dt.date) -> pl.DataFrame:
    return published_shares(marts.neighbours, since=since)


@of_rows
def _published(marts: Marts, since: dt.date, as_of: dt.date) -> pl.DataFrame:
    """How much of its own demand an agent's comparison rests on; computed of rows that are the agent's own."""
    own = marts.places["agent_id"].drop_nulls().unique()
    rows = spelled(marts.orders.filter(pl.col("agent_id").is_in(own.implode())))
    buyers = buyers_by_month(rows, marts.people, marts.places, before=as_of).filter(pl.col("month") >= since)
    whole = buyers.group_by("agent_id").agg(pl.len().cast(pl.Int64).alias("_all"))
    shown = published_shares(marts.neighbours, since=since).group_by("agent_id").agg(pl.col("customer_months").sum())
    part = share(pl.col("customer_months"), pl.col("_all")).clip(upper_bound=1.0)
    return shown.join(whole, on="agent_id", how="inner").select("agent_id", published_share=part)


def _notes(asked: Context) -> tuple[str, ...]:
    if asked.marts.neighbours.is_empty() and asked.marts.bindings.is_empty() and not asked.unknown:
        return (say(_FIXED), say("Nobody is bound yet: nothing is published of neighbours before."))
    return (say(_FIXED),)
