"""Who looked and bought, who lingered and did not, and where people are lost on the way (T3, T4)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from metrics.intervals import wilson_low_high
from metrics.rules import as_day, earlier_than, kept_lines, labelled, require, share, without_staff

if TYPE_CHECKING:
    from collections.abc import Sequence

LINGER_SUM_MS: Final = 60_000
"""This much dwell on one product is interest even without a single long look (T4)."""

HALF_LIFE_DAYS: Final = 7
"""Interest halves in a week (T4)."""


def conversion_by_product(visits: pl.DataFrame, lines: pl.DataFrame, *, as_of: dt.date, days: int = 14) -> pl.DataFrame:
    """How many of those who looked at a product bought it soon after?

    Only members count: an anonymous visitor who buys cannot be told from one who does not. Only members whose
    first view in ``visits`` lies at least ``days`` before ``as_of`` enter the rate, else the youngest views would
    lower it (right-censoring). Bought means a line of the product, paid for and not fully refunded, within
    ``days`` after the first view.

    Args:
        visits: ``Visits``; needs ``customer_key, at, local_on, product_id, category``.
        lines: ``LineFacts``.
        as_of: the first local day (or the instant) not included.
        days: how long a purchase counts, days.

    Returns:
        One row per product seen by a member, most viewers first: ``product_id, category, viewers, mature_viewers,
        buyers`` (mature viewers who bought), ``conversion_rate`` (null without mature viewers) and its Wilson 95 %
        interval ``low, high``. No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    firsts = _first_views(visits, as_of, days, ["product_id"])
    category = labelled(visits.group_by("product_id").agg(pl.col("category").drop_nulls().min()), "category")
    table = _converted(firsts, _bought(lines, firsts, days, ["product_id"]), ["product_id"])
    return (
        table.join(category, on="product_id", how="left")
        .select("product_id", "category", pl.exclude("product_id", "category"))
        .sort("viewers", "product_id", descending=[True, False])
    )


def conversion(visits: pl.DataFrame, lines: pl.DataFrame, *, as_of: dt.date, days: int = 14) -> pl.DataFrame:
    """How many of those who looked at anything bought anything soon after?

    Args:
        visits: as in ``conversion_by_product``.
        lines: as in ``conversion_by_product``.
        as_of: as in ``conversion_by_product``.
        days: as in ``conversion_by_product``.

    Returns:
        One row: ``viewers, mature_viewers, buyers, conversion_rate, low, high``; empty without member views.

    Raises:
        ContractError: a required column is missing.
    """
    firsts = _first_views(visits, as_of, days, [])
    table = _converted(firsts.with_columns(_all=0), _bought(lines, firsts, days, []).with_columns(_all=0), ["_all"])
    return table.drop("_all")


