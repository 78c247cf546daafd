"""What each receiver gets from many orders once their refunds are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.sharing import ORDER, order_groups, split_groups
from metrics.sharing_refunds import given_back, refunded_bases
from metrics.sharing_rules import choose_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema.sharing import Rule

RECEIVER: Final = ("receiver_kind", "receiver_id", "store_id", "agent_id")
_GROUP: Final = (*ORDER, "rule_id")


def shares_by_receiver(
    lines: pl.DataFrame, refunds: pl.DataFrame, rules: Iterable[Rule], stores: pl.DataFrame | None = None
) -> pl.DataFrame:
    """How much does each receiver keep of these orders?

    Args:
        lines: as ``allocate`` takes them, of one currency.
        refunds: as ``clawbacks`` takes them; those of other orders do not matter.
        rules: every version of every rule.
        stores: ``store_id`` and ``agent_id``, as for ``allocate``.

    Returns:
        One row per receiver, ``RECEIVER`` and ``amount_minor``: Σ of the parts less Σ of what refunds took back, to
        the unit what the ledger would post. No lines give an empty table.

    Raises:
        ContractError: a column is missing.
    """
    every = tuple(rules)
    return shares_of_groups(groups_after_refunds(choose_rules(lines, every), refunds), every, stores)


def groups_after_refunds(chosen: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """One row per order and rule as ``order_groups`` gives it, with ``refunded_minor``: how much of its base came back.

    Args:
        chosen: lines with ``rule_id`` and ``rule_version``, those under no rule included.
        refunds: as ``clawbacks`` takes them.
    """
    groups = order_groups(chosen, ())
    taken = refunded_bases(chosen, refunds).group_by(_GROUP).agg(pl.col("refunded_minor").max())
    return groups.join(taken, on=_GROUP, how="left").with_columns(pl.col("refunded_minor").fill_null(0))


def shares_of_groups(groups: pl.DataFrame, rules: Sequence[Rule], stores: pl.DataFrame | None = None) -> pl.DataFrame:
    """How much does each receiver keep of the groups of ``groups_after_refunds``? As ``shares_by_receiver`` says it."""
    parts = split_groups(groups, rules, stores)
    whole = parts.filter(pl.col("refunded_minor") == 0).select(*RECEIVER, "amount_minor")
    rest = parts.filter(pl.col("refunded_minor") > 0).with_columns(
        amount_minor=pl.col("amount_minor") - given_back("amount_minor", "refunded_minor")
    )
    return summed([whole, rest.select(whole.columns)])


def summed(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Amounts of several tables added up per receiver."""
    return pl.concat(parts).group_by(RECEIVER).agg(pl.col("amount_minor").sum()).sort(RECEIVER)


def gini(amounts: Sequence[int]) -> float | None:
    """How unequal are amounts: 0 when all get the same, towards 1 when one gets all?

    Returns:
        The Gini coefficient; negative amounts count as 0; None when nobody gets anything.

    Examples:
        >>> gini([100, 200, 300, 400, 1000])
        0.4
    """
    ordered = sorted(max(0, amount) for amount in amounts)
    total, n = sum(ordered), len(ordered)
    if not total:
        return None
    return sum((2 * at - n - 1) * amount for at, amount in enumerate(ordered, start=1)) / (n * total)
