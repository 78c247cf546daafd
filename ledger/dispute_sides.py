"""Who stands against whom in a dispute, from what the ledger knows of its subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ledger import tables
from schema.errors import RefusedError
from schema.language import say

if TYPE_CHECKING:
    from schema.scope import Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """What a dispute is about.

    Attributes:
        customer_key: whose customer; None when it is about no single one.
        source: shop system of the order.
        order_id: the order; None when it is about no single one.
    """

    customer_key: int | None = None
    source: str | None = None
    order_id: str | None = None


def sides(connection: sa.Connection, scope: Scope, subject: Subject) -> dict[str, str | None]:
    """The opener's side, and whoever else owned, claimed or earned last.

    Raises:
        RefusedError: an agent asks about what is not its own.
    """
    known = _stakes(connection, subject)
    mine = [pair for pair in known if pair[1] == scope.agent_id] if scope.role == "agent" else known[:1]
    if scope.role == "agent" and not mine and (subject.customer_key is not None or subject.order_id is not None):
        msg = say("The ledger knows no such customer or order of yours.")
        raise RefusedError(msg)
    own = mine[0] if mine else (None, scope.agent_id)
    other = next((pair for pair in known if pair[1] != own[1] or (own[1] is None and pair != own)), (None, None))
    return {"store_id": own[0], "agent_id": own[1], "other_store_id": other[0], "other_agent_id": other[1]}


def _stakes(connection: sa.Connection, subject: Subject) -> list[tuple[str | None, str | None]]:
    """(store, agent) of everybody with a stake, the newest first; claimants after owners, earners last."""
    bound, claims, paid = tables.bindings.c, tables.binding_attempts.c, tables.entries.c
    asked: list[sa.Select[Any]] = []
    if subject.customer_key is not None:
        asked = [
            sa.select(bound.store_id, bound.agent_id)
            .where(bound.customer_key == subject.customer_key)
            .order_by(bound.seq.desc()),
            sa.select(claims.claimed_store_id, claims.claimed_agent_id)
            .where(claims.customer_key == subject.customer_key)
            .order_by(claims.seq.desc()),
        ]
    if subject.order_id is not None:
        of_order = (paid.source == subject.source) & (paid.order_id == subject.order_id)
        asked.append(sa.select(paid.store_id, paid.agent_id).where(of_order).order_by(paid.seq.desc()))
    found = [tuple(row) for query in asked for row in connection.execute(query)]
    return [(store, agent) for store, agent in dict.fromkeys(found) if store is not None or agent is not None]
