"""The finding of a card as a sentence; a plain noun where there is none. Every number comes from the table."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from schema.wording import channel_label

if TYPE_CHECKING:
    from answers.answer import Answer
    from answers.registry import Result

    HasTable = Answer | Result

_QUIET = 0.01
"""Changes below one percent are called steady."""


def sales_trend(answer: HasTable) -> str:
    """``Sales ran 11 % above the period before, most of it on 2 days``."""
    table = answer.table
    now, then = int(table["net_minor"].sum()), int(table["previous_minor"].sum() or 0)
    if then <= 0:
        return "Net sales by day"
    change = now / then - 1
    if abs(change) < _QUIET:
        return "Sales ran level with the period before"
    word = "above" if change > 0 else "below"
    said = f"Sales ran {abs(change):.0%} {word} the period before"
    gains = (table["net_minor"] - table["previous_minor"]) * (1 if change > 0 else -1)
    top = gains.sort(descending=True).head(2).sum()
    return f"{said}, most of it on two days" if top > abs(now - then) / 2 and table.height > 7 else said  # noqa: PLR2004


def peak(answer: HasTable) -> tuple[dt.date, str] | None:
    """The day that stands out of its period: over 1.5 × the median day and the highest; with its label."""
    table = answer.table
    middle = table["net_minor"].median()
    if table.height < 7 or not isinstance(middle, float) or middle <= 0:  # noqa: PLR2004
        return None
    top = table.sort("net_minor", descending=True).row(0, named=True)
    over = top["net_minor"] / middle - 1
    day: dt.date = top["local_on"]
    return (day, f"{day.day} {day:%b}: +{over:.0%} on the median day") if over > 0.5 else None  # noqa: PLR2004


def growing(answer: HasTable) -> list[str]:
    """The two groups that grew most."""
    rows = answer.table.drop_nulls("change").filter(pl.col("change") > 0.02)  # noqa: PLR2004
    return [str(group) for group in rows.sort("change", descending=True).head(2)["label"]]


def leaders(answer: HasTable) -> str:
    """``Suzhou and Chengdu lead the growth``."""
    top = growing(answer)
    if not top:
        return "Where sales are made"
    return f"{' and '.join(top)} {'lead' if len(top) > 1 else 'leads'} the growth"


def funnel(answer: HasTable) -> str:
    """``Most leave between lingering and cart``: the step that keeps the smallest part of the step before."""
    step = weakest_step(answer)
    if step is None:
        return "From viewing to keeping"
    steps = answer.table["step"].to_list()
    return f"Most leave between {_DOING[steps[steps.index(step) - 1]]} and {_DOING[step]}"


def weakest_step(answer: HasTable) -> str | None:
    """The step that loses the largest part of the visitors of the step before it."""
    table = answer.table.with_columns((pl.col("visitors") / pl.col("visitors").shift(1)).alias("kept")).drop_nulls("kept")
    return None if table.is_empty() else str(table.sort("kept")["step"][0])


_DOING = {
    "viewed": "viewing",
    "lingered": "lingering",
    "cart": "cart",
    "ordered": "ordering",
    "kept": "keeping",
}


def frequency(answer: HasTable) -> str:
    """``71.2 % of buyers bought on one day only``."""
    total = answer.table["customers"].sum()
    once = answer.table.filter(pl.col("orders") == 1)["customers"].sum()
    return f"{once / total:.1%} of buyers bought on one day only" if total else "Orders per buyer"


def concentration(answer: HasTable) -> str:
    """``The top fifth of buyers brings 55 % of net sales``."""
    if answer.table.is_empty():
        return "Concentration of sales"
    return f"The top fifth of buyers brings {answer.table['top_fifth_share'][0]:.1%} of net sales"


def second_order(answer: HasTable, median_day: float | None) -> str:
    """``Half are back within 40 days``, or that the median is not reached."""
    if answer.table.is_empty():
        return "Time to the second order"
    if median_day is not None:
        return f"Half of the buyers are back within {median_day:.0f} days"
    last = answer.table.sort("day").tail(1)
    return f"Only {1 - last['survival'][0]:.1%} have come back within {last['day'][0]:,} days"


def hesitation(answer: HasTable) -> str:
    """``WC-07 holds attention but does not sell``."""
    worst = worst_hesitation(answer)
    return f"{worst} holds attention but does not sell" if worst else "Attention and sales by product"


def worst_hesitation(answer: HasTable) -> str | None:
    """The product in *hesitation* that is furthest above the median dwell while its interval lies below the median rate."""
    table = answer.table
    if table.is_empty() or "quadrant" not in table.columns:
        return None
    middle = table["conversion_rate"].median()
    found = table.filter((pl.col("quadrant") == "hesitation") & (pl.col("high") < middle))
    return None if found.is_empty() else str(found.sort("median_dwell_s", "product_id", descending=[True, False])["product_id"][0])


def lingered(answer: HasTable) -> str:
    """``1,904 people lingered on WC-07 and did not buy``."""
    if answer.table.is_empty():
        return "Lingered, not bought"
    top = answer.table.row(0, named=True)
    return f"{top['people']:,} members lingered on {top['product_id']} and did not buy"


def coverage(answer: HasTable) -> str:
    """``Dwell is known for 98.7 % of views``."""
    return f"Dwell is known for {answer.coverage:.1%} of views" if answer.coverage is not None else "Dwell evidence"


def returns(answer: HasTable, what: str) -> str:
    """``Live stream returns most: 45.0 %``."""
    table = answer.table.drop_nulls("return_rate").sort("return_rate", descending=True)
    if table.height < 2:  # noqa: PLR2004
        return f"Returns by {what}"
    name = channel_label(str(table["group"][0]))
    return f"{name} returns most: {table['return_rate'][0]:.1%}"
