"""What a refund takes back: the cumulative floor (T13), so that no refund ever pays anybody and a full one takes all."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require
from metrics.sharing import ALLOCATION_COLUMNS, ORDER

_LINES: Final = (*ORDER, "line_id", "product_id", "net_minor", "rule_id")
_REFUNDS: Final = ("refund_id", *ORDER, "line_id", "product_id", "refunded_at", "local_on", "goods_minor")


def clawbacks(allocations: pl.DataFrame, lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """What must each receiver give back after these refunds?

    Each receiver has given back ⌊part · refunded base ÷ base⌋ after every refund; the row holds the difference.
    Head office bears the sub-units.

    Args:
        allocations: as ``allocate`` gives them.
        lines: the orders' lines with ``rule_id`` (``choose_rules``), those under no rule included.
        refunds: one row per refund with ``line_id`` and ``product_id`` where named; goods in minor units, positive.

    Returns:
        One row per refund and receiver whose rule's refunded base moved: the allocation's columns (``amount_minor``
        as ``allocated_minor``) with ``refund_id``, ``refunded_at``, ``refunded_on``, ``refunded_minor`` (base refunded
        so far), ``delta_minor`` (≤ 0) and ``cumulative_minor`` (≤ 0), in order of time.

    Raises:
        ContractError: a column is missing.
    """
    require(allocations, "allocations", *ALLOCATION_COLUMNS)
    steps = refunded_bases(lines, refunds).filter(pl.col("refunded_minor") > pl.col("_before"))
    rows = allocations.rename({"amount_minor": "allocated_minor"}).join(
        steps.drop("base_minor"), on=[*ORDER, "rule_id"], how="inner"
    )
    rows = rows.with_columns(
        cumulative_minor=-given_back("allocated_minor", "refunded_minor"),
        _given=-given_back("allocated_minor", "_before"),
    )
    rows = rows.with_columns(delta_minor=pl.col("cumulative_minor") - pl.col("_given")).drop("_given", "_before")
    return rows.sort(*ORDER, "refunded_at", "refund_id", "rule_id", "receiver_kind", "receiver_id")


def given_back(part: str, refunded: str) -> pl.Expr:
    """⌊part · refunded ÷ base⌋ in exact integers."""
    product = pl.col(part).cast(pl.Int128) * pl.col(refunded)
    return (product // pl.col("base_minor").cast(pl.Int128)).cast(pl.Int64)


def pool_balance(allocations: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Where is every minor unit of each order's base now?

    Args:
        allocations: as ``allocate`` gives them.
        taken: as ``clawbacks`` gives them.

    Returns:
        One row per order and rule: ``base_minor``, ``refunded_minor``, ``pool_minor``, ``kept_minor`` (by receivers),
        ``head_office_minor`` (goods) and ``rounding_minor`` (sub-units head office bears, less than one a receiver).
        base = refunded + kept + head office, always.
    """
    group = [*ORDER, "rule_id"]
    pools = allocations.group_by(group).agg(
        pl.col("base_minor", "pool_minor").first(), _shared=pl.col("amount_minor").sum()
    )
    back = taken.group_by(group).agg(pl.col("refunded_minor").max(), _back=-pl.col("delta_minor").sum())
    rows = pools.join(back, on=group, how="left").with_columns(pl.col("refunded_minor", "_back").fill_null(0))
    kept = pl.col("_shared") - pl.col("_back")
    return rows.select(
        *group, "base_minor", "refunded_minor", "pool_minor", kept_minor=kept,
        head_office_minor=pl.col("base_minor") - pl.col("refunded_minor") - kept,
        rounding_minor=given_back("pool_minor", "refunded_minor") - pl.col("_back"),
    ).sort(group)  # fmt: skip


