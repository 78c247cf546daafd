"""Orders of settled months: their shares stand, whatever became of the order since; only what comes back moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from ledger.lines import ORDER
from metrics.sharing import ALLOCATION_COLUMNS
from metrics.sharing_rules import choose_rules

if TYPE_CHECKING:
    from ledger.moves import Facts

_RULE: Final = [*ORDER, "rule_id"]


def frozen_orders(posted: pl.DataFrame, states: pl.DataFrame, lines: pl.DataFrame, settled_until: str) -> pl.DataFrame:
    """Which valid orders were first posted in a month that is settled by now, and had shares when it was?

    An order whose shares had all been taken back by then has nothing to keep; should it turn out to be valid after all,
    it is like one that comes late.
    """
    shared = states.filter(pl.col("settled_alloc") != 0).select(ORDER).unique()
    old = posted.filter(pl.col("posted_month") <= settled_until).join(lines, on=ORDER, how="semi")
    return old.select(ORDER).join(shared, on=ORDER, how="semi")


def settled_outcome(
    facts: Facts, states: pl.DataFrame, frozen: pl.DataFrame, recorded: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines under the rules they were shared by, and the parts as they were settled.

    Rules are chosen by the owner of that time. Where that does not lead to the pools that were shared, because the
    order is another by now (its lines, its channel, who handed it over), the pools share its present goods in
    proportion to their bases, so that a full refund still takes everything back.

    Args:
        facts: the orders as they are.
        states: what each part stands at.
        frozen: ``source, order_id`` of the orders.
        recorded: their entries so far.
    """
    owner = recorded.sort("seq").group_by(ORDER).agg(pl.col("bound_store_id").last().alias("_bound"))
    agents = facts.stores.select(_bound="store_id", _agent="agent_id")
    held = facts.lines.join(frozen, on=ORDER, how="semi").join(owner, on=ORDER, how="left")
    held = held.join(agents, on="_bound", how="left").with_columns(
        bound_store_id="_bound",
        bound_agent_id="_agent",
        bound_status=pl.when(pl.col("_bound").is_not_null()).then(pl.lit("exact")).otherwise(
            pl.when(pl.col("customer_key").is_not_null()).then(pl.lit("unassigned"))
        ),
    )  # fmt: skip
    held = choose_rules(held.select(facts.lines.columns), facts.rules)
    kept = _standing(states.join(frozen, on=ORDER, how="semi"))
    pools = kept.group_by(_RULE).agg(pl.col("base_minor").max(), pl.col("rule_version").last())
    changed = _changed(held, pools)
    lines = pl.concat([held.join(changed, on=ORDER, how="anti"), _reshaped(held, pools, changed)])
    bases = lines.group_by(_RULE).agg(pl.col("net_minor").sum().alias("base_minor"))
    times = held.unique(ORDER, keep="any").select(*ORDER, "paid_at", "local_on")
    parts = kept.drop("base_minor")
    parts = parts.join(bases, on=_RULE, how="inner").join(times, on=ORDER, how="left")
    return lines, parts.select(ALLOCATION_COLUMNS)


def _standing(states: pl.DataFrame) -> pl.DataFrame:
    """Each part as it stands; of an order taken back meanwhile, which is valid again, as it was settled."""
    taken_back = (pl.col("alloc") == 0).all().over(ORDER)
    amount = pl.when(taken_back).then("settled_alloc").otherwise("alloc")
    return states.with_columns(amount_minor=amount).filter(pl.col("amount_minor") != 0)


def _changed(held: pl.DataFrame, pools: pl.DataFrame) -> pl.DataFrame:
    """Orders one of whose pools no longer rests on the lines it was shared of."""
    now = held.group_by(_RULE).agg(now_minor=pl.col("net_minor").sum())
    both = pools.join(now, on=_RULE, how="left")
    return both.filter(pl.col("base_minor").ne_missing(pl.col("now_minor"))).select(ORDER).unique()


def _reshaped(held: pl.DataFrame, pools: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """One line a pool, at most the order's present goods in all; what no pool was shared of is one more line."""
    goods = held.join(changed, on=ORDER, how="semi").group_by(ORDER).agg(_goods=pl.col("net_minor").sum().clip(0))
    rows = pools.join(goods, on=ORDER, how="inner").sort(_RULE)
    wide = pl.Int128
    upto = pl.col("base_minor").cum_sum().over(ORDER).cast(wide)
    whole = pl.col("base_minor").sum().over(ORDER)
    room = pl.min_horizontal("_goods", whole).cast(wide)
    rows = rows.with_columns(_end=(upto * room // whole.cast(wide)).cast(pl.Int64))
    rows = rows.with_columns(net_minor=pl.col("_end") - pl.col("_end").shift(1, fill_value=0).over(ORDER))
    rest = rows.group_by(ORDER).agg(net_minor=pl.col("_goods").first() - pl.col("net_minor").sum())
    rest = rest.filter(pl.col("net_minor") > 0).with_columns(rule_id=pl.lit(None, pl.String),
                                                             rule_version=pl.lit(None, pl.Int64))  # fmt: skip
    names = [*ORDER, "rule_id", "rule_version", "net_minor"]
    headers = held.unique(ORDER, keep="any").drop("rule_id", "rule_version", "net_minor")
    headers = headers.with_columns(line_id=pl.lit(None, pl.String), product_id=pl.lit(None, pl.String))
    made = pl.concat([rows.select(names), rest.select(names)]).join(headers, on=ORDER, how="inner")
    return made.select(held.columns)
