"""What must be posted so that the ledger says what the facts say: nothing is rewritten, differences are added.

Whatever the order in which facts arrive, each receiver's balance for an order ends at its part of the pool less the
cumulative floor of what was refunded (T12, T13). An order first posted in a month that is settled by now keeps its
shares; only refunds still to come, and its disappearance, move them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from ledger.frozen import frozen_orders, settled_outcome
from ledger.lines import ORDER
from ledger.payouts import eligible_on
from ledger.spells import contract
from metrics.sharing import allocate
from metrics.sharing_refunds import clawbacks
from metrics.sharing_rules import choose_rules
from schema.marts import Shares
from schema.sharing import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.sharing import Rule

PART: Final = [*ORDER, "rule_id", "role", "receiver_kind", "receiver_id"]
"""One receiver's part of one pool."""

ENTRY: Final = {name: kind for name, kind in contract(Shares).items() if name not in {"seq", "statement_id"}}
"""Columns of an entry, without its key."""

RECORDED: Final = {"seq": pl.Int64(), **ENTRY}
"""Columns of the entries that exist already."""

_ABOUT: Final = (
    "rule_version", "store_id", "agent_id", "base_minor", "pool_minor", "currency", "customer_key", "channel",
    "bound_store_id", "selling_store_id",
)  # fmt: skip
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Facts:
    """What some orders are now.

    Attributes:
        lines: their lines in context (``ledger.lines``).
        refunds: all refunds of these orders so far.
        stores: canonical ``Stores``.
        rules: every version of every rule.
    """

    lines: pl.DataFrame
    refunds: pl.DataFrame
    stores: pl.DataFrame
    rules: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be posted.

    Attributes:
        entries: columns ``ENTRY`` and ``entry_key``, in the order to post.
        eligible: ``source, order_id, eligible_on`` of posted orders whose day was unknown and is known now.
    """

    entries: pl.DataFrame
    eligible: pl.DataFrame


def due(facts: Facts, recorded: pl.DataFrame, *, settled_until: str, first_open: str) -> Due:
    """Which entries are missing?

    Args:
        facts: the orders as they are.
        recorded: every entry of these orders so far, and of orders that are no longer valid (``RECORDED``).
        settled_until: last settled month; empty when none is.
        first_open: where entries of settled months go.

    Returns:
        Accruals of orders that have none, corrections where the outcome of an order in an open month changed or an
        order is no longer valid, clawbacks of refunds that have none, and payout days learnt meanwhile.
    """
    posted = _posted(recorded)
    states = _states(recorded, settled_until)
    frozen = frozen_orders(posted, states, facts.lines, settled_until)
    lines, parts = _outcome(facts, states, frozen, recorded)
    days = lines.unique(ORDER, keep="any").select(*ORDER, "paid_at", "local_on", eligible_on())
    headers = pl.concat([days, _gone(recorded, days)], how="vertical_relaxed").join(posted, on=ORDER, how="left")
    taken = _taken(parts, lines, facts.refunds, recorded)
    both = _side_by_side(parts, states, headers, taken, settled_until)
    entries = pl.concat([_accruals(both), _corrections(both), _corrections_of_refunds(both), _clawbacks(both, taken)])
    entries = entries.filter(pl.col("amount_minor") != 0)
    return Due(
        _in_order(entries.with_columns(month=pl.max_horizontal("month", pl.lit(first_open)))), _learnt(recorded, days)
    )


def _posted(recorded: pl.DataFrame) -> pl.DataFrame:
    """In which month and as of which day each order's shares were first posted, and the refund posted last."""
    of_refund = pl.col("refund_id").is_not_null()
    return (
        recorded.sort("seq")
        .group_by(ORDER)
        .agg(
            posted_month=pl.col("month").filter(~of_refund).min(),
            posted_on=pl.col("order_on").min(),
            last_at=pl.col("at").filter(of_refund).last(),
            last_on=pl.col("local_on").filter(of_refund).last(),
            last_refund=pl.col("refund_id").filter(of_refund).last(),
        )
    )


