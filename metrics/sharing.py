"""Who gets which part of an order: one pool per order and rule, split in whole minor units (T12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import require
from metrics.sharing_rules import choose_rules
from schema.errors import UsageError
from schema.language import say
from schema.sharing import FUND, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema.sharing import Rule

WHOLE_BPS: Final = 10_000
ORDER: Final = ("source", "order_id")

_KIND: Final = {
    "store": "store", "fulfiller": "store", "seller": "store", "agent": "agent", "guide": "guide", "upline": "guide",
    "fund": "fund",
}  # fmt: skip
_RECEIVER: Final = {
    "store": "bound_store_id", "fulfiller": "fulfil_store_id", "seller": "selling_store_id",
    "agent": "bound_agent_id", "guide": "_guide", "upline": "upline_guide_id", "fund": "_fund",
}  # fmt: skip
_STORE: Final = {
    "store": "bound_store_id", "fulfiller": "fulfil_store_id", "seller": "selling_store_id", "guide": "guide_store_id",
}  # fmt: skip
_HEIRS: Final = {
    "store": ("fulfiller", "seller", "guide", "upline"),
    "agent": ("store",),
    "fund": ("agent",),
}
"""Who stands in for roles without receiver, in the order in which weights are passed on."""

_SAME: Final = (("store", "fulfiller"), ("store", "seller"), ("fulfiller", "seller"), ("guide", "upline"))
_HEADER: Final = (
    "currency", "paid_at", "local_on", "customer_key", "channel", "bound_store_id", "bound_agent_id",
    "selling_store_id", "fulfil_store_id", "guide_id", "guide_store_id", "upline_guide_id", "bound_guide_id",
)  # fmt: skip
ALLOCATION_COLUMNS: Final = (
    "source", "order_id", "rule_id", "rule_version", "role", "receiver_kind", "receiver_id", "store_id", "agent_id",
    "base_minor", "pool_minor", "amount_minor", "currency", "paid_at", "local_on", "customer_key", "channel",
    "bound_store_id", "selling_store_id",
)  # fmt: skip


def allocate(lines: pl.DataFrame, rules: Iterable[Rule], stores: pl.DataFrame | None = None) -> pl.DataFrame:
    """Who is owed what for these orders?

    Lines of one order under one rule share one pool: the base (Σ net, shipping never) times ``pool_bps``, rounded half
    up. The pool is split by weight with the integer largest remainder; ties go to the role that stands first. A role
    without receiver passes its weight on: guide, upline, fulfiller, seller → the bound store → its agent → the fund.
    Weights that end at the same receiver are one part.

    Args:
        lines: one row per line of a valid order in its context (as ``choose_rules`` takes it); with ``rule_id`` and
            ``rule_version`` already chosen, or without.
        rules: every version of every rule.
        stores: ``store_id`` and ``agent_id``, to name the agent of a receiving store that is not the bound one.

    Returns:
        One row per order, rule and receiver with ``ALLOCATION_COLUMNS``, by order, rule and role. The rows of one
        order and rule sum to ``pool_minor``; parts of 0 have no row. No lines give an empty table.

    Raises:
        ContractError: a column is missing.
        UsageError: a line names a rule that is not among the rules.
    """
    every = tuple(rules)
    parts = split_groups(order_groups(lines, every), every, stores)
    role = pl.col("role").replace_strict(list(ROLES), list(range(len(ROLES))), return_dtype=pl.Int8)
    return parts.sort(*ORDER, "rule_id", role)


def order_groups(lines: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """One row per order and rule: its base and the order's header; lines under no rule are left out."""
    require(lines, "lines", *ORDER, "net_minor", *_HEADER)
    chosen = lines if "rule_id" in lines.columns else choose_rules(lines, rules)
    return (
        chosen.filter(pl.col("rule_id").is_not_null())
        .group_by(*ORDER, "rule_id", "rule_version")
        .agg(pl.col("net_minor").sum().alias("base_minor"), *(pl.col(name).first() for name in _HEADER))
    )