def conversion_by(
    visits: pl.DataFrame, lines: pl.DataFrame, by: str, *, as_of: dt.date, days: int = 14
) -> pl.DataFrame:
    """How did the conversion of one week, say, compare with that of another?

    Args:
        visits: as in ``conversion_by_product``, with the column ``by``; each value of it is measured by itself, as
            if there were no other views.
        lines: as in ``conversion_by_product``; of the whole time of all visits.
        by: column of ``visits`` that is none of ``lines``, such as the week of the view.
        as_of: as in ``conversion_by_product``.
        days: as in ``conversion_by_product``.

    Returns:
        One row per value with member views, in its order: ``by, viewers, mature_viewers, buyers, conversion_rate,
        low, high``.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", by)
    firsts = _first_views(visits, as_of, days, [by])
    return _converted(firsts, _bought(lines, firsts, days, [by], shared=[]), [by]).sort(by)


def _first_views(visits: pl.DataFrame, as_of: dt.date, days: int, of: list[str]) -> pl.DataFrame:
    require(visits, "visits", "customer_key", "at", "local_on", "product_id", "category")
    return (
        visits.lazy()
        .filter(pl.col("customer_key").is_not_null() & pl.col("product_id").is_not_null() & earlier_than(as_of))
        .group_by("customer_key", *of)
        .agg(pl.col("at").min(), pl.col("local_on").min())
        .with_columns(is_mature=earlier_than(as_of, days=days))
        .collect()
    )


_READ: Final = ("customer_key", "paid_at", "net_minor", "refunded_minor", "is_staff")
"""Of lines, what says who bought something and kept it."""


def _bought(
    lines: pl.DataFrame, firsts: pl.DataFrame, days: int, of: list[str], shared: list[str] | None = None
) -> pl.DataFrame:
    """Who bought within ``days``; ``shared`` are those columns of ``of`` that lines have too, all if not said."""
    require(lines, "lines", "paid_at", "product_id")
    wait = pl.col("paid_at") - pl.col("at")
    read = [name for name in (*_READ, *of) if name in lines.columns]
    return (
        kept_lines(lines.select(read))
        .select("customer_key", "paid_at", *(of if shared is None else shared))
        .join(firsts, on=["customer_key", *(of if shared is None else shared)])
        .filter((wait >= dt.timedelta(0)) & (wait < dt.timedelta(days=days)))
        .select("customer_key", *of)
        .unique()
        .with_columns(is_buyer=True)
    )


def _converted(firsts: pl.DataFrame, bought: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    mature = pl.col("is_mature")
    return (
        firsts.join(bought, on=["customer_key", *of], how="left")
        .group_by(of)
        .agg(
            viewers=pl.len().cast(pl.Int64),
            mature_viewers=mature.sum().cast(pl.Int64),
            buyers=(mature & pl.col("is_buyer").fill_null(value=False)).sum().cast(pl.Int64),
        )
        .with_columns(
            share(pl.col("buyers"), pl.col("mature_viewers")).alias("conversion_rate"),
            *wilson_low_high("buyers", "mature_viewers"),
        )
    )


def quadrant(products: pl.DataFrame) -> pl.DataFrame:
    """Which products are looked at long and bought, and which only one of the two?

    Args:
        products: one row per product with ``product_id, category, median_dwell_s, conversion_rate``
            (``dwell_by_product`` joined with ``conversion_by_product``).

    Returns:
        The same rows with ``category_median_dwell_s, category_median_conversion_rate`` (medians over the category's
        products) and ``quadrant``: *stars* (long and bought), *hesitation* (long, not bought), *impulse* (short,
        bought), *ignored*; null where either is unknown. At or above the median is long; at or above the median
        and above zero is bought. By category and product.

    Raises:
        ContractError: a required column is missing.
    """
    require(products, "products", "product_id", "category", "median_dwell_s", "conversion_rate")
    dwell, rate = pl.col("median_dwell_s"), pl.col("conversion_rate")
    long = dwell >= pl.col("category_median_dwell_s")
    bought = (rate >= pl.col("category_median_conversion_rate")) & (rate > 0)
    named = (
        pl.when(dwell.is_null() | rate.is_null())
        .then(pl.lit(None, pl.String))
        .when(long & bought)
        .then(pl.lit("stars"))
        .when(long)
        .then(pl.lit("hesitation"))
        .when(bought)
        .then(pl.lit("impulse"))
        .otherwise(pl.lit("ignored"))
    )
    return (
        products.with_columns(
            category_median_dwell_s=dwell.median().over("category"),
            category_median_conversion_rate=rate.median().over("category"),
        )
        .with_columns(quadrant=named)
        .sort("category", "product_id", nulls_last=True)
    )


def lingered_not_bought(
    visits: pl.DataFrame,
    lines: pl.DataFrame,
    *,
    as_of: dt.date,
    days: int = 14,
    by: Literal["product_id", "category"] = "product_id",
) -> pl.DataFrame:
    """Which products do people want and not buy?

    Args:
        visits: ``Visits``.
        lines: ``LineFacts``.
        as_of: the first local day (or the instant) not included.
        days: how far back to look.
        by: what they have not bought since: the product, or anything of its category.

    Returns:
        One row per product, most interest first: ``product_id, people, interest`` (Σ of ``interested_people``, in
        seconds of fresh dwell), ``lingers`` (views). Nobody interested gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    return (
        interested_people(visits, lines, as_of=as_of, days=days, by=by)
        .group_by("product_id")
        .agg(
            people=pl.len().cast(pl.Int64),
            interest=(pl.col("interest") * 1_000_000).round().cast(pl.Int64).sum() / 1_000_000,
            lingers=pl.col("lingers").sum(),
        )
        .sort("interest", "product_id", descending=[True, False])
    )