def refunded_bases(lines: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """How much of each rule's base is refunded after each refund, whatever order they come in?

    A refund of a line goes to the line's rule, one of a product to its lines' rule; one of the whole order fills the
    order's rules evenly, in proportion to their bases, above what their own lines gave back. What a rule's base cannot
    hold goes to the whole order. The result depends on the sums alone and never falls for any rule.

    Returns:
        One row per refund and rule of its order, by order, rule and time: ``source, order_id, rule_id, refund_id,
        refunded_at, refunded_on, base_minor, refunded_minor`` (so far) and ``_before`` (until the refund before).
    """
    require(lines, "lines", *_LINES)
    require(refunds, "refunds", *_REFUNDS)
    linked = refunds.select(_REFUNDS).filter(pl.col("goods_minor") > 0)
    linked = linked.sort("refunded_at", "source", "refund_id").with_row_index("_refund")
    numbers = linked.select(ORDER).unique().with_row_index("_order")
    known = (
        lines.select(_LINES).join(numbers, on=ORDER, how="inner").with_columns(_rule=pl.col("rule_id").fill_null(""))
    )
    linked = _addressed(linked.join(numbers, on=ORDER, how="inner", maintain_order="left"), known)
    groups = known.group_by("_order", "_rule").agg(base_minor=pl.col("net_minor").sum().clip(0))
    rows = linked.join(groups.with_row_index("_group"), on="_order", how="inner").sort("_group", "_refund")
    rows = _filled(_given_back_by_lines(rows)).sort("_group", "_refund")
    is_later = pl.col("_group") == pl.col("_group").shift(1)
    return rows.select(
        *ORDER, pl.col("_rule").alias("rule_id"), "refund_id", "refunded_at", pl.col("local_on").alias("refunded_on"),
        "base_minor", "refunded_minor", _before=pl.when(is_later).then(pl.col("refunded_minor").shift(1)).otherwise(0),
    )  # fmt: skip


def _addressed(linked: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Refunds with the rule they belong to in ``_to``; null is the whole order."""
    by_line = known.select("_order", "line_id", _line="_rule").unique(["_order", "line_id"], keep="any")
    by_product = (
        known.drop_nulls("product_id")
        .group_by("_order", "product_id")
        .agg(_product=pl.col("_rule").first(), _rules=pl.col("_rule").n_unique())
        .filter(pl.col("_rules") == 1)
        .drop("_rules")
    )
    rows = linked.join(by_line, on=["_order", "line_id"], how="left", maintain_order="left")
    rows = rows.join(by_product, on=["_order", "product_id"], how="left", maintain_order="left")
    return rows.with_columns(_to=pl.coalesce("_line", "_product")).drop("_line", "_product", "line_id", "product_id")


def _given_back_by_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """So far: what each rule's own lines gave back in ``_own``, what falls on the whole order in ``_whole``."""
    own = pl.when(pl.col("_to") == pl.col("_rule")).then("goods_minor").otherwise(0)
    whole = pl.when(pl.col("_to").is_null()).then("goods_minor").otherwise(0)
    rows = rows.with_columns(_own=_running(own), _whole=_running(whole))
    rows = rows.with_columns(_over=(pl.col("_own") - pl.col("base_minor")).clip(0).sum().over("_refund"))
    return rows.with_columns(_own=pl.min_horizontal("_own", "base_minor"), _whole=pl.col("_whole") + pl.col("_over"))


def _running(amount: pl.Expr) -> pl.Expr:
    """A running sum that begins anew with each group; the rows lie group by group."""
    total = amount.cum_sum()
    begins = (pl.col("_group") != pl.col("_group").shift(1)).fill_null(value=True)
    return total - pl.when(begins).then(total - amount).forward_fill()


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Order-level refunds poured over the rules like water: all rise in proportion to their base until they are full.

    A rule is full when the level at which it fills (its room ÷ its base) needs no more than there is; compared by
    cross-multiplication, so that no fraction is rounded.
    """
    single = pl.len().over("_refund") == 1
    alone = rows.filter(single).with_columns(
        refunded_minor=pl.min_horizontal(pl.col("_own") + pl.col("_whole"), "base_minor")
    )
    several = rows.filter(~single).with_columns(_room=pl.col("base_minor") - pl.col("_own"))
    mine = several.select("_refund", "_rule", "_whole", "_room", "base_minor")
    other = several.select("_refund", _other_room="_room", _other_base="base_minor")
    wide = pl.Int128
    reach = pl.min_horizontal(
        pl.col("_other_room").cast(wide) * pl.col("base_minor"), pl.col("_room").cast(wide) * pl.col("_other_base")
    )
    full = (
        mine.join(other, on="_refund", how="inner")
        .group_by("_refund", "_rule")
        .agg(_full=reach.sum() <= pl.col("_whole").first().cast(wide) * pl.col("base_minor").first())
    )
    several = several.join(full, on=["_refund", "_rule"], how="left")
    is_full = pl.col("_full")
    left = pl.col("_whole") - pl.when(is_full).then("_room").otherwise(0).sum().over("_refund")
    level = pl.when(is_full).then(0).otherwise("base_minor").sum().over("_refund").cast(wide)
    part = (left.cast(wide) * pl.col("base_minor") // level).cast(pl.Int64)
    poured = several.with_columns(
        refunded_minor=pl.when(is_full).then("base_minor").otherwise(pl.col("_own") + part)
    ).drop("_room", "_full")
    return pl.concat([alone, poured])
