"""What a simulation found: where the money goes under two scenarios, and who gains or loses."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.sharing_totals import gini, summed
from schema.language import later

if TYPE_CHECKING:
    import datetime as dt

    from warehouse.api import Snapshot

HEAD_OFFICE: Final = later("Head office")
"""Name of the row without agent: what no agent's side gets, direct stores, their guides and the fund included."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """Where the money of the months goes, after refunds, in minor units.

    Attributes:
        net_minor: goods paid less goods refunded.
        shared_minor: Σ of all shares kept by receivers.
        agents_minor: of these, what goes to agents, their stores and their stores' guides.
        gini: how unequal agents' shares are (0 alike, towards 1 all to one); None when nobody gets anything.
    """

    net_minor: int
    shared_minor: int
    agents_minor: int
    gini: float | None

    @property
    def head_office_minor(self) -> int:
        """What head office keeps: all that does not go to an agent's side."""
        return self.net_minor - self.agents_minor


@dataclasses.dataclass(frozen=True, slots=True)
class Simulation:
    """Two scenarios side by side.

    Attributes:
        agents: one row per agent, largest gain first, head office last (``agent_id`` null): ``agent_id, name,
            before_minor, after_minor, delta_minor``; the deltas sum to 0.
        stores: one row per store that gets something or could: ``store_id, name, agent_id`` and the same amounts, of
            what the stores themselves get.
        before: where the money goes under the first scenario.
        after: under the second.
        winners: agents who gain.
        losers: agents who lose.
        owner_changes: customers who end up with another owner.
        orders: orders replayed.
        currency: of all amounts.
        first_on: first local day replayed.
        end_on: first local day not replayed.
        seconds: how long it took.
    """

    agents: pl.DataFrame
    stores: pl.DataFrame
    before: Outcome
    after: Outcome
    winners: int
    losers: int
    owner_changes: int
    orders: int
    currency: str
    first_on: dt.date
    end_on: dt.date
    seconds: float


@dataclasses.dataclass(slots=True)
class Replayed:
    """Sums over what was replayed so far."""

    before: list[pl.DataFrame] = dataclasses.field(default_factory=list)
    after: list[pl.DataFrame] = dataclasses.field(default_factory=list)
    net_minor: int = 0
    orders: int = 0


def compared(
    snapshot: Snapshot, sums: Replayed, owner_changes: int, window: tuple[dt.date, dt.date, str], started: float
) -> Simulation:
    """The sums of both scenarios side by side; ``window`` is first day, first day after, currency."""
    first, end, money = window
    before, after = summed(sums.before), summed(sums.after)
    known = snapshot.read("agents").select("agent_id", pl.coalesce("name", "agent_id").alias("name"))
    agents = _side_by_side(before, after, "agent_id", known)
    outcomes = [
        _outcome(side, agents[name], sums.net_minor)
        for side, name in ((before, "before_minor"), (after, "after_minor"))
    ]
    kept = [outcome.head_office_minor for outcome in outcomes]
    head = pl.DataFrame([[None, HEAD_OFFICE, *kept, kept[1] - kept[0]]], schema=agents.schema, orient="row")
    places = snapshot.read("stores").select("store_id", pl.coalesce("name", "store_id").alias("name"), "agent_id")
    own, others = (side.filter(pl.col("receiver_kind") == "store") for side in (before, after))
    return Simulation(
        agents=pl.concat([agents, head]),
        stores=_side_by_side(own, others, "store_id", places),
        before=outcomes[0],
        after=outcomes[1],
        winners=agents.filter(pl.col("delta_minor") > 0).height,
        losers=agents.filter(pl.col("delta_minor") < 0).height,
        owner_changes=owner_changes,
        orders=sums.orders,
        currency=money,
        first_on=first,
        end_on=end,
        seconds=time.perf_counter() - started,
    )


def _side_by_side(before: pl.DataFrame, after: pl.DataFrame, key: str, known: pl.DataFrame) -> pl.DataFrame:
    """Amounts per agent or store under both scenarios; whoever is known but gets nothing has 0."""
    rows = known.unique(key).drop_nulls(key)
    for side, name in ((before, "before_minor"), (after, "after_minor")):
        amounts = side.drop_nulls(key).group_by(key).agg(pl.col("amount_minor").sum().alias(name))
        rows = rows.join(amounts, on=key, how="full", coalesce=True)
    rows = rows.with_columns(pl.col("before_minor", "after_minor").fill_null(0), name=pl.coalesce("name", key))
    rows = rows.with_columns(delta_minor=pl.col("after_minor") - pl.col("before_minor"))
    return rows.sort("delta_minor", key, descending=[True, False])


def _outcome(side: pl.DataFrame, agents: pl.Series, net_minor: int) -> Outcome:
    return Outcome(net_minor, sum(side["amount_minor"]), sum(agents), gini(agents.to_list()))
