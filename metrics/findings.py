"""What is worth a look? Unusual days, dwell out of step and products that hold attention without selling."""

from __future__ import annotations

from math import atan, cos, erfc, inf, pi, sin, sqrt
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.dwell import unreliable_channels
from metrics.rules import labelled, require, share
from metrics.spikes import BLOCKS, spike_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.dwell import By

WEEKS: Final = 8
"""A day is compared with so many same weekdays before it."""

MADS: Final = 3
DAYS_Q: Final = 0.05
"""False discoveries among days: one page load in twenty at most may cry wolf."""

FEW: Final = 30
"""Below so many orders, views or viewers nothing is found."""

SPIKE_INDEX: Final = 125.0
"""A block below this is not worth a sentence, however sure."""

SPIKE_VIEWS: Final = 100
SPIKE_Q: Final = 0.01
"""False discoveries among spikes: one page load in a hundred at most may cry wolf."""

HESITATION_RATIO: Final = 1.5
"""So many times the category's median dwell makes a product stand out."""


def unusual_days(daily: pl.DataFrame, value: str = "value", n: str = "n") -> pl.DataFrame:
    """Which days were unlike the same weekday before?

    Args:
        daily: one row per local day with ``local_on``, the value and the count it rests on.
        value: column of the value.
        n: column of the count.

    Returns:
        One row per day further than 3 median absolute deviations from the median of its 8 previous same weekdays,
        by day: ``local_on, value, median, mad, change`` (share of the median; null when that is 0), ``n``. Days
        resting on fewer than 30, or without 8 such weekdays, are never named, nor days that chance would name as well:
        all are judged together (Benjamini–Hochberg over Student's t), so shuffled data stay silent.

    Raises:
        ContractError: a required column is missing.
    """
    require(daily, "daily", "local_on", value, n)
    days = daily.select("local_on", value=pl.col(value).cast(pl.Float64), n=pl.col(n).cast(pl.Int64))
    weeks = pl.DataFrame({"week": range(1, WEEKS + 1)})
    earlier = days.select("local_on", earlier="value")
    usual = (
        days.filter(pl.col("n") >= FEW)
        .join(weeks, how="cross")
        .with_columns(then=pl.col("local_on") - pl.duration(days=7 * pl.col("week")))
        .join(earlier.rename({"local_on": "then"}), on="then")
        .drop_nulls("earlier")
        .group_by("local_on", "value", "n")
        .agg("earlier", median=pl.col("earlier").median())
        .filter(pl.col("earlier").list.len() == WEEKS)
        .with_columns(mad=(pl.col("earlier") - pl.col("median")).list.eval(pl.element().abs()).list.median())
    )
    off = pl.col("value") - pl.col("median")
    sure = pl.Series(benjamini_hochberg(_by_chance(usual), DAYS_Q), dtype=pl.Boolean)
    return (
        usual.filter(sure & (off.abs() > MADS * pl.col("mad")))
        .select(
            "local_on",
            "value",
            "median",
            "mad",
            "n",
            change=pl.when(pl.col("median") != 0).then(off / pl.col("median")),
        )
        .sort("local_on")
    )


def _by_chance(usual: pl.DataFrame) -> list[float | None]:
    """How often a day as far off as each follows eight like these by chance: Student's t with 7 degrees of freedom.

    The deviation from eight days is itself a guess; three of it alone would name every third day of shuffled orders.
    """
    spread = pl.col("earlier").list.std(ddof=1) * sqrt(1 + 1 / WEEKS)
    table = usual.select(off=(pl.col("value") - pl.col("earlier").list.mean()).abs(), spread=spread)
    return [None if not off else _two_sided(off / spread if spread else inf) for off, spread in table.iter_rows()]


def _two_sided(t: float) -> float:
    """P(|T| > t) for 7 degrees of freedom, in closed form (Abramowitz & Stegun 26.7.3)."""
    angle = atan(t / sqrt(7))
    within = angle + sin(angle) * (cos(angle) + 2 / 3 * cos(angle) ** 3 + 8 / 15 * cos(angle) ** 5)
    return max(0.0, 1 - 2 / pi * within)


