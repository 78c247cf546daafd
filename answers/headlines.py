"""The finding of a card as a sentence; a plain noun where there is none. Every number comes from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from answers.memo import of_answer
from metrics.findings import hesitation as metrics_hesitation
from schema import days
from schema.language import joined, later, say
from schema.phrases import percent, whole_percent
from schema.scope import ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE
from schema.wording import CHANNEL_LABELS, SEGMENT_LABELS, UNMAPPED, channel_label

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from answers.answer import Answer
    from answers.registry import Result

    HasTable: TypeAlias = Answer | Result

_QUIET = 0.01
"""Changes below one percent are called steady."""


@of_answer
def sales_trend(answer: HasTable) -> str:
    """``Sales ran 11 % above the period before, most of it on 2 days``."""
    table = answer.table
    now, then = int(table["net_minor"].sum()), int(table["previous_minor"].sum() or 0)
    if then <= 0:
        return say("Net sales by day")
    change = now / then - 1
    if abs(change) < _QUIET:
        return say("Sales ran level with the period before")
    part = whole_percent(abs(change))
    gains = (table["net_minor"] - table["previous_minor"]) * (1 if change > 0 else -1)
    top = gains.sort(descending=True).head(2).sum()
    if top > abs(now - then) / 2 and table.height > 7:  # noqa: PLR2004
        if change > 0:
            return say("Sales ran {part} above the period before, most of it on two days", part=part)
        return say("Sales ran {part} below the period before, most of it on two days", part=part)
    if change > 0:
        return say("Sales ran {part} above the period before", part=part)
    return say("Sales ran {part} below the period before", part=part)


@of_answer
def daily(answer: HasTable) -> pl.DataFrame:
    """The days as their chart wants them: ``value`` and ``previous``."""
    return answer.table.rename({"net_minor": "value", "previous_minor": "previous"})


@of_answer
def peak(answer: HasTable) -> tuple[dt.date, str] | None:
    """The day that stands out of its period: over 1.5 × the median day and the highest; with its label."""
    table = answer.table
    middle = table["net_minor"].median()
    if table.height < 7 or not isinstance(middle, float) or middle <= 0:  # noqa: PLR2004
        return None
    top = table.sort("net_minor", descending=True).row(0, named=True)
    over = top["net_minor"] / middle - 1
    day: dt.date = top["local_on"]
    said = say("{day}: +{over} on the median day", day=days.day(day), over=whole_percent(over))
    return (day, said) if over > 0.5 else None  # noqa: PLR2004


@of_answer
def histories(answer: HasTable) -> dict[str, list[float]]:
    """The known weeks of each figure, oldest first."""
    found: dict[str, list[float]] = {}
    for kpi, value in answer.table.select("kpi", "value").iter_rows():
        if value is not None:
            found.setdefault(kpi, []).append(value)
    return found


SHOWN: Final = 7
"""Groups of a ranking that a card has room for."""


@of_answer
def ranked(answer: HasTable) -> pl.DataFrame:
    """The groups that a card has room for, as their chart wants them."""
    return answer.table.select("change", group="label", value="net_minor").head(SHOWN)


@of_answer
def growing(answer: HasTable) -> list[str]:
    """The two groups that grew most, of those that have a name for the viewer."""
    rows = answer.table.head(SHOWN).drop_nulls(["group", "change"]).filter(pl.col("change") > 0.02)  # noqa: PLR2004
    rows = rows.filter(~pl.col("group").is_in([ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE]))
    return [str(group) for group in rows.sort("change", descending=True).head(2)["label"]]


def leaders(answer: HasTable) -> str:
    """``Suzhou and Chengdu lead the growth``."""
    top = growing(answer)
    if not top:
        return say("Where sales are made")
    if len(top) > 1:
        return say("{groups} lead the growth", groups=joined(top))
    return say("{group} leads the growth", group=top[0])


def funnel(answer: HasTable) -> str:
    """``Most leave between lingering and cart``: the step that keeps the smallest part of the step before."""
    step = weakest_step(answer)
    if step is None:
        return say("From viewing to keeping")
    steps = answer.table["step"].to_list()
    first, then = _DOING[steps[steps.index(step) - 1]], _DOING[step]
    return say("Most leave between {first} and {then}", first=say(first), then=say(then))


@of_answer
def weakest_step(answer: HasTable) -> str | None:
    """The step that loses the largest part of the visitors of the step before it."""
    table = answer.table.with_columns((pl.col("visitors") / pl.col("visitors").shift(1)).alias("kept")).drop_nulls(
        "kept"
    )
    return None if table.is_empty() else str(table.sort("kept")["step"][0])


def weakest_label(answer: HasTable) -> str | None:
    """That step as people call it."""
    step = weakest_step(answer)
    return None if step is None else say(STEPS[step])


STEPS: Final = {
    "viewed": later("Viewed"),
    "lingered": later("Lingered"),
    "cart": later("Put in cart"),
    "ordered": later("Ordered"),
    "kept": later("Kept"),
}


@of_answer
def funnel_rows(answer: HasTable) -> pl.DataFrame:
    """The funnel with its steps called what people call them."""
    return answer.table.with_columns(pl.col("step").replace(_said(STEPS)))


_DOING = {
    "viewed": later("viewing"),
    "lingered": later("lingering"),
    "cart": later("cart"),
    "ordered": later("ordering"),
    "kept": later("keeping"),
}


@of_answer
def frequency(answer: HasTable) -> str:
    """``71.2 % of buyers bought on one day only``."""
    total = int(answer.table["customers"].sum())
    once = int(answer.table.filter(pl.col("orders") == 1)["customers"].sum())
    return (
        say("{part} of buyers bought on one day only", part=percent(once / total)) if total else say("Orders per buyer")
    )


def concentration(answer: HasTable) -> str:
    """``The top fifth of buyers brings 55 % of net sales``."""
    if answer.table.is_empty():
        return say("Concentration of sales")
    return say(
        "The top fifth of buyers brings {part} of net sales",
        part=percent(answer.table["top_fifth_share"][0]),
    )


@of_answer
def second_order(answer: HasTable, median_day: float | None) -> str:
    """``Half are back within 40 days``, or that the median is not reached."""
    if answer.table.is_empty():
        return say("Time to the second order")
    if median_day is not None:
        return say("Half of the buyers are back within {days} days", days=f"{median_day:.0f}")
    last = answer.table.sort("day").tail(1)
    return say(
        "Only {part} have come back within {days} days", part=percent(1 - last["survival"][0]), days=last["day"][0]
    )


def hesitation(answer: HasTable) -> str:
    """``WC-07 holds attention but does not sell``."""
    worst = worst_hesitation(answer)
    return (
        say("{product} holds attention but does not sell", product=worst)
        if worst
        else say("Attention and sales by product")
    )


@of_answer
def worst_hesitation(answer: HasTable) -> str | None:
    """The product in *hesitation* with the longest dwell; None when none is certain."""
    found = metrics_hesitation(answer.table) if "quadrant" in answer.table.columns else answer.table.clear()
    return None if found.is_empty() else str(found["product_id"][0])


def lingered(answer: HasTable) -> str:
    """``1,904 people lingered on WC-07 and did not buy``."""
    if answer.table.is_empty():
        return say("Lingered, not bought")
    top = answer.table.row(0, named=True)
    return say(
        "{people} members lingered on {product} and did not buy", people=top["people"], product=top["product_id"]
    )


def coverage(answer: HasTable) -> str:
    """``Dwell is known for 98.7 % of views``."""
    return (
        say("Dwell is known for {part} of views", part=percent(answer.coverage))
        if answer.coverage is not None
        else say("Dwell evidence")
    )


@of_answer
def returns(answer: HasTable, what: str) -> str:
    """``Live stream returns most: 45.0 %``."""
    table = answer.table.drop_nulls("return_rate").sort("return_rate", descending=True)
    if table.height < 2:  # noqa: PLR2004
        return say("Returns by size") if what == "size" else say("Returns by channel")
    name = channel_label(str(table["group"][0]))
    return say("{name} returns most: {rate}", name=name, rate=percent(table["return_rate"][0]))


def spike(answer: HasTable) -> str:
    """``The evening belongs to wool coats: index 165 from 20 to 23 h``."""
    if answer.table.is_empty():
        return say("Dwell through the week")
    row = answer.table.row(0, named=True)
    return say(
        next(words for first, words in _PARTS if row["first_hour"] >= first),
        group=(say(UNMAPPED) if row["group"] == UNMAPPED else row["group"]).lower(),
        index=f"{row['index']:.0f}",
        first=row["first_hour"],
        until=row["last_hour"] + 1,
    )


_PARTS = (
    (18, later("The evening belongs to {group}: index {index} from {first} to {until} h")),
    (12, later("The afternoon belongs to {group}: index {index} from {first} to {until} h")),
    (6, later("The morning belongs to {group}: index {index} from {first} to {until} h")),
    (0, later("The night belongs to {group}: index {index} from {first} to {until} h")),
)


@of_answer
def largest(table: pl.DataFrame, *, rows: int, columns: int) -> pl.DataFrame:
    """The rows and columns of a cross table with most known views, largest first, for a chart that can be read."""
    table = table.with_columns(pl.col("row").fill_null(UNMAPPED), pl.col("column").fill_null("—"))
    keep = {
        side: table.group_by(side).agg(pl.col("known_views").sum()).sort("known_views", side, descending=[True, False])
        for side in ("row", "column")
    }
    down, across = keep["row"]["row"].head(rows), keep["column"]["column"].head(columns)
    named = pl.col("column").replace(_said(CHANNEL_LABELS))
    return (
        table.filter(pl.col("row").is_in(down.implode()), pl.col("column").is_in(across.implode()))
        .with_columns(
            pl.col("row").replace_strict(down, range(len(down)), return_dtype=pl.Int64).alias("_down"),
            pl.col("column").replace_strict(across, range(len(across)), return_dtype=pl.Int64).alias("_across"),
        )
        .sort("_down", "_across")
        .with_columns(named, pl.col("row").replace({UNMAPPED: say(UNMAPPED)}))
        .drop("_down", "_across")
    )


@of_answer
def with_channel_names(table: pl.DataFrame, column: str = "channel") -> pl.DataFrame:
    """The same table with channels called what people call them."""
    return table.with_columns(pl.col(column).replace(_said(CHANNEL_LABELS)))


@of_answer
def median_gap(answer: HasTable) -> float | None:
    """The gap that half of all gaps do not exceed, in days."""
    table = answer.table.sort("gap_days").with_columns((pl.col("gaps").cum_sum() / pl.col("gaps").sum()).alias("share"))
    reached = table.filter(pl.col("share") >= 0.5)  # noqa: PLR2004
    return None if reached.is_empty() else float(reached["gap_days"][0])


def gaps(answer: HasTable) -> str:
    """``Half of the returns come within 45 days``."""
    middle = median_gap(answer)
    return (
        say("Half of those who return do so within {days} days", days=f"{middle:.0f}")
        if middle is not None
        else say("Days between orders")
    )


def top_groups(table: pl.DataFrame, most: int = 6) -> pl.DataFrame:
    """The curves of the largest groups; all rows when there is one curve."""
    if "group" not in table.columns:
        return table
    sizes = table.group_by("group").agg(pl.col("at_risk").max()).sort("at_risk", "group", descending=[True, False])
    names = sizes["group"].drop_nulls().head(most)
    return table.filter(pl.col("group").is_in(names.implode())).with_columns(
        pl.col("group").replace(_said(CHANNEL_LABELS))
    )


@of_answer
def by_segment(answer: HasTable) -> pl.DataFrame:
    """One row per segment, best first: ``segment, customers, net_minor``."""
    order = {segment: rank for rank, segment in enumerate(SEGMENT_LABELS)}
    return (
        answer.table.group_by("segment")
        .agg(pl.col("customers").sum(), pl.col("net_minor").sum())
        .sort(pl.col("segment").replace_strict(order, default=len(order), return_dtype=pl.Int64))
    )


@of_answer
def segments(answer: HasTable) -> str:
    """``Champions are 4.1 % of buyers and bring 18.0 % of net sales``."""
    table = by_segment(answer).filter(pl.col("net_minor") > 0)
    if table.is_empty():
        return say("Segments")
    row = table.row(0, named=True)
    buyers, money = row["customers"] / table["customers"].sum(), row["net_minor"] / table["net_minor"].sum()
    return say(
        "{segment} are {buyers} of buyers and bring {money} of net sales",
        segment=say(SEGMENT_LABELS.get(row["segment"], row["segment"])),
        buyers=percent(buyers),
        money=percent(money),
    )


OFF: Final = later("Off: {why}")
"""How the purchase model says that it shows nothing; the reason comes last in every language."""
EXPECTED_SAID: Final = later("Buyers expected in the next 90 days (95 % interval) and net sales of the next 52 weeks")


@of_answer
def expected(answer: HasTable) -> str:
    """``About 2,611 known buyers are expected in the next 90 days``."""
    if answer.table.is_empty():
        return say("Expected buyers")
    many = round(answer.table["expected_buyers"].sum())
    return say("About {n} known buyers are expected in the next 90 days", n=many)


def why_off(answer: HasTable) -> str:
    """Why nothing is expected of anybody, as the answer says it."""
    off = say(OFF, why="")
    why = next((note.removeprefix(off) for note in answer.notes if note.startswith(off)), "")
    return say("Not shown: {why}", why=why) if why else say("No group of ten known buyers and more.")


def said_of(answer: HasTable, unknown: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What an answer says of itself, without what is said of the link's unknown values elsewhere."""
    return tuple(note for note in answer.notes if note not in unknown)


def _said(labels: Mapping[str, str]) -> dict[str, str]:
    return {code: say(label) for code, label in labels.items()}