def interested_people(
    visits: pl.DataFrame,
    lines: pl.DataFrame,
    *,
    as_of: dt.date,
    days: int = 14,
    by: Literal["product_id", "category"] = "product_id",
) -> pl.DataFrame:
    """Which members lingered on a product lately and have not bought it since?

    Lingered means a linger, or 60 s of known dwell in all, within the last ``days``. Bought means any valid order
    after the first linger (after the first view when there is only the sum), refunded or not.

    Args:
        visits: ``Visits``.
        lines: ``LineFacts``.
        as_of: the first local day (or the instant) not included.
        days: how far back to look.
        by: what they have not bought since: the product, or anything of its category.

    Returns:
        One row per member and product, most interest first: ``customer_key, product_id, category, dwell_s,
        interest`` (Σ dwell_s · 0.5^(age ÷ 7 d); today counts whole), ``lingers`` (views). Empty when there is none.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "customer_key", "at", "local_on", "product_id", "category", "dwell_ms", "is_linger")
    require(lines, "lines", "customer_key", "paid_at", "local_on", by)
    wanted = _interest(visits, as_of, days)
    bought = (
        lines.filter(pl.col("customer_key").is_not_null() & earlier_than(as_of, at="paid_at"))
        .group_by("customer_key", by)
        .agg(last_paid_at=pl.col("paid_at").max())
    )
    return (
        wanted.join(bought, on=["customer_key", by], how="left")
        .filter(pl.col("last_paid_at").is_null() | (pl.col("last_paid_at") < pl.col("since")))
        .drop("since", "last_paid_at")
        .sort("interest", "customer_key", "product_id", descending=[True, False, False])
    )


def _interest(visits: pl.DataFrame, as_of: dt.date, days: int) -> pl.DataFrame:
    lately = earlier_than(as_of) & ~earlier_than(as_of, days=days)
    members = pl.col("customer_key").is_not_null() & pl.col("product_id").is_not_null()
    weight = 0.5 ** (_age_days(as_of) / HALF_LIFE_DAYS)
    linger = pl.col("is_linger").fill_null(value=False)
    return (
        visits.lazy()
        .filter(members & lately)
        .group_by("customer_key", "product_id")
        .agg(
            pl.col("category").drop_nulls().min(),
            dwell_s=pl.col("dwell_ms").sum() / 1000,
            # whole microseconds: float addition would make the last digit depend on the order of the rows
            interest=(pl.col("dwell_ms") * weight * 1000).round().cast(pl.Int64).sum() / 1_000_000,
            lingers=linger.sum().cast(pl.Int64),
            since=pl.coalesce(pl.col("at").filter(linger).min(), pl.col("at").min()),
        )
        .filter((pl.col("lingers") > 0) | (pl.col("dwell_s") * 1000 >= LINGER_SUM_MS))
        .collect()
    )


def _age_days(as_of: dt.date) -> pl.Expr:
    """How old a view is: whole days before the last complete day, or the time before an instant."""
    if isinstance(as_of, dt.datetime):
        instant = as_of if as_of.tzinfo else as_of.replace(tzinfo=dt.UTC)
        return (pl.lit(instant).dt.convert_time_zone("UTC") - pl.col("at")).dt.total_seconds(fractional=True) / 86_400
    return (pl.lit(as_day(as_of) - dt.timedelta(days=1)) - pl.col("local_on")).dt.total_days()


STEPS: Final = ("viewed", "lingered", "cart", "ordered", "kept")


def funnel(visits: pl.DataFrame, actions: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Where are people lost between the first look and an order they keep?

    Each step counts people of the step before: someone who bought without a look is in no step. A step of which
    there is no evidence at all (no known dwell, no cart event, no line) is null and passed over, not 0.

    Args:
        visits: ``Visits``; members and anonymous visitors.
        actions: ``Actions``; the carts among them count.
        lines: ``LineFacts`` of the same period; a gift (W09) is no order.

    Returns:
        Five rows in order: ``step`` (viewed, lingered, cart, ordered, kept), ``visitors`` (distinct), ``share`` (of
        those who viewed). No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "visitor", "is_linger")
    require(actions, "actions", "visitor", "type")
    require(lines, "lines", "customer_key", "net_minor")
    carts = actions.filter(pl.col("type") == "cart")
    paid = without_staff(lines).filter(pl.col("net_minor") > 0)
    buyers = paid.select(visitor="customer_key").drop_nulls()
    keepers = kept_lines(lines).select(visitor="customer_key")
    steps = [
        visits,
        visits.filter("is_linger") if visits["is_linger"].count() else None,
        carts if carts.height else None,
        buyers if buyers.height else None,
        keepers if buyers.height else None,
    ]
    counts: list[int | None] = []
    people = visits.select("visitor").unique()
    for step in steps:
        people = people if step is None else people.join(step.select("visitor"), on="visitor", how="semi")
        counts.append(None if step is None else people.height)
    table = funnel_table(counts)
    return table if visits.height else table.clear()


def funnel_table(counts: Sequence[int | None]) -> pl.DataFrame:
    """The table of ``funnel`` from its counts, one a step."""
    shares = [count / counts[0] if count is not None and counts[0] else None for count in counts]
    return pl.DataFrame(
        {"step": list(STEPS), "visitors": counts, "share": shares},
        schema={"step": pl.String, "visitors": pl.Int64, "share": pl.Float64},
    )
