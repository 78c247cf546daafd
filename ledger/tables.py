"""The ledger's tables; every one is append-only and hash-chained."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from records.chain import chained_table
from records.columns import day, instant, real, text, whole
from records.database import METADATA

bindings: Final = chained_table(
    "bindings",
    METADATA,
    whole("customer_key"),
    text("store_id", nullable=True),
    text("agent_id", nullable=True),
    text("status"),
    text("method", nullable=True),
    text("cause"),
    text("tie_break"),
    text("guide_id", nullable=True),
    instant("registered_at"),
    instant("arrived_at", nullable=True),
    instant("bound_at"),
    instant("valid_from"),
    instant("protected_until", nullable=True),
    instant("expires_at", nullable=True),
    real("dist_m", nullable=True),
    text("runner_store_id", nullable=True),
    real("runner_dist_m", nullable=True),
    real("accuracy_m", nullable=True),
    real("confidence", nullable=True),
    whole("cell", nullable=True),
    whole("policy_version"),
    text("candidates_json", nullable=True),
    indexes=(sa.Index("bindings_of_customer", "customer_key", "seq"),),
)
"""Assertions: from ``valid_from`` on the customer is owned by the store, until a later row says otherwise."""

binding_attempts: Final = chained_table(
    "binding_attempts",
    METADATA,
    whole("customer_key"),
    instant("at"),
    text("claimed_store_id"),
    text("claimed_agent_id", nullable=True),
    text("owner_store_id", nullable=True),
    text("owner_agent_id", nullable=True),
    text("method"),
    text("guide_id", nullable=True),
    text("outcome"),
    instant("protected_until", nullable=True),
)
"""What became of each claim; a later row about the same claim replaces an earlier one."""

entries: Final = chained_table(
    "entries",
    METADATA,
    text("kind"),
    text("receiver_kind"),
    text("receiver_id"),
    text("role", nullable=True),
    text("store_id", nullable=True),
    text("agent_id", nullable=True),
    whole("amount_minor"),
    text("currency"),
    instant("at"),
    day("local_on"),
    text("month"),
    day("eligible_on", nullable=True),
    text("source", nullable=True),
    text("order_id", nullable=True),
    whole("customer_key", nullable=True),
    day("order_on", nullable=True),
    text("channel", nullable=True),
    text("bound_store_id", nullable=True),
    text("selling_store_id", nullable=True),
    text("rule_id", nullable=True),
    whole("rule_version", nullable=True),
    whole("base_minor", nullable=True),
    whole("pool_minor", nullable=True),
    text("refund_id", nullable=True),
    indexes=(
        sa.Index("entries_of_month", "month"),
        sa.Index("entries_of_day", "order_on"),
        sa.Index("entries_of_order", "order_id"),
    ),
)
"""Money: signed, in minor units. Columns as in the mart ``Shares``."""

eligibility: Final = chained_table(
    "eligibility",
    METADATA,
    text("source"),
    text("order_id"),
    day("eligible_on"),
)
"""From which day an order's entries may be paid out, learnt after they were written."""

statements: Final = chained_table(
    "statements",
    METADATA,
    text("statement_id"),
    text("month"),
    text("receiver_kind"),
    text("receiver_id"),
    text("store_id", nullable=True),
    text("agent_id", nullable=True),
    text("currency"),
    whole("opening_minor"),
    whole("accrued_minor"),
    whole("clawback_minor"),
    whole("paid_minor"),
    whole("adjust_minor"),
    whole("closing_minor"),
    whole("held_minor"),
    whole("payable_minor"),
    whole("entries"),
    text("digest"),
    text("chain_head"),
    instant("settled_at"),
)
"""Settled months. Columns as in the mart ``Statements``."""

rules: Final = chained_table(
    "rules",
    METADATA,
    whole("version"),
    text("rule_id"),
    text("document"),
    text("saved_by"),
    text("reason", nullable=True),
)
"""Every version of the book of rules: all its rules, each as JSON."""

policies: Final = chained_table(
    "policies",
    METADATA,
    whole("version"),
    text("document"),
    text("saved_by"),
    text("reason", nullable=True),
)
"""Every version of the binding policy, as JSON."""

decisions: Final = chained_table(
    "decisions",
    METADATA,
    whole("customer_key"),
    instant("at"),
    text("store_id"),
    text("decided_by"),
    text("reason"),
    text("dispute_id", nullable=True),
)
"""Head office's own bindings: from ``at`` on the customer belongs to the store."""

dispute_events: Final = chained_table(
    "dispute_events",
    METADATA,
    text("dispute_id"),
    text("event"),
    instant("at"),
    text("by_role"),
    text("by_viewer"),
    text("by_agent_id", nullable=True),
    text("claim", nullable=True),
    whole("customer_key", nullable=True),
    text("store_id", nullable=True),
    text("agent_id", nullable=True),
    text("other_store_id", nullable=True),
    text("other_agent_id", nullable=True),
    text("source", nullable=True),
    text("order_id", nullable=True),
    day("due_on", nullable=True),
    text("outcome", nullable=True),
    text("rebind_store_id", nullable=True),
    instant("rebind_from", nullable=True),
    text("words"),
)
"""Disputes: opened, commented, decided."""

TABLES: Final = (
    bindings,
    binding_attempts,
    entries,
    eligibility,
    statements,
    rules,
    policies,
    decisions,
    dispute_events,
)
"""Every table, for ``verify``."""
