"""Which rule governs which line: every rule's scope as one expression over the lines of orders in their context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metrics.rules import UNMAPPED, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema.sharing import Rule

SCOPE_COLUMNS = (
    "local_on", "is_online", "channel", "category", "product_id", "bound_store_id", "bound_agent_id",
    "bound_agent_level", "bound_status", "selling_store_id", "fulfil_store_id",
)  # fmt: skip
"""What a rule may look at; all of it as it was when the order was paid."""


def choose_rules(lines: pl.DataFrame, rules: Iterable[Rule]) -> pl.DataFrame:
    """Under which rule does each line fall?

    A rule is looked up at the local day of payment. Of those that match, the highest priority wins, then the most
    specific, then the newest (``effective_from``), then the smallest id.

    Args:
        lines: one row per line of a valid order, with ``SCOPE_COLUMNS``.
        rules: every version of every rule; each is in force on ``[effective_from, effective_to)``.

    Returns:
        The lines in their order, with ``rule_id`` and ``rule_version``; both null where no rule matches.

    Raises:
        ContractError: a column is missing.
    """
    require(lines, "lines", *SCOPE_COLUMNS)
    best = ranked(rules)
    empty = pl.lit(None, pl.Int32)
    place = pl.coalesce(*(pl.when(matches(rule)).then(pl.lit(at, pl.Int32)) for at, rule in enumerate(best)), empty)
    chosen = lines.drop("rule_id", "rule_version", strict=False).with_columns(_rule=place)
    ids = pl.DataFrame(
        {
            "_rule": range(len(best)),
            "rule_id": [rule.rule_id for rule in best],
            "rule_version": [rule.version for rule in best],
        },
        schema={"_rule": pl.Int32, "rule_id": pl.String, "rule_version": pl.Int64},
    )
    return chosen.join(ids, on="_rule", how="left", maintain_order="left").drop("_rule")


def ranked(rules: Iterable[Rule]) -> list[Rule]:
    """Rules so that the first that matches a line is the one that governs it."""
    return sorted(
        rules,
        key=lambda rule: (
            -rule.priority,
            -rule.specificity,
            -rule.effective_from.toordinal(),
            rule.rule_id,
            -rule.version,
        ),
    )


def matches(rule: Rule) -> pl.Expr:
    """Whether a rule's days and scope take in a line; false, never null, where something is unknown."""
    tests = [pl.col("local_on") >= rule.effective_from]
    if rule.effective_to is not None:
        tests.append(pl.col("local_on") < rule.effective_to)
    tests += [test for test in (_sold(rule.sold), _fulfilled(rule.fulfilled), _bound(rule.bound)) if test is not None]
    lists: tuple[tuple[pl.Expr, Sequence[str]], ...] = (
        (pl.col("channel"), rule.channels),
        (pl.col("category").fill_null(UNMAPPED), rule.categories),
        (pl.col("product_id"), rule.products),
        (pl.col("bound_agent_id"), rule.agents),
        (pl.col("bound_agent_level"), rule.levels),
    )
    tests += [column.is_in(list(allowed)) for column, allowed in lists if allowed]
    return pl.all_horizontal(tests).fill_null(value=False)


def _sold(word: str) -> pl.Expr | None:
    online = pl.col("is_online").fill_null(value=False)
    own = pl.col("selling_store_id").eq_missing(pl.col("bound_store_id")) & pl.col("bound_store_id").is_not_null()
    return {
        "any": None,
        "online": online,
        "own_store": ~online & own,
        "other_store": ~online & pl.col("selling_store_id").is_not_null() & ~own,
    }[word]


def _fulfilled(word: str) -> pl.Expr | None:
    own = pl.col("fulfil_store_id").eq_missing(pl.col("bound_store_id")) & pl.col("bound_store_id").is_not_null()
    return {
        "any": None,
        "own_store": own,
        "other_store": pl.col("fulfil_store_id").is_not_null() & ~own,
        "nobody": pl.col("fulfil_store_id").is_null(),
    }[word]


def _bound(word: str) -> pl.Expr | None:
    """Nobody's customer is a known one without an owner; an order without a known customer is neither."""
    return {
        "any": None,
        "bound": pl.col("bound_store_id").is_not_null(),
        "unassigned": pl.col("bound_store_id").is_null() & (pl.col("bound_status") == "unassigned"),
    }[word]
