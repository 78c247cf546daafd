"""Campaigns that were sent, here or elsewhere: their days and who is on their lists, in one shape."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from answers import audience_tables as tables
from answers.memo import once, once_a_scope
from metrics.lift_counts import LIST
from records import campaigns as records
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

LOADED_DAYS: Final = 14
"""For so many days a loaded campaign is measured, from the day of its first message."""
_SENT: Final = {
    "campaign": pl.String, "from_on": pl.Date, "ends_on": pl.Date, "to_on": pl.Date, "origin": pl.String,
    "campaign_id": pl.String, "has_holdout": pl.Boolean,
}  # fmt: skip


def sent(asked: Context) -> pl.DataFrame:
    """Campaigns that were sent before as-of, newest first.

    Returns:
        ``campaign, from_on, ends_on, to_on`` (the local days that count, and of these the ones that have passed; the
        last is not included), ``origin`` (planned here, or loaded), ``campaign_id`` of a loaded one, ``has_holdout``.
    """
    kept = [] if asked.unknown else records.campaigns(asked.snapshot.mode)
    rows = [
        (one.name, one.sent_on, one.ends_on, min(one.ends_on, asked.as_of), "planned", None, True)
        for one in kept
        if one.sent_on is not None and one.ends_on is not None and one.sent_on < asked.as_of
    ]
    taken = {one.name for one in kept}
    for number, name, on, has_holdout in () if asked.unknown else _told(asked).iter_rows():
        ends = on + dt.timedelta(days=LOADED_DAYS)
        called = f"{name} ({number})" if name in taken else name
        if on < asked.as_of:
            rows.append((called, on, ends, min(ends, asked.as_of), "loaded", number, has_holdout))
    return pl.DataFrame(rows, schema=_SENT, orient="row").sort("from_on", "campaign", descending=[True, False])


def _told(asked: Context) -> pl.DataFrame:
    """Loaded campaigns, with their ids where several are called alike; an agent's are those that own customers were in."""
    found = loaded(asked)
    if asked.scope.role == "agent" and found.height:
        found = found.join(sends(asked).select("campaign_id"), on="campaign_id", how="semi", maintain_order="left")
    both = pl.format("{} ({})", "name", "campaign_id")
    return found.with_columns(pl.when(pl.col("name").is_duplicated()).then(both).otherwise("name").alias("name"))


@once_a_scope
def _loaded(asked: Context) -> pl.DataFrame:
    return warehouse.loaded_campaigns(asked.snapshot)


def loaded(asked: Context) -> pl.DataFrame:
    """``warehouse.loaded_campaigns``; without any, the table itself is not looked for."""
    return _loaded(tables.plain(asked))


@once
def on_lists(asked: Context, *names: str) -> pl.DataFrame:
    """Who is on the lists of these campaigns: everybody; with a place filter, or for an agent, their own customers.

    Who registered twice, or was sent a message in spite of being held out, was written to.

    Returns:
        ``campaign, customer_key, is_holdout``; a person once a campaign.
    """
    known = {one.name: one for one in records.campaigns(asked.snapshot.mode)}
    parts = [pl.DataFrame(schema=LIST)]
    for name in names:
        if name not in known:
            continue
        one = known[name]
        keys = records.members(asked.snapshot.mode, (one.treated, one.holdout))
        parts += [
            pl.DataFrame({"customer_key": keys[digest]}).select(
                campaign=pl.lit(name), customer_key="customer_key", is_holdout=pl.lit(value=is_holdout)
            )
            for digest, is_holdout in ((one.treated, False), (one.holdout, True))
        ]
    foreign = sent(asked).filter(origin="loaded").filter(pl.col("campaign").is_in(names))
    if foreign.height:
        rows = sends(asked).join(foreign.select("campaign", "campaign_id"), on="campaign_id")
        parts.append(rows.select(*LIST))
    rows = (
        tables.by_person(asked, pl.concat(parts)).group_by("campaign", "customer_key").agg(pl.col("is_holdout").all())
    )
    chosen = asked.filters
    if asked.scope.role != "agent" and not (chosen.city or chosen.agent or chosen.store):
        return rows
    return rows.join(own_people(asked).select("customer_key"), on="customer_key", how="semi")


@once
def sends(asked: Context) -> pl.DataFrame:
    """``warehouse.loaded_sends``."""
    return warehouse.loaded_sends(asked.snapshot, asked.scope, asked.marts)


def costs(asked: Context) -> pl.DataFrame:
    """``campaign_id, cost_minor``: what a loaded campaign's messages cost in the question's currency, if anything is said."""
    mine = sends(asked).filter(pl.col("currency") == asked.currency, pl.col("cost_minor").is_not_null())
    return mine.group_by("campaign_id").agg(pl.col("cost_minor").sum())


def written_to(asked: Context) -> pl.DataFrame:
    """``customer_key, contacted_on``: when each registration was last written to by a loaded campaign."""
    if loaded(asked).is_empty():
        return pl.DataFrame(schema={"customer_key": pl.Int64, "contacted_on": pl.Date})
    rows = sends(asked).drop_nulls("sent_on")
    return rows.group_by("customer_key").agg(contacted_on=pl.col("sent_on").max())


def own_people(asked: Context) -> pl.DataFrame:
    """Customers of the places that are asked for; of an agent those they own now. Whatever they bought since."""
    chosen = asked.filters
    wanted = [
        pl.col(column).cast(pl.String).is_in(values)
        for column, values in (
            ("owner_city", chosen.city), ("owner_agent_id", chosen.agent), ("owner_store_id", chosen.store)
        )
        if values
    ]  # fmt: skip
    if asked.scope.role == "agent":
        wanted.append(pl.col("owner_agent_id").cast(pl.String) == asked.scope.agent_id)
    return asked.marts.people.filter(~pl.col("is_staff"), *wanted)