def benjamini_hochberg(pvalues: Sequence[float | None], q: float = 0.05) -> list[bool]:
    """Which of many tests may be believed together?

    Args:
        pvalues: p-value of each test; None is a test that could not be made.
        q: largest expected share of false ones among those believed.

    Returns:
        For each test in the same order whether it holds (Benjamini & Hochberg 1995).

    Examples:
        >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5])
        [True, False, False, False]
    """
    ranked = sorted(p for p in pvalues if p is not None)
    held = [p for rank, p in enumerate(ranked, start=1) if p <= q * rank / len(ranked)]
    edge = held[-1] if held else -1.0
    return [p is not None and p <= edge for p in pvalues]


def dwell_spikes(visits: pl.DataFrame, by: By = "category") -> pl.DataFrame:
    """Which category or product holds people at hours when the others do not?

    The dwell index (T2) of each group and block of hours is tested against 100 with a variance that sums each
    visitor's views first: one person who looks at coats all night is one observation. Groups and blocks are judged
    together (Benjamini–Hochberg), so shuffled data stay silent.

    Args:
        visits: ``Visits`` of the period (name it: seasons dilute an index).
        by: ``category`` or ``product_id``.

    Returns:
        At most one row per group, its highest block, highest index first: ``group, first_hour, last_hour`` (of the
        day, both inclusive), ``index, n`` (known views in the block), ``p_value``. Nothing certain gives an empty
        table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", by, "visitor", "channel", "hour_of_week", "dwell_ms")
    rows = labelled(visits, by).filter(~pl.col("channel").is_in(unreliable_channels(visits))).drop_nulls("dwell_ms")
    names = rows[by].unique().sort().to_list()
    group = rows[by].cast(pl.Enum(names)).to_physical().to_numpy()
    who = (rows["visitor"].rank("dense") - 1).to_numpy()
    return spikes_of(spike_cells(group, names, rows["hour_of_week"].to_numpy(), who, rows["dwell_ms"].to_numpy()))


def spikes_of(cells: pl.DataFrame) -> pl.DataFrame:
    """The spikes among groups and blocks of hours: ``dwell_spikes`` of ``spikes.spike_cells``."""
    likely = cells.filter((pl.col("n") >= SPIKE_VIEWS) & (pl.col("expected") > 0)).sort("group", "block")
    p_values = [_upper_tail(z) for z in likely["z"]]
    edges = pl.DataFrame(
        {"block": list(range(len(BLOCKS))), "first_hour": [a for a, _ in BLOCKS], "last_hour": [b for _, b in BLOCKS]},
        schema={"block": pl.Int64, "first_hour": pl.Int64, "last_hour": pl.Int64},
    )
    return (
        likely.with_columns(
            pl.Series("p_value", p_values, pl.Float64),
            pl.Series("holds", benjamini_hochberg(p_values, SPIKE_Q), pl.Boolean),
            index=100 * pl.col("dwell") / pl.col("expected"),
        )
        .filter(pl.col("holds") & (pl.col("index") >= SPIKE_INDEX))
        .join(edges, on="block")
        .sort("index", "n", "group", "block", descending=[True, True, False, False])
        .unique("group", keep="first", maintain_order=True)
        .select("group", "first_hour", "last_hour", "index", "n", "p_value")
    )


def _upper_tail(z: float | None) -> float | None:
    return None if z is None else erfc(z / sqrt(2)) / 2


def hesitation(products: pl.DataFrame) -> pl.DataFrame:
    """Which products hold attention far longer than their category and are bought far less?

    Args:
        products: the table of ``conversion.quadrant`` with ``high, mature_viewers`` kept.

    Returns:
        One row per product in *hesitation* whose median dwell is at least 1.5 times its category's and whose whole
        conversion interval lies below the category's median, longest dwell first: ``product_id, category,
        median_dwell_s, dwell_ratio, conversion_rate, category_median_conversion_rate, mature_viewers``. At least
        30 mature viewers. None gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(products, "products", "quadrant", "median_dwell_s", "category_median_dwell_s", "conversion_rate", "high")
    require(products, "products", "category_median_conversion_rate", "mature_viewers")
    return (
        products.filter(
            (pl.col("quadrant") == "hesitation")
            & (pl.col("mature_viewers") >= FEW)
            & (pl.col("high") < pl.col("category_median_conversion_rate"))
        )
        .select(
            "product_id",
            "category",
            "median_dwell_s",
            share(pl.col("median_dwell_s"), pl.col("category_median_dwell_s")).alias("dwell_ratio"),
            "conversion_rate",
            "category_median_conversion_rate",
            "mature_viewers",
        )
        .filter(pl.col("dwell_ratio") >= HESITATION_RATIO)
        .sort("dwell_ratio", "product_id", descending=[True, False])
    )
