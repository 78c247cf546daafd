"""Who agreed to be written to: the one list of shop ids that leaves the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schema.errors import RefusedError
from schema.language import say
from warehouse.identities import all_identities
from warehouse.persons import joined_of

if TYPE_CHECKING:
    import datetime as dt

    from schema.scope import Scope
    from warehouse.snapshots import Snapshot


def consenting(snapshot: Snapshot, scope: Scope, *, at: dt.datetime, keys: pl.Series | None = None) -> pl.DataFrame:
    """Which customers may be written to at an instant?

    Those who consented to marketing by then and never opted out; test customers are none. An opt-out counts whenever it
    was said: a source that takes it back leaves the column empty. It counts for the person: whoever opted out under one
    registration is not written to under another.

    Args:
        snapshot: which state of the data.
        scope: who asks: an owner who looks as themselves.
        at: the instant.
        keys: only these customers, and of them only those who agreed that their agent may have their data; None is
            everybody, for head office's own use.

    Returns:
        ``customer_id, consent_marketing_at``, sorted by the id.

    Raises:
        RefusedError: anybody else asks.
        StorageError: the data cannot be read.
    """
    if scope.role != "owner" or not scope.may_write:
        msg = say("Contacts are exported by an owner alone, who looks as themselves.")
        raise RefusedError(msg)
    may = (pl.col("consent_marketing_at") <= at) & pl.col("opted_out_at").is_null() & ~pl.col("is_test")
    if keys is not None:
        may &= (pl.col("consent_share_agent_at") <= at) & pl.col("customer_key").is_in(keys.implode())
    people = snapshot.scan("customers").filter(may).select("customer_key", "consent_marketing_at")
    people = people.join(_opted_out(snapshot).lazy(), on="customer_key", how="anti")
    ids = snapshot.scan("customer_keys")
    return (
        people.join(ids, on="customer_key").select("customer_id", "consent_marketing_at").sort("customer_id").collect()
    )


def _opted_out(snapshot: Snapshot) -> pl.DataFrame:
    """``customer_key`` of all who are one person with somebody who opted out."""
    said = snapshot.read("customers").select("customer_key", is_out=pl.col("opted_out_at").is_not_null())
    joined = joined_of(all_identities(snapshot), said.select("customer_key"), snapshot.mode)
    out = joined.join(said.filter("is_out"), on="customer_key", how="semi").select("person")
    return joined.join(out, on="person", how="semi").select("customer_key")
