"""Sharing, money: statements and their lines, the 100 % bar, leakage, and what refunds may still take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from answers import sharing_rows as rows
from answers.known import agent_names, owner_names, store_names
from answers.registry import Result, address
from answers.sharing_why import with_why
from metrics import bound_exposure, bound_money
from metrics.bound_balance import balance
from metrics.bound_rounding import refunded_orders
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import later, say
from schema.sharing import FUND

if TYPE_CHECKING:
    from answers.answer import Context

_KINDS = ("agent", "store", "guide", "fund")
_FUND_NAME = later("Head office's fund")
_STATEMENT = [
    "agent_id", "month", "currency", "opening_minor", "accrued_minor", "clawback_minor", "paid_minor", "adjust_minor",
    "closing_minor", "held_minor", "payable_minor", "entries", "digest", "statement_id", "is_open", "receiver_kind",
    "receiver_id", "name", "store_id",
]  # fmt: skip
_LINE = [
    "seq", "at", "local_on", "kind", "role", "amount_minor", "currency", "source", "order_id", "customer_id", "order_on",
    "channel", "bound_store_id", "selling_store_id", "rule_id", "rule_version", "base_minor", "pool_minor", "refund_id",
    "eligible_on", "statement_id", "why",
]  # fmt: skip


def _notes(asked: Context) -> tuple[str, ...]:
    return () if asked.unknown or asked.marts.shares.height else (say(rows.NOTHING_SHARED),)


def _named(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    """Receivers called what people call them; a guide has an id alone."""
    names = {**owner_names(asked.marts), FUND: say(_FUND_NAME)}
    return table.with_columns(name=pl.col("receiver_id").replace(names))


@address(
    "sharing/statement",
    ", ".join(_STATEMENT),
    meaning=later("Statements of agents, stores, guides or the fund by month; open months as they stand now."),
    definition=later(
        "Opening + accrued + clawed back + paid + adjusted = closing. Held may not be paid out yet (15 days after "
        "completion); payable is what is left and not negative. A settled month has a digest over its lines and never changes; "
        "an open month has none."
    ),
    options={"by": _KINDS, "receiver": None},
)
def statement(asked: Context, by: str = "agent", receiver: str = "") -> Result:
    """What does each account hold? One row per receiver and month that the period touches, by name and month.

    Raises:
        UsageError: no such receiver here.
    """
    first, last = rows.month_range(asked)
    found = rows.statements(asked).filter(pl.col("receiver_kind") == by)
    if receiver:
        found = _of_receiver(asked, found, receiver)
    found = found.filter(pl.col("month").is_between(pl.lit(first), pl.lit(last)))
    table = _named(asked, found).select(_STATEMENT).sort("name", "receiver_id", "month")
    return Result(table, int(table["entries"].sum()), say("entries"), notes=_notes(asked))


def _of_receiver(asked: Context, found: pl.DataFrame, receiver: str) -> pl.DataFrame:
    mine = found.filter(pl.col("receiver_id") == receiver)
    if mine.is_empty() and not asked.unknown:
        msg = say("No statement of {receiver} here.", receiver=receiver[:60])
        raise UsageError(msg)
    return mine


@address(
    "sharing/lines",
    ", ".join(_LINE),
    meaning=later(
        "The entries behind one statement, or behind an open month: give statement, or by, receiver and month."
    ),
    definition=later(
        "One row a ledger entry, signed, in the order it was written; a settled statement's digest is taken over them. "
        "Why: what bound the order's customer to that store; it is told beside the entry and is no part of the digest."
    ),
    options={"statement": None, "by": _KINDS, "receiver": None, "month": None},
)
def entries(asked: Context, statement: str = "", by: str = "agent", receiver: str = "", month: str = "") -> Result:
    """What is the statement made of? One row per entry; none while no statement is named.

    Raises:
        UsageError: no such statement here.
    """
    wanted = pl.lit(value=False)
    if statement:
        wanted = pl.col("statement_id") == statement
    elif receiver:
        wanted = (pl.col("receiver_kind") == by) & (pl.col("receiver_id") == receiver)
        wanted = wanted & (pl.col("month") == month) if month else wanted
    found = rows.shares(asked).filter(wanted).sort("seq")
    asked_for = statement or " ".join(part for part in (by, receiver, month) if part)
    if found.is_empty() and (statement or receiver) and not asked.unknown and not _is_known(asked, statement, receiver):
        msg = say("No statement {name} here.", name=asked_for[:80])
        raise UsageError(msg)
    table = rows.discreet(asked, rows.called(asked, with_why(asked, found)), "bound_store_id", "selling_store_id")
    return Result(table.select(_LINE), table.height, say("entries"), notes=_notes(asked))


def _is_known(asked: Context, statement: str, receiver: str) -> bool:
    """Whether a statement without a single entry exists: a balance carried through a quiet month."""
    known = rows.statements(asked)
    return statement in known["statement_id"] if statement else receiver in known["receiver_id"]


@address(
    "sharing/balance",
    "month, pool_minor, distributed_minor, unassigned_minor, hq_rounding_minor, share, others_minor, clawback_minor, "
    "adjust_minor, orders",
    meaning=later("Allocated against distributed by month: unassigned must be 0."),
    definition=later(
        "Pool: each order's pool under each rule, once. Distributed: all accruals. Unassigned = pool − distributed. HQ "
        "rounding: what head office bears because every receiver gives back whole minor units only. An agent sees only "
        "own accruals; the rest of those pools is others', and whether it balances is head office's to check."
    ),
)
def bar(asked: Context) -> Result:
    """Is every minor unit accounted for? One row per month that the period touches."""
    first, last = rows.month_range(asked)
    pools = rows.pools(asked)
    table = balance(pools, refunded_orders(pools, spelled(asked.marts.orders), spelled(asked.marts.refunds)))
    table = table.filter(pl.col("month").is_between(pl.lit(first), pl.lit(last)))
    nobody = pl.lit(None, dtype=pl.Int64)
    table = table.with_columns(others_minor=nobody)
    if asked.scope.role == "agent":
        table = table.with_columns(
            others_minor=pl.col("unassigned_minor"), unassigned_minor=nobody, hq_rounding_minor=nobody
        )
    return Result(table, int(table["orders"].sum()), say("orders with a pool"), notes=_notes(asked))


_LEAKAGE = later(
    "Leakage = what bound customers spent elsewhere (another store, online) ÷ all they spent while bound. Credited leakage = "
    "the part of that spend for which the owner received a share; the rest is lost to them. After refunds."
)


@address(
    "sharing/leakage",
    "group, name, spend_minor, own_minor, elsewhere_minor, leakage, credited_minor, credited_leakage, share_minor, "
    "customers, orders",
    meaning=later("What bound customers spend away from their owner, and for how much of it the owner gets a share."),
    definition=_LEAKAGE,
    options={"by": ("store", "agent")},
)
def leaks(asked: Context, by: Literal["store", "agent"] = "store") -> Result:
    """Who loses, and is it made good? One row per store or agent, most leakage money first."""
    orders = rows.bound_orders(asked, by)
    names = store_names(asked.marts) if by == "store" else agent_names(asked.marts)
    table = bound_money.leakage(orders, by).with_columns(name=pl.col("group").replace(names))
    return Result(table, orders.height, say("orders of bound customers"), notes=_notes(asked))


@address(
    "sharing/journey",
    "where, orders, customers, net_minor, share_minor, part, credited_orders",
    meaning=later("My bound customers: where they bought, and what was credited to me."),
    definition=later(
        "Own store, another store, online (or without a store), a store of head office without an agent; parts of net "
        "sales after refunds add up to 100 %. Share: what those orders brought the owner, after clawbacks."
    ),
    options={"by": ("agent", "store")},
)
def paths(asked: Context, by: Literal["store", "agent"] = "agent") -> Result:
    """Where do my customers buy? One row per kind of place, in order; none without orders of bound customers."""
    orders = rows.bound_orders(asked, by)
    return Result(bound_money.journey(orders), orders.height, say("orders of bound customers"), notes=_notes(asked))


@address(
    "sharing/exposure",
    "age_days, to_days, accrued_minor, refund_probability, exposure_minor, orders",
    meaning=later("Accrued and not yet paid shares × how likely orders of that age are still refunded."),
    definition=later(
        "Probability at age a = (R(90) − R(a)) ÷ (1 − R(a)), where R is the part of the goods refunded within so many "
        "days, on orders at least 90 days old, online and offline apart. Later refunds are left out. As of as-of, whatever the "
        "period."
    ),
)
def exposed(asked: Context) -> Result:
    """How much will come back? One row per age of the orders, youngest first."""
    one = pl.col("currency") == asked.currency
    orders = spelled(asked.marts.orders.filter(one))
    refunds = spelled(asked.marts.refunds.filter(one))
    chances = bound_exposure.refund_paths(orders, refunds, as_of=asked.as_of)
    rest = bound_exposure.unpaid(rows.shares(asked))
    table = bound_exposure.exposure(rest, chances, as_of=asked.as_of)
    behind = int(chances.unique("channel_group")["orders"].sum())
    notes = (
        say(
            "Probabilities rest on {n} orders at least {days} days old.",
            n=behind,
            days=bound_exposure.HORIZON_DAYS,
        ),
    )
    return Result(table, rest.height, say("unpaid shares"), notes=notes if table.height else _notes(asked))