def split_groups(groups: pl.DataFrame, rules: Sequence[Rule], stores: pl.DataFrame | None = None) -> pl.DataFrame:
    """The pools of ``order_groups`` split; ``ALLOCATION_COLUMNS`` (and ``refunded_minor`` if given), in no order."""
    given = {role for rule in rules for role, bps in rule.weights if bps}
    roles = [role for role in ROLES if role in given or role in _HEIRS]
    exact = _exact(groups, rules)
    wide = _with_pool(groups, rules, roles, exact)
    wide = _parted(_merged(_passed_on(wide, roles), roles), roles, exact)
    extra = [name for name in groups.columns if name == "refunded_minor"]
    return _with_agent(pl.concat([_rows_of(wide, role, extra) for role in roles]), stores)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """How is a whole amount divided by weights so that nothing is lost (T12)?

    Floors first, then one unit each by the largest remainder; ties go to the earlier weight. A negative total is
    divided like its positive mirror.

    Args:
        total: minor units.
        weights: whole, not negative, not all 0.

    Returns:
        One part per weight; they sum to ``total``.

    Raises:
        UsageError: a weight is negative, or all are 0.

    Examples:
        >>> largest_remainder(15_420, [5_000, 3_333, 1_667])
        [7710, 5139, 2571]
        >>> largest_remainder(100, [1, 1, 1])
        [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        msg = say(
            "The weights {weights} cannot divide anything; give at least one above 0.",
            weights=", ".join(map(str, weights)) or say("(none)"),
        )
        raise UsageError(msg)
    if total < 0:
        return [-part for part in largest_remainder(-total, weights)]
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in order[: total - sum(parts)]:
        parts[at] += 1
    return parts


def _exact(groups: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataType:
    """Integers wide enough for a base times a weight: 64 bits where they are, which is quick, else 128."""
    largest = groups.select(pl.col("base_minor").abs().max().fill_null(0)).item()
    factor = max(
        [2 * WHOLE_BPS, *(rule.pool_bps for rule in rules), *(sum(dict(rule.weights).values()) for rule in rules)]
    )
    return pl.Int64() if largest * factor < 1 << 62 else pl.Int128()


def _with_pool(groups: pl.DataFrame, rules: Sequence[Rule], roles: Sequence[str], exact: pl.DataType) -> pl.DataFrame:
    """Each group with its pool and the weight of every role; groups without a pool are left out."""
    key = ["rule_id", "rule_version"]
    table = pl.DataFrame(
        [
            {"rule_id": rule.rule_id, "rule_version": rule.version, "_pool_bps": rule.pool_bps}
            | {f"_w_{role}": dict(rule.weights).get(role, 0) for role in roles}
            for rule in rules
        ],
        schema={"rule_id": pl.String, "rule_version": pl.Int64, "_pool_bps": pl.Int64}
        | {f"_w_{role}": pl.Int64 for role in roles},
    )
    unknown = groups.select(key).join(table, on=key, how="anti")
    if not unknown.is_empty():
        which = ", ".join(f"{one} version {two}" for one, two in unknown.unique().sort(key).rows())
        msg = say(
            "Rules named by {n} of the orders are not among the rules: {which}. Give every version.",
            n=unknown.height,
            which=which,
        )
        raise UsageError(msg)
    rows = groups.join(table, on=key, how="inner")
    pool = (pl.col("base_minor").cast(exact) * pl.col("_pool_bps") + WHOLE_BPS // 2) // WHOLE_BPS
    return rows.with_columns(pool_minor=pool.cast(pl.Int64)).filter(pl.col("pool_minor") > 0)


def _passed_on(wide: pl.DataFrame, roles: Sequence[str]) -> pl.DataFrame:
    """Weights of roles without receiver moved to whoever stands in for them."""
    rows = wide.with_columns(_guide=pl.coalesce("guide_id", "bound_guide_id"), _fund=pl.lit(FUND))
    for heir, ones in _HEIRS.items():
        givers = [role for role in ones if role in roles]
        gone = {role: pl.col(_RECEIVER[role]).is_null() for role in givers}
        lost = [pl.when(is_gone).then(pl.col(f"_w_{role}")).otherwise(0) for role, is_gone in gone.items()]
        kept = {role: pl.when(~is_gone).then(pl.col(f"_w_{role}")).otherwise(0) for role, is_gone in gone.items()}
        rows = rows.with_columns(
            pl.sum_horizontal(pl.col(f"_w_{heir}"), *lost).alias(f"_w_{heir}"),
            *(weight.alias(f"_w_{role}") for role, weight in kept.items()),
        )
    return rows


def _merged(wide: pl.DataFrame, roles: Sequence[str]) -> pl.DataFrame:
    """Roles that are the same receiver made one, under the role that stands first."""
    rows = wide
    for first, second in _SAME:
        if first not in roles or second not in roles:
            continue
        one, two = pl.col(f"_w_{first}"), pl.col(f"_w_{second}")
        same = (one > 0) & (pl.col(_RECEIVER[first]) == pl.col(_RECEIVER[second]))
        rows = rows.with_columns(
            pl.when(same).then(one + two).otherwise(one).alias(f"_w_{first}"),
            pl.when(same).then(0).otherwise(two).alias(f"_w_{second}"),
        )
    return rows


def _parted(wide: pl.DataFrame, roles: Sequence[str], exact: pl.DataType) -> pl.DataFrame:
    """Integer largest remainder across the roles of each row, in ``_a_<role>``."""
    whole = pl.sum_horizontal(f"_w_{role}" for role in roles).cast(exact)
    products = {role: pl.col("pool_minor").cast(exact) * pl.col(f"_w_{role}") for role in roles}
    rows = wide.with_columns(_whole=whole).with_columns(
        (product // pl.col("_whole")).cast(pl.Int64).alias(f"_a_{role}") for role, product in products.items()
    )
    rows = rows.with_columns(
        *(
            (product - pl.col(f"_a_{role}").cast(exact) * pl.col("_whole")).cast(pl.Int64).alias(f"_r_{role}")
            for role, product in products.items()
        ),
        _missing=pl.col("pool_minor") - pl.sum_horizontal(f"_a_{role}" for role in roles),
    )
    return rows.with_columns(
        (pl.col(f"_a_{role}") + (_rank(role, roles) < pl.col("_missing")).cast(pl.Int64)).alias(f"_a_{role}")
        for role in roles
    )


def _rank(role: str, roles: Sequence[str]) -> pl.Expr:
    """How many roles come before this one when single units are handed out."""
    own = pl.col(f"_r_{role}")
    at = roles.index(role)
    before = [pl.col(f"_r_{other}") >= own for other in roles[:at]]
    after = [pl.col(f"_r_{other}") > own for other in roles[at:]]  # never above itself
    return pl.sum_horizontal(test.cast(pl.Int8) for test in (*before, *after)).cast(pl.Int64)


def _rows_of(wide: pl.DataFrame, role: str, extra: Sequence[str]) -> pl.DataFrame:
    """The receivers of one role, one row each."""
    store = pl.col(_STORE[role]) if role in _STORE else pl.lit(None, pl.String)
    is_bound = pl.lit(value=True) if role == "agent" else store == pl.col("bound_store_id")
    named = {
        "role": pl.lit(role),
        "receiver_kind": pl.lit(_KIND[role]),
        "receiver_id": pl.col(_RECEIVER[role]),
        "store_id": store,
        "agent_id": pl.when(is_bound).then(pl.col("bound_agent_id")),
        "amount_minor": pl.col(f"_a_{role}"),
    }
    return wide.filter(pl.col(f"_a_{role}") > 0).select(
        *(named.get(name, pl.col(name)).alias(name) for name in ALLOCATION_COLUMNS), *extra
    )


def _with_agent(parts: pl.DataFrame, stores: pl.DataFrame | None) -> pl.DataFrame:
    """The agent of a receiving store that is not the bound one, where the stores are known."""
    if stores is None:
        return parts
    known = stores.select("store_id", _agent="agent_id").drop_nulls().unique("store_id")
    rows = parts.join(known, on="store_id", how="left")
    elsewhere = (pl.col("store_id") != pl.col("bound_store_id")).fill_null(value=True)
    agent = pl.when(elsewhere).then(pl.coalesce("agent_id", "_agent")).otherwise("agent_id")
    return rows.with_columns(agent_id=agent).drop("_agent")
