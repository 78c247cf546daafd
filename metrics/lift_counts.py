"""What the customers on a campaign's two lists bought while it was measured, and who was on several lists at once (T17)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import require, without_staff

if TYPE_CHECKING:
    import datetime as dt

LIST: Final = {"campaign": pl.String, "customer_key": pl.Int64, "is_holdout": pl.Boolean}
_READ: Final = (
    "customer_key", "local_on", "is_kept", "net_minor", "goods_net_minor", "refunded_minor", "currency",
)  # fmt: skip
_SUMS: Final = ("people", "converted", "net_minor", "goods_minor", "returned_minor", "net_squared")


def outcomes(lists: pl.DataFrame, windows: pl.DataFrame, orders: pl.DataFrame, *, currency: str) -> pl.DataFrame:
    """How many of each list bought, and for how much?

    Everybody on a list counts, whether or not anything reached them: who was held out was not asked either.

    Args:
        lists: ``campaign, customer_key, is_holdout``; a customer once a campaign.
        windows: ``campaign, from_on, to_on``: the local days that count, the last one not included.
        orders: ``OrderFacts``; staff are left out.
        currency: whose money is added.

    Returns:
        One row per campaign of ``windows``, in its order: ``treated, converted`` (customers with a purchase that they
        kept), ``net_minor, goods_minor, returned_minor`` (sums, minor units; net is goods less returns) and
        ``net_squared`` (sum of the squares of each customer's net); the same of those held out as ``holdout``,
        ``holdout_converted`` and ``holdout_…``.

    Raises:
        ContractError: a column is missing.
    """
    require(orders, "orders", *_READ)
    mine = pl.col("currency") == currency
    first, last = (pl.lit(edge, pl.Date) for edge in (windows["from_on"].min(), windows["to_on"].max()))
    near = (pl.col("local_on") >= first) & (pl.col("local_on") < last)
    bought = (
        without_staff(orders.filter(near)).select(_READ).join(lists, on="customer_key").join(windows, on="campaign")
        .filter((pl.col("local_on") >= pl.col("from_on")) & (pl.col("local_on") < pl.col("to_on")))
        .group_by("campaign", "is_holdout", "customer_key")
        .agg(
            converted=pl.col("is_kept").any(),
            net_minor=pl.col("net_minor").filter(mine).sum(),
            goods_minor=pl.col("goods_net_minor").filter(mine).sum(),
            returned_minor=pl.col("refunded_minor").filter(mine).sum(),
        )
        .with_columns(net_squared=pl.col("net_minor").cast(pl.Float64) ** 2)
        .group_by("campaign", "is_holdout").agg(pl.exclude("customer_key").sum())
    )  # fmt: skip
    people = lists.group_by("campaign", "is_holdout").agg(people=pl.len())
    sums = people.join(bought, on=["campaign", "is_holdout"], how="left")
    found = windows
    for is_holdout, prefix in ((False, ""), (True, "holdout_")):
        side = sums.filter(pl.col("is_holdout") == is_holdout).select(
            "campaign",
            *(pl.col(name).alias(f"{prefix}{name}") for name in _SUMS),
        )
        found = found.join(side, on="campaign", how="left", maintain_order="left")
    found = found.rename({"people": "treated", "holdout_people": "holdout"})
    whole = [name for name in found.columns if name not in windows.columns]
    kinds = {name: pl.Float64 if name.endswith("net_squared") else pl.Int64 for name in whole}
    return found.with_columns(pl.col(name).fill_null(0).cast(kind) for name, kind in kinds.items())


def shared_lists(lists: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Who is on the lists of two campaigns?

    Args:
        lists: as in ``outcomes``.
        windows: as in ``outcomes``.

    Returns:
        One row per pair of campaigns that share a customer: ``campaign, other, customers`` (on both, on any list),
        ``treated_both``, ``campaign_only`` and ``other_only`` (written to by one, held out by the other),
        ``held_out_both``, ``share`` (of the smaller campaign's customers) and ``shared_days`` (local days that count
        for both; 0 when one ended before the other began). Most customers first.
    """
    spans = {name: (first, last) for name, first, last in windows.select("campaign", "from_on", "to_on").iter_rows()}
    parts = {name: lists.filter(pl.col("campaign") == name).select("customer_key", "is_holdout") for name in spans}
    rows = []
    for one, two in combinations(spans, 2):
        both = parts[one].join(parts[two], on="customer_key", suffix="_other")
        if both.is_empty():
            continue
        a, b = both["is_holdout"], both["is_holdout_other"]
        counts = [int(side.sum()) for side in (~a & ~b, ~a & b, a & ~b, a & b)]
        smaller = min(parts[one].height, parts[two].height)
        rows.append((one, two, both.height, *counts, both.height / smaller, _days(spans[one], spans[two])))
    schema = {
        "campaign": pl.String, "other": pl.String, "customers": pl.Int64, "treated_both": pl.Int64,
        "campaign_only": pl.Int64, "other_only": pl.Int64, "held_out_both": pl.Int64, "share": pl.Float64,
        "shared_days": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").sort(
        "customers", "campaign", "other", descending=[True, False, False]
    )


def _days(one: tuple[dt.date, dt.date], two: tuple[dt.date, dt.date]) -> int:
    return max(0, (min(one[1], two[1]) - max(one[0], two[0])).days)
