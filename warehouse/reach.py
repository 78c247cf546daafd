"""Who of the customers that a viewer sees agreed to be written to: yes or no of each, and nothing that leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from warehouse.persons import registrations

if TYPE_CHECKING:
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot


def agreements(snapshot: Snapshot, scope: Scope, marts: Marts) -> pl.DataFrame:
    """Did each customer agree to be written to, as known when the snapshot was published?

    Args:
        snapshot: which state of the data.
        scope: who asks. Head office: everybody; an agent: their own customers now, and consent is both that to
            marketing and that to share with the agent; others nobody.
        marts: what the scope was handed out.

    Returns:
        ``customer_key, has_consent, has_opted_out``; one row per registration that a customers table describes, by key.

    Raises:
        StorageError: the data cannot be read.
    """
    at = snapshot.published_at
    agreed = pl.col("consent_marketing_at") <= at
    if scope.role == "agent":
        agreed &= pl.col("consent_share_agent_at") <= at
    mine = registrations(marts).people
    if scope.role == "agent":
        mine = mine.filter(pl.col("owner_agent_id").cast(pl.String) == scope.agent_id)
    elif scope.role != "owner":
        mine = mine.clear()
    wanted = mine["customer_key"].implode()
    found = snapshot.scan("customers").select(
        "customer_key",
        has_consent=agreed.fill_null(value=False),
        has_opted_out=pl.col("opted_out_at").is_not_null(),
    )
    return found.filter(pl.col("customer_key").is_in(wanted)).sort("customer_key").collect()
