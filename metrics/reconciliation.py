"""Do we have what the platform's bill says was paid, and if not, what explains it?"""

from __future__ import annotations

from typing import Final

import polars as pl

CAUSES: Final = (
    "agrees", "no_bill", "missing_day", "fees", "refunds", "refunds_and_fees", "doubled_bill", "doubled_day",
    "missing_hour", "other",
)  # fmt: skip
"""Why ours is not theirs; the first that holds is told, and those that explain every minor unit come first."""

_ROWS: Final = ["day", "source"]


def reconcile(
    ours: pl.DataFrame, bills: pl.DataFrame, refunds: pl.DataFrame, gaps: pl.DataFrame, doubles: pl.DataFrame
) -> pl.DataFrame:
    """How far is what we know from what was billed, day by day and shop system by shop system?

    Fees and refunds explain a difference when it is theirs to the last minor unit: platforms bill what is left after
    them. A bill of twice ours was doubled; orders that came twice explain what is too much here, hours without any order
    what is missing here. Everything else is ``other``.

    Args:
        ours: ``day, source, orders, ours_minor``; minor units.
        bills: ``day, source, theirs_minor, their_orders, fees_minor``; one row per day and source.
        refunds: ``day, source, back_minor``: what was paid back on that day, shipping included.
        gaps: ``day, source`` with an hour that fell silent.
        doubles: ``day, source, twins_minor``: what orders beyond the first of each sum to, on days that came twice.

    Returns:
        One row per day and source of either, in that order: ``day, source, ours_minor, theirs_minor, difference_minor``
        (ours less theirs; null without a bill), ``orders, their_orders, explanation`` (of ``CAUSES``).
    """
    both = ours.join(bills, on=_ROWS, how="full", coalesce=True).with_columns(
        pl.col("orders", "ours_minor").fill_null(0)
    )
    both = both.join(refunds, on=_ROWS, how="left").join(doubles, on=_ROWS, how="left")
    both = both.join(gaps.select(_ROWS).unique().with_columns(is_silent=pl.lit(value=True)), on=_ROWS, how="left")
    both = both.with_columns(difference_minor=pl.col("ours_minor") - pl.col("theirs_minor"))
    told = both.with_columns(explanation=_cause())
    return told.select(
        *_ROWS, "ours_minor", "theirs_minor", "difference_minor", "orders", "their_orders", "explanation"
    ).sort(_ROWS)


def _cause() -> pl.Expr:
    gone, fees = pl.col("difference_minor"), pl.col("fees_minor").fill_null(0)
    back, twins = pl.col("back_minor").fill_null(0), pl.col("twins_minor").fill_null(0)
    conditions = {
        "no_bill": pl.col("theirs_minor").is_null(),
        "agrees": gone == 0,
        "missing_day": pl.col("orders") == 0,
        "fees": gone == fees,
        "refunds": gone == back,
        "refunds_and_fees": gone == back + fees,
        "doubled_bill": pl.col("theirs_minor") == 2 * pl.col("ours_minor"),
        "doubled_day": (gone > 0) & (twins > 0),
        "missing_hour": (gone < 0) & pl.col("is_silent").fill_null(value=False),
    }
    told: pl.Expr = pl.lit("other")
    for name, condition in reversed(conditions.items()):
        told = pl.when(condition).then(pl.lit(name)).otherwise(told)
    return told
