"""Sharing, one month: into whose accounts the pools went, and where the bound customers bought."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from answers import sharing_rows as rows
from answers.known import NAMES, agent_names
from answers.periods import over
from answers.registry import Result, address
from ledger import api as ledger
from metrics.bound_spending import spending
from metrics.bound_split import split
from schema.errors import UsageError
from schema.language import from_python, later, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.sharing import Rule

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_BASIS: Final = 10_000
_ALL_TO: Final = {
    "store": later("{pool} to the bound store"),
    "agent": later("{pool} to the agent"),
    "guide": later("{pool} to the guide"),
    "fulfiller": later("{pool} to the store that hands over"),
    "seller": later("{pool} to the store that sells"),
    "upline": later("{pool} to the guide's upline"),
    "fund": later("{pool} to head office"),
}


def _of(asked: Context, month: str, agent: str) -> Context:
    """The same question about one month (up to as-of) and one agent, where they are named.

    Raises:
        UsageError: no such month, or no such agent here.
    """
    if agent and agent not in agent_names(asked.marts) and not asked.unknown:
        msg = say("No {name} {value} here.", name=say(NAMES["agent"]), value=agent[:60])
        raise UsageError(msg)
    chosen = asked.filters.agent
    if agent and not (chosen and agent not in chosen):
        asked = replace(asked, filters=replace(asked.filters, agent=(agent,)))
    if not month:
        return asked
    if _MONTH.fullmatch(month) is None:
        msg = say("month={given} is not a month like 2026-10.", given=repr(month[:40]))
        raise UsageError(msg)
    first = dt.date.fromisoformat(f"{month}-01")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return over(asked, first, max(first, min(last, asked.as_of - dt.timedelta(days=1))))


@address(
    "sharing/split",
    "part, amount_minor, share, entries, pool_minor, unassigned_minor, stores, orders",
    meaning=later(
        "Into whose accounts the pools of a month went; give month, and whose (an agent) for the pools of their bound customers."
    ),
    definition=later(
        "Pool: each order's pool under each rule, once. Parts are of it: stores, agents and guides (with an agent: "
        "theirs), and others (head office, and with an agent everybody else's side). Unassigned = pool − all parts: 0 when every "
        "minor unit has its account. An agent reads own parts; the rest of those pools is others'."
    ),
    options={"month": None, "whose": None},
)
def parts(asked: Context, month: str = "", whose: str = "") -> Result:
    """Where did every minor unit go? One row per part; none without a pool.

    Raises:
        UsageError: no such month, or no such agent here.
    """
    within = _of(asked, month, whose)
    first, last = rows.month_range(within)
    side = within.scope.agent_id if within.scope.role == "agent" else (whose or None)
    found = rows.pools(within).filter(
        (pl.col("kind") == "accrual") & (pl.col("month") >= first), pl.col("month") <= last
    )
    table = split(found, side)
    if within.scope.role == "agent":
        rest = pl.when(pl.col("part") == "others").then(pl.col("unassigned_minor"))
        mine = pl.col("amount_minor") + rest.fill_null(0)
        table = table.with_columns(
            amount_minor=mine,
            share=pl.when(pl.col("pool_minor") != 0).then(mine / pl.col("pool_minor")),
            unassigned_minor=pl.lit(None, dtype=pl.Int64),
        )
    notes = () if asked.unknown or asked.marts.shares.height else (say(rows.NOTHING_SHARED),)
    return Result(table, found.height, say("lines"), notes=notes)


@address(
    "sharing/spending",
    "place, orders, customers, net_minor, part, credited_minor, share_minor, rule_id, rule_version, terms",
    meaning=later(
        "Where the bound customers of an agent (or everybody's) bought in a month, and under which terms; give month and whose."
    ),
    definition=later(
        "own_store: the owning store; sister_store: another store of its agent; online: no store; another_store: another "
        "agent's; head_office: a store without an agent. Parts of net sales after refunds add up to 100 %. Credited: spend that "
        "brought the owner's side a share. Terms: those of the rule behind most of these orders."
    ),
    options={"month": None, "whose": None},
)
def spent(asked: Context, month: str = "", whose: str = "") -> Result:
    """Where did my customers buy, and was I credited? One row per place; none without orders of bound customers.

    Raises:
        UsageError: no such month, or no such agent here.
    """
    within = _of(asked, month, whose)
    orders = rows.bound_orders(within, "agent")
    accruals = asked.marts.shares.filter((pl.col("kind") == "accrual") & (pl.col("currency") == asked.currency))
    table = spending(orders, accruals)
    known = {(rule.rule_id, rule.version): rule for rule in ledger.rules(asked.snapshot.mode)} if table.height else {}
    said = [
        terms(known.get((row["rule_id"], row["rule_version"])), own=row["place"] == "own_store")
        for row in table.iter_rows(named=True)
    ]
    table = table.with_columns(terms=pl.Series(said, dtype=pl.String))
    columns = [
        "place",
        "orders",
        "customers",
        "net_minor",
        "part",
        "credited_minor",
        "share_minor",
        "rule_id",
        "rule_version",
    ]
    return Result(table.select(*columns, "terms"), orders.height, say("orders of bound customers"))


def terms(rule: Rule | None, *, own: bool = False) -> str:
    """A rule in the fewest words: ``12 % pool, the agent gets 33 %``, ``3 % to the bound store``, ``own sale, no pool``."""
    if rule is None or not rule.pool_bps:
        return say("own sale, no pool") if own else say("no pool")
    pool = from_python(f"{rule.pool_bps / 100:g}\u202f%")
    weights = dict(rule.weights)
    if len(weights) == 1:
        return say(_ALL_TO[next(iter(weights))], pool=pool)
    if "agent" in weights:
        return say("{pool} pool, the agent gets {part}", pool=pool, part=whole_percent(weights["agent"] / _BASIS))
    return say("{pool} pool", pool=pool)
