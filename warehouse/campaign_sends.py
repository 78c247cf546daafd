"""Campaigns that were run elsewhere: whom the loaded files say they were sent to, and who was held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from warehouse.persons import registrations

if TYPE_CHECKING:
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot


def loaded_campaigns(snapshot: Snapshot) -> pl.DataFrame:
    """Which campaigns were loaded? Nothing of it is about single people.

    Returns:
        ``campaign_id, name, sent_on, has_holdout``, first sent first; one row per campaign with a message. ``name`` is
        what people call it, its id where nothing is said; ``sent_on`` is the local day of its first message.

    Raises:
        StorageError: the data cannot be read.
    """
    found = (
        snapshot.scan("campaign_sends")
        .group_by("campaign_id")
        .agg(
            name=pl.col("name").drop_nulls().sort().first(),
            sent_on=pl.col("local_on").filter(pl.col("group") == "treated").min(),
            has_holdout=(pl.col("group") == "holdout").any(),
        )
        .drop_nulls("sent_on")
        .with_columns(pl.coalesce("name", "campaign_id").alias("name"))
        .collect()
    )
    return found.select("campaign_id", "name", "sent_on", "has_holdout").sort("sent_on", "campaign_id")


def loaded_sends(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Who was written to by loaded campaigns, and who was held out?

    Args:
        snapshot: which state of the data.
        scope: who asks. Head office and presenters: everybody but staff and test customers; an agent: of those their
            own customers now; others nobody.
        marts: what the scope was handed out.

    Returns:
        ``campaign_id, customer_key, is_holdout, sent_on, cost_minor, currency``; one row per message, and per customer
        held out (without a day).

    Raises:
        StorageError: the data cannot be read.
    """
    rows = snapshot.scan("campaign_sends").select(
        "campaign_id", "customer_key", "cost_minor", "currency", is_holdout=pl.col("group") == "holdout",
        sent_on=pl.when(pl.col("group") == "treated").then("local_on"),
    )  # fmt: skip
    others = snapshot.scan("customers").filter(pl.col("is_test") | pl.col("is_staff")).select("customer_key")
    found = rows.join(others, on="customer_key", how="anti").collect()
    wanted = ("campaign_id", "customer_key", "is_holdout", "sent_on", "cost_minor", "currency")
    found = found.select(wanted)
    if scope.role in {"owner", "presenter"}:
        return found
    if scope.role != "agent":
        return found.clear()
    mine = registrations(marts).people.filter(pl.col("owner_agent_id").cast(pl.String) == scope.agent_id)
    return found.join(mine.select("customer_key"), on="customer_key", how="semi")
