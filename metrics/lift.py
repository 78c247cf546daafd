"""Did it work? Who is held out, what the rest did more than they, and how much more could be told from chance (T17)."""

from __future__ import annotations

import hashlib
from math import sqrt
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from metrics.intervals import Z95, wilson
from metrics.rules import require

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["proven", "not proven", "harmful"]

BUCKETS: Final = 10_000
"""Customers are dealt into so many buckets; the lowest are held out."""
HOLDOUT_BPS: Final = 1_000
MOST_HELD_OUT_BPS: Final = 5_000
LEAST_HELD_OUT: Final = 500
"""A tenth is held out, and five hundred at least, but never more than half."""


def bucket(salt: str, campaign: str, customer_id: str) -> int:
    """In which of ten thousand buckets does a customer lie for a campaign?

    Args:
        salt: a text of one's own, such as ``s2026``.
        campaign: its name.
        customer_id: as the shop says it.

    Returns:
        The first eight hexadecimal digits of SHA-256 of ``salt|campaign|customer``, modulo 10,000.

    Examples:
        >>> bucket("s2026", "wool-eve", "C000123"), bucket("s2026", "wool-eve", "C000124")
        (4927, 1672)
    """
    return int(hashlib.sha256(f"{salt}|{campaign}|{customer_id}".encode()).hexdigest()[:8], 16) % BUCKETS


def buckets(salt: str, campaign: str, customer_ids: Iterable[str]) -> pl.Series:
    """The same for many customers, in their order; ``Int64``."""
    return pl.Series("bucket", [bucket(salt, campaign, one) for one in customer_ids], dtype=pl.Int64)


def holdout_bps(dealt: pl.Series, *, share_bps: int = HOLDOUT_BPS, least: int = LEAST_HELD_OUT) -> int:
    """How many of the buckets are held out?

    Args:
        dealt: of ``buckets``.
        share_bps: the share wanted, in ten thousandths.
        least: at least so many customers.

    Returns:
        The share wanted, or the smallest above it that holds ``least`` customers out; half of the buckets at most.
    """
    if dealt.len() < least:
        return MOST_HELD_OUT_BPS
    enough = int(dealt.sort()[least - 1]) + 1
    return min(max(share_bps, enough), MOST_HELD_OUT_BPS)


def arms(people: pl.DataFrame, salt: str, campaign: str, bps: int) -> pl.DataFrame:
    """Who is written to, and who is held out? The same customers give the same answer for ever.

    Args:
        people: any rows with ``customer_id``.
        salt: as in ``bucket``.
        campaign: as in ``bucket``.
        bps: of ``holdout_bps``: customers in a lower bucket are held out.

    Returns:
        The same rows in the same order with ``is_holdout``.
    """
    require(people, "people", "customer_id")
    return people.with_columns(is_holdout=buckets(salt, campaign, people["customer_id"]) < bps)


def newcombe(treated: tuple[int, int], holdout: tuple[int, int]) -> tuple[float | None, float | None]:
    """Between which values does the true difference of two shares lie (Newcombe 1998, method 10; 95 %)?

    Args:
        treated: how many did, of how many.
        holdout: the same of those held out.

    Returns:
        Low and high of treated less holdout, both None where either side is nobody.

    Examples:
        >>> [round(100 * edge, 2) for edge in newcombe((270, 4_500), (20, 500))]
        [-0.2, 3.58]
    """
    low_1, high_1 = wilson(*treated)
    low_2, high_2 = wilson(*holdout)
    if low_1 is None or high_1 is None or low_2 is None or high_2 is None:
        return None, None
    one, two = treated[0] / treated[1], holdout[0] / holdout[1]
    gap = one - two
    return gap - sqrt((one - low_1) ** 2 + (high_2 - two) ** 2), gap + sqrt((high_1 - one) ** 2 + (two - low_2) ** 2)


def verdict(low: float | None, high: float | None) -> Verdict:
    """Is it proven, harmful, or neither? Nothing is proven of nobody."""
    if low is None or high is None:
        return "not proven"
    if low > 0:
        return "proven"
    return "harmful" if high < 0 else "not proven"


def lift(counts: pl.DataFrame) -> pl.DataFrame:
    """What did the treated do more than those held out?

    Args:
        counts: one row per campaign with ``treated, converted, holdout, holdout_converted`` (customers).

    Returns:
        The same rows with ``rate`` and ``holdout_rate`` (shares), ``lift`` (their difference), its 95 % interval ``low``
        and ``high``, the ``verdict``, and ``incremental`` customers with ``incremental_low`` and ``incremental_high``
        (the difference times the treated). Null where either side is nobody.
    """
    require(counts, "counts", "treated", "converted", "holdout", "holdout_converted")
    sides = counts.select("converted", "treated", "holdout_converted", "holdout").iter_rows()
    edges = [newcombe((a, n), (b, m)) for a, n, b, m in sides]
    found = counts.with_columns(
        pl.when(pl.col("treated") > 0).then(pl.col("converted") / pl.col("treated")).alias("rate"),
        pl.when(pl.col("holdout") > 0).then(pl.col("holdout_converted") / pl.col("holdout")).alias("holdout_rate"),
        pl.Series("low", [low for low, _ in edges], dtype=pl.Float64),
        pl.Series("high", [high for _, high in edges], dtype=pl.Float64),
        pl.Series("verdict", [verdict(*edge) for edge in edges], dtype=pl.String),
    )
    treated, holdout = pl.col("treated"), pl.col("holdout")
    gap = pl.col("converted") * holdout - pl.col("holdout_converted") * treated  # in whole numbers: 2 points are 0.02
    known = pl.when((treated > 0) & (holdout > 0))
    return found.with_columns(
        lift=known.then(gap / (treated * holdout)),
        incremental=known.then(gap / holdout),
        incremental_low=pl.col("low") * treated,
        incremental_high=pl.col("high") * treated,
    )


def money_lift(sums: pl.DataFrame) -> pl.DataFrame:
    """What did a treated customer spend more than one held out, and all of them together?

    Args:
        sums: one row per campaign with ``treated, holdout`` (customers), ``net_minor, holdout_net_minor`` (sums over
            them, minor units) and ``net_squared, holdout_net_squared`` (sums of squares).

    Returns:
        The same rows in whole minor units with ``net_per_person_minor, holdout_net_per_person_minor``, ``incremental_minor`` (the difference
        times the treated) and its 95 % interval ``incremental_low_minor, incremental_high_minor`` (normal, each side
        with its own spread). Null where a side has fewer than two customers.
    """
    treated, holdout = pl.col("treated"), pl.col("holdout")
    one, two = pl.col("net_minor") / treated, pl.col("holdout_net_minor") / holdout
    spread = _error(pl.col("net_squared"), one, treated) + _error(pl.col("holdout_net_squared"), two, holdout)
    known = pl.when((treated > 1) & (holdout > 1))
    gap, half = (one - two) * treated, Z95 * spread.sqrt() * treated
    found = {
        "net_per_person_minor": pl.when(treated > 0).then(one),
        "holdout_net_per_person_minor": pl.when(holdout > 0).then(two),
        "incremental_minor": known.then(gap),
        "incremental_low_minor": known.then(gap - half),
        "incremental_high_minor": known.then(gap + half),
    }
    return sums.with_columns(money.round().cast(pl.Int64).alias(name) for name, money in found.items())


def _error(squares: pl.Expr, mean: pl.Expr, n: pl.Expr) -> pl.Expr:
    """Variance of a mean."""
    return ((squares - n * mean**2).clip(0) / (n - 1)) / n
