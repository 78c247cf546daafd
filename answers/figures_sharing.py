"""Key figures of owners and shares: who has one, in time, what was accrued and what head office keeps.

Bindings follow the place filters by owner. Shares follow them by where the order was sold, as all money on the Overview
does, and by the order's channel; entries know neither model nor category nor product, so that under such a filter both
figures are unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow, sharing_rows
from answers.figure import Figure, figure
from answers.memo import once, once_for_all_days
from answers.persons import as_registered
from metrics.bound_latency import timeliness
from metrics.standing import Standing
from schema.language import later, say

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Context

NOT_BY_GOODS: Final = later("Shares belong to whole orders: they are not told by model, category or product.")
HEAD_OFFICE_ALONE: Final = later("Only head office sees what every receiver got.")
GIVEN: Final = ("accrual", "adjust")
MOVED: Final = ("accrual", "clawback", "adjust")


@once
def binding_coverage(asked: Context) -> Figure:
    """Which part of the members registered by the period's end has a store then?

    With a place filter: those owned there, of these and of the members without a store who live nearest to there.
    """
    if asked.marts.bindings.is_empty():
        return figure(asked, None, 0, "" if asked.unknown else say(sharing_rows.NOTHING_BOUND))
    end = sharing_rows.end(asked)
    bound = _owned(asked).at(end)
    n = _joined(asked, asked.to_on) if _is_whole(asked) else bound + _nearby(asked).at(end)
    return figure(asked, bound / n if n else None, n)


@once_for_all_days
def _members(asked: Context) -> pl.DataFrame:
    """Everybody who registered, narrowed to the segment alone: each registration is bound by itself."""
    asked = as_registered(asked)
    people = asked.marts.people.select("customer_key", "registered_on", "nearest_store_id")
    if not asked.filters.segment:
        return people
    chosen = narrow.scored(asked).filter(pl.col("segment").is_in(asked.filters.segment))
    return people.join(chosen.select("customer_key"), on="customer_key", how="semi")


@once_for_all_days
def _owned(asked: Context) -> Standing:
    """Members whose owner matches the filters."""
    return Standing.of([_spells_of(asked, sharing_rows.spells(as_registered(asked)), _members(asked))])


def _joined(asked: Context, last: dt.date) -> int:
    """How many members had registered by the end of a local day."""
    return int(_members(asked)["registered_on"].le(last).sum())


def _is_whole(asked: Context) -> bool:
    """Whether the question is about every store."""
    chosen = asked.filters
    return asked.scope.role != "agent" and not (chosen.store or chosen.agent or chosen.city)


@once_for_all_days
def _nearby(asked: Context) -> Standing:
    """Members who live nearest to the filters' stores and are owned by none; of an agent's members nobody is."""
    if asked.scope.role == "agent":
        return Standing.of([])
    here = narrow.places(asked).select(nearest_store_id="store_id")
    near = _members(asked).join(here, on="nearest_store_id", how="semi")
    registered = near.select(since=_registered_by(asked), until=pl.lit(None, pl.Datetime("us", "UTC")))
    return Standing.of([registered], less=[_spells_of(asked, asked.marts.bindings, near)])


def _spells_of(asked: Context, spells: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """From when until when each of the members is owned by a store; nobody before the end of the day they registered."""
    of = members.select("customer_key", since=_registered_by(asked))
    owned = spells.select("customer_key", "store_id", "valid_from", "valid_to").drop_nulls("store_id")
    return owned.join(of, on="customer_key").select(
        since=pl.when(pl.col("since").is_not_null()).then(pl.max_horizontal("since", "valid_from")), until="valid_to"
    )


def _registered_by(asked: Context) -> pl.Expr:
    """The first midnight after registering, at which a day's figures count somebody first."""
    midnight = pl.col("registered_on").cast(pl.Datetime("us")) + pl.duration(days=1)
    zone = asked.snapshot.zone
    at = midnight.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    past = (midnight + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(at, past).dt.convert_time_zone("UTC")


@once_for_all_days
def registered(asked: Context) -> pl.DataFrame:
    """Spells with the local day of their customer's registration, without what a figure does not need."""
    day = pl.col("registered_at").dt.convert_time_zone(asked.snapshot.zone).dt.date()
    rows = sharing_rows.spells(as_registered(asked)).filter(pl.col("cause") == "registered")
    return rows.select("cause", "store_id", "registered_at", "arrived_at", "bound_at", registered_on=day)


@once
def binding_timely(asked: Context) -> Figure:
    """Which part of the period's registrations was bound to a store within a minute?"""
    if asked.marts.bindings.is_empty():
        return figure(asked, None, 0, "" if asked.unknown else say(sharing_rows.NOTHING_BOUND))
    waits = timeliness(registered(asked).filter(pl.col("registered_on").is_between(asked.from_on, asked.to_on)))
    if waits.is_empty():
        return figure(asked, None, 0)
    row = waits.row(0, named=True)
    historic = int(row["historic"])
    note = (
        say("Historic, left out: {n} that reached us over 10 minutes after registering.", n=historic)
        if historic
        else ""
    )
    return figure(asked, row["timely_share"], int(row["bound"]), note)


@once
def pool_accrued(asked: Context) -> Figure:
    """How much was credited to receivers in the period, corrections included?"""
    if note := untold(asked):
        return figure(asked, None, 0, note)
    if asked.marts.shares.is_empty():
        return figure(asked, None, 0)
    rows = entries(asked).filter(pl.col("local_on").is_between(asked.from_on, asked.to_on), pl.col("kind").is_in(GIVEN))
    return figure(asked, int(rows["amount_minor"].sum()), rows.height)


@once
def hq_retained(asked: Context, net: Figure | None) -> Figure:
    """What is left of the period's net sales when everybody but the fund has got their shares?

    Args:
        asked: the question.
        net: net sales of the same orders; None when nothing was ever sold.
    """
    if asked.scope.role == "agent":
        return figure(asked, None, 0, say(HEAD_OFFICE_ALONE))
    if note := untold(asked):
        return figure(asked, None, 0, note)
    if net is None or net.value is None or asked.marts.shares.is_empty():
        return figure(asked, None, 0)
    rows = entries(asked).filter(
        pl.col("order_on").is_between(asked.from_on, asked.to_on),
        pl.col("kind").is_in(MOVED),
        pl.col("receiver_kind") != "fund",
    )
    return figure(asked, net.value - int(rows["amount_minor"].sum()), net.n)


def untold(asked: Context) -> str:
    """Why shares cannot be told here; empty when they can."""
    if asked.unknown:
        return ""
    if asked.filters.model or asked.filters.category or asked.filters.product:
        return say(NOT_BY_GOODS)
    return say(sharing_rows.NOTHING_SHARED) if asked.marts.shares.is_empty() else ""


@once_for_all_days
def entries(asked: Context) -> pl.DataFrame:
    """Entries in one currency whose orders match the filters; an agent's own entries follow none of the places."""
    chosen = asked.filters
    wanted = [pl.col("currency") == asked.currency]
    if chosen.channel:
        wanted.append(pl.col("channel").is_in(chosen.channel).fill_null(value=False))
    if chosen.store or chosen.agent or chosen.city:
        stores = narrow.places(asked)["store_id"].to_list()
        wanted.append(pl.col("selling_store_id").is_in(stores).fill_null(value=False))
    rows = asked.marts.shares.filter(*wanted)
    if not chosen.segment:
        return rows
    return rows.join(_members(asked).select("customer_key"), on="customer_key", how="semi")
