"""Sharing, what if: who would gain and who would lose under other rules, before anybody changes any."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl

from answers import sharing_changes as changes
from answers.registry import Result, address
from ledger import api as ledger
from ledger.simulate import scenario_now, simulate
from schema.errors import RefusedError, UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from answers.answer import Context
    from ledger.simulate import Scenario
    from ledger.simulate_result import Simulation

_COLUMNS = {
    "agent_id": pl.String, "before_minor": pl.Int64, "after_minor": pl.Int64, "delta_minor": pl.Int64,
    "name": pl.String, "store_id": pl.String,
}  # fmt: skip
_MOST_MONTHS = 120
CHANGES = ("pool", "store_share", "agent_share", "guide_share", "protection", "validity", "policy")
"""What can be otherwise, by the name of its option."""

_OWNERS = ("protection", "validity", "policy")
"""Of these, what would give customers other owners: day by day one could watch which customers of others move."""


@address(
    "sharing/simulation",
    ", ".join(_COLUMNS),
    meaning=later(
        "What each agent (or store) and head office would have got under other rules over the last 12 months."
    ),
    definition=later(
        "The last months before the snapshot's last complete day, replayed by the rules in force and by others, after "
        "refunds; nothing is written. pool=+1: every pool 1 percentage point of net sales larger, R1:+1: one rule's. "
        "store_share, agent_share, guide_share=+1: 1 point of sales more for that role, the others as they are. protection, "
        "validity: days (-1, -2). policy: how owners are chosen. Head office is what agents' sides do not get, so the deltas sum to 0. "
        "Agents read their own row; only the owner tries protection, validity and policy."
    ),
    options=dict.fromkeys((*CHANGES, "months")) | {"by": ("agent", "store")},
)
def what_if(
    asked: Context,
    pool: str = "",
    store_share: str = "",
    agent_share: str = "",
    guide_share: str = "",
    protection: str = "",
    validity: str = "",
    policy: str = "",
    months: str = "12",
    by: str = "agent",
) -> Result:
    """Who would gain? One row per agent, largest gain first, head office last; or per store.

    Raises:
        UsageError: a change that cannot be understood or that no rule allows.
        RefusedError: other owners are asked for, and not by the owner.
    """
    said = {"pool": pool, "store_share": store_share, "agent_share": agent_share, "guide_share": guide_share,
            "protection": protection, "validity": validity, "policy": policy}  # fmt: skip
    if asked.scope.role != "owner" and any(said[name] for name in _OWNERS):
        msg = say("Only the owner may try {options}: they move customers between agents.", options=", ".join(_OWNERS))
        raise RefusedError(msg)
    if asked.unknown or not asked.snapshot.rows.get("orders"):
        return Result(pl.DataFrame(schema=_COLUMNS), 0, say("orders"))
    now = scenario_now(asked.snapshot)
    known = {rule.rule_id for rule in ledger.rules_for(asked.snapshot, asked.scope)}
    mine, others = (tuple(rule for rule in now.rules if (rule.rule_id in known) is one) for one in (True, False))
    after = otherwise(dataclasses.replace(now, rules=mine), said)
    after = dataclasses.replace(after, rules=after.rules + others)
    found = simulate(asked.snapshot, now, after, months=_months(months), currency=asked.currency)
    return _told(asked, found, by)


def otherwise(now: Scenario, said: Mapping[str, str]) -> Scenario:
    """The scenario in force with what ``CHANGES`` say otherwise.

    Raises:
        UsageError: a change that cannot be understood or that no rule allows.
    """
    rules = changes.with_pool(now.rules, said["pool"]) if said.get("pool") else now.rules
    for role in ("store", "agent", "guide"):
        points = said.get(f"{role}_share")
        rules = changes.with_role(rules, role, points) if points else rules
    return dataclasses.replace(now, rules=rules, policy=changes.with_policy(now.policy, said))


def _months(said: str) -> int:
    if not (said.isdecimal() and 1 <= int(said) <= _MOST_MONTHS):
        msg = say(
            "months={given} is not a number of months from 1 to {most}.",
            given=repr(said[:40]),
            most=_MOST_MONTHS,
        )
        raise UsageError(msg)
    return int(said)


def _told(asked: Context, found: Simulation, by: str) -> Result:
    table = found.stores if by == "store" else found.agents.with_columns(store_id=pl.lit(None, dtype=pl.String))
    period = say(
        "Orders paid from {first} to before {end}, in {currency}, after refunds.",
        first=found.first_on,
        end=found.end_on,
        currency=found.currency,
    )
    if asked.scope.role == "agent":
        own = table.filter((pl.col("agent_id") == asked.scope.agent_id).fill_null(value=False))
        days = pl.col("local_on").is_between(found.first_on, found.end_on, closed="left")
        orders = asked.marts.orders.filter(days, pl.col("currency") == found.currency)
        return Result(own.select(list(_COLUMNS)), orders.height, say("orders of yours replayed"), notes=(period,))
    gain = say(
        "{winners} agents gain, {losers} lose; {moved} customers get another owner.",
        winners=found.winners,
        losers=found.losers,
        moved=found.owner_changes,
    )
    return Result(table.select(list(_COLUMNS)), found.orders, say("orders replayed"), notes=(gain, period))