def _states(recorded: pl.DataFrame, settled_until: str) -> pl.DataFrame:
    """What each part stands at: its share, now and as settled, what was taken back, and what was last said of it."""
    of_refund = pl.col("refund_id").is_not_null()
    is_settled = pl.col("month") <= settled_until
    return (
        recorded.sort("seq")
        .group_by(PART, maintain_order=True)
        .agg(
            pl.col("amount_minor").filter(~of_refund).sum().alias("alloc"),
            pl.col("amount_minor").filter(~of_refund, is_settled).sum().alias("settled_alloc"),
            pl.col("amount_minor").filter(of_refund).sum().alias("claw"),
            pl.len().alias("posts"),
            *[pl.col(c).last() for c in _ABOUT],
        )
    )


def _outcome(
    facts: Facts, states: pl.DataFrame, frozen: pl.DataFrame, recorded: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines with their rule, and everybody's part: by today's facts, or as posted where the month is settled."""
    free = choose_rules(facts.lines.join(frozen, on=ORDER, how="anti"), facts.rules)
    parts = allocate(free, facts.rules, facts.stores)
    if frozen.is_empty():
        return free, parts
    held, kept = settled_outcome(facts, states, frozen, recorded)
    return pl.concat([free, held]), pl.concat([parts, kept], how="vertical_relaxed")


def _gone(recorded: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """When orders that are no longer valid were paid, from what was posted."""
    rows = recorded.join(days, on=ORDER, how="anti").filter(pl.col("kind") == "accrual")
    return rows.group_by(ORDER).agg(paid_at=pl.col("at").min(), local_on=pl.col("order_on").min(),
                                    eligible_on=pl.col("local_on").min())  # fmt: skip


def _taken(parts: pl.DataFrame, lines: pl.DataFrame, refunds: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """What each refund takes from each part, those already posted first and in the order in which they were."""
    known = recorded.filter(pl.col("refund_id").is_not_null()).group_by("source", "refund_id").agg(
        _seq=pl.col("seq").min()
    )  # fmt: skip
    ranked = refunds.join(known, on=["source", "refund_id"], how="left").with_columns(
        is_new=pl.col("_seq").is_null(), true_at="refunded_at"
    )
    ranked = ranked.with_columns(
        refunded_at=pl.coalesce(pl.lit(_EPOCH) + pl.duration(microseconds="_seq"), "refunded_at")
    )
    about = ranked.select("source", "refund_id", "is_new", "true_at", refund_on="local_on")
    taken = clawbacks(parts, lines, ranked.select(refunds.columns))
    taken = taken.join(about, on=["source", "refund_id"], how="left").sort("refunded_at", "refund_id")
    level = pl.max_horizontal("cumulative_minor", -pl.col("allocated_minor"))
    taken = taken.with_columns(cumulative_minor=level)
    return taken.with_columns(
        delta_minor=pl.col("cumulative_minor") - pl.col("cumulative_minor").shift(1, fill_value=0).over(PART)
    )


def _side_by_side(
    parts: pl.DataFrame, states: pl.DataFrame, headers: pl.DataFrame, taken: pl.DataFrame, settled_until: str
) -> pl.DataFrame:
    """Each part as it should be (``wanted``) and as posted (``alloc``, ``claw``).

    ``start`` is what refunds posted so far should have taken: new refunds go on from there. The share of a settled month
    stands, but what came back is a part of the goods that the order has now.
    """
    old = states.select(*PART, "alloc", "claw", "posts", *[pl.col(c).alias(f"{c}_old") for c in _ABOUT])
    wanted = parts.rename({"amount_minor": "wanted"}).drop("paid_at", "local_on")
    rows = wanted.join(old, on=PART, how="full", coalesce=True)
    rows = rows.with_columns(pl.coalesce(c, f"{c}_old").alias(c) for c in _ABOUT).join(headers, on=ORDER, how="inner")
    sums = taken.group_by(PART).agg(
        before=pl.col("delta_minor").filter(~pl.col("is_new")).sum(), after=pl.col("delta_minor").sum()
    )
    rows = rows.join(sums, on=PART, how="left").with_columns(
        pl.col("wanted", "alloc", "claw", "posts", "before", "after").fill_null(0)
    )
    is_moved = (pl.col("wanted") != pl.col("alloc")) & pl.col("posted_month").is_not_null()
    rows = rows.with_columns(moved=is_moved.any().over(ORDER))
    is_frozen = (pl.col("posted_month") <= settled_until).fill_null(value=False)
    start = pl.when(pl.col("moved") | is_frozen).then("before").otherwise(pl.max_horizontal("claw", "after"))
    return rows.with_columns(start=start)


def _accruals(both: pl.DataFrame) -> pl.DataFrame:
    rows = both.filter(pl.col("posted_month").is_null())
    return _entries(rows, "accrual", "wanted", posted=None)


def _corrections(both: pl.DataFrame) -> pl.DataFrame:
    """The share itself changed: another owner, another rule, another amount, or no order any more."""
    rows = both.filter(pl.col("moved")).with_columns(_diff=pl.col("wanted") - pl.col("alloc"))
    return _entries(rows, "adjust", "_diff", posted="posted_month").filter(pl.col("amount_minor") != 0)


def _corrections_of_refunds(both: pl.DataFrame) -> pl.DataFrame:
    """What earlier refunds took must follow the new share."""
    rows = both.filter(pl.col("posted_month").is_not_null()).with_columns(_diff=pl.col("start") - pl.col("claw"))
    rows = rows.filter(pl.col("_diff") != 0).with_columns(
        paid_at=pl.coalesce("last_at", "paid_at"), _day=pl.coalesce("last_on", "local_on"),
        _refund=pl.coalesce("last_refund", pl.lit("")),
    )  # fmt: skip
    return _entries(rows, "adjust", "_diff", posted="posted_month", day="_day", refund="_refund")


def _clawbacks(both: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """New refunds, each down to where the part must stand after it and never up again."""
    state = both.select(*PART, "start", "local_on", "posted_month", "posted_on")
    rows = taken.drop("local_on").filter("is_new").join(state, on=PART, how="inner", maintain_order="left")
    level = pl.min_horizontal("cumulative_minor", "start")
    rows = rows.with_columns(_level=level).with_columns(
        _diff=pl.col("_level") - pl.coalesce(pl.col("_level").shift(1).over(PART), "start")
    )
    month = pl.coalesce("posted_month", pl.col("local_on").dt.strftime("%Y-%m"))
    rows = rows.with_columns(posted_month=month, paid_at="true_at", eligible_on="refund_on", posts=pl.lit(0))
    return _entries(rows, "clawback", "_diff", posted="posted_month", day="refund_on", refund="refund_id").filter(
        pl.col("amount_minor") != 0
    )


def _entries(
    rows: pl.DataFrame, kind: str, amount: str, *, posted: str | None, day: str = "local_on", refund: str | None = None
) -> pl.DataFrame:
    refund_id = pl.lit(None, pl.String) if refund is None else pl.col(refund)
    month = pl.col(day).dt.strftime("%Y-%m")
    named = {
        "kind": pl.lit(kind),
        "amount_minor": pl.col(amount),
        "at": pl.col("paid_at"),
        "local_on": pl.col(day),
        "month": month if posted is None else pl.max_horizontal(month, pl.col(posted)),
        "eligible_on": pl.col("eligible_on") if refund is None else pl.col(day),
        "order_on": pl.coalesce("posted_on", "local_on"),
        "refund_id": refund_id,
    }
    key = [pl.lit(kind), *[pl.col(c) for c in (*ORDER, "rule_id", "role")],
           pl.format("{}:{}", "receiver_kind", "receiver_id"), refund_id.fill_null("")]  # fmt: skip
    if kind == "adjust":
        key.append(pl.col("posts").cast(pl.String))
    columns = [named.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in ENTRY.items()]
    return rows.select(*columns, entry_key=pl.concat_str(key, separator="|"))


def _in_order(entries: pl.DataFrame) -> pl.DataFrame:
    role = pl.col("role").replace_strict(list(ROLES), list(range(len(ROLES))), return_dtype=pl.Int8)
    kind = pl.col("kind").replace_strict({"accrual": 0, "adjust": 1, "clawback": 2}, return_dtype=pl.Int8)
    return entries.sort("at", *ORDER, kind, "rule_id", role, "receiver_kind", "receiver_id", "entry_key")


def _learnt(recorded: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    waiting = recorded.filter(pl.col("refund_id").is_null() & pl.col("eligible_on").is_null()).select(ORDER).unique()
    return waiting.join(days, on=ORDER).drop_nulls("eligible_on").select(*ORDER, "eligible_on").sort(ORDER)
