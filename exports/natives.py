"""Charts as a slide holds them, of an answer alone: for the file of a page and for a story's step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import headlines
from charts.numbers import money
from charts.sharing_money import statement_steps
from charts.value import MOST_ROWS
from exports.desk import native, number_form
from exports.document import Native, Series
from exports.words import spoken
from schema.days import day, day_year
from schema.language import later, say
from schema.money import minor_digits
from schema.sharing_labels import STEPS
from schema.wording import SEGMENT_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from answers.answer import Answer
    from charts.theme import Theme

_ONE_YEAR: Final = 366
_MOST_ORDERS: Final = 8
_PARTS: Final = ("exact", "contested", "provisional", "unassigned")
EVIDENCE: Final = {
    "measured": later("measured"),
    "pings": later("pings"),
    "gap": later("gap to next event"),
    "unknown": later("unknown"),
}
"""On what a view's dwell rests, best first."""


def trend(answer: Answer, theme: Theme) -> Native:
    """Sales of each day beside the period before, the peak marked."""
    written = day if (answer.to_on - answer.from_on).days < _ONE_YEAR else day_year
    days = answer.table.with_columns(
        pl.Series("day", [written(on) for on in answer.table["local_on"]], dtype=pl.String)
    )
    columns = {"net_minor": say("This period"), "previous_minor": say("Before")}
    chart = native("lines", days, "day", columns, theme=theme, currency=answer.currency)
    peak = headlines.peak(answer)
    if peak is None:
        return chart
    at = answer.table["local_on"].to_list().index(peak[0])
    return replace(chart, tints={at: theme.finding}, labels={at: peak[1]})


def ranking(answer: Answer, theme: Theme) -> Native:
    """Who leads, those that grow in colour."""
    rows = answer.table.select("label", "net_minor").head(headlines.SHOWN)
    growing = headlines.growing(answer)
    calm = {} if not growing else dict.fromkeys(set(rows["label"]) - set(growing), theme.calm)
    columns = {"net_minor": say("Net sales")}
    return native("bars", rows, "label", columns, theme=theme, currency=answer.currency, tints=calm)


def funnel(answer: Answer, theme: Theme) -> Native:
    """The share of visitors at each step, the weakest marked."""
    rows, weakest = headlines.funnel_rows(answer), headlines.weakest_label(answer)
    tints = {weakest: theme.finding} if weakest else {}
    return native("bars", rows, "step", {"share": say("Share of visitors")}, theme=theme, tints=tints)


def coverage(answer: Answer, theme: Theme) -> Native:
    """On what evidence each channel's dwell rests."""
    kinds = {kind: say(words) for kind, words in EVIDENCE.items()}
    rows = headlines.with_channel_names(answer.table)
    shares = rows.with_columns(pl.col(kind).fill_null(0) / pl.col("views") for kind in kinds)
    colours = [*(theme.sales[place] for place in (7, 4, 2)), theme.calm]
    return native("stack", shares, "channel", kinds, theme=theme, unit="rate", colours=colours)


def frequency(answer: Answer, theme: Theme) -> Native:
    """How many bought how often, the largest ones together."""
    binned = (
        answer.table.with_columns(pl.col("orders").clip(upper_bound=_MOST_ORDERS))
        .group_by("orders").agg(pl.col("customers").sum()).sort("orders")
        .with_columns(name=pl.when(pl.col("orders") == _MOST_ORDERS).then(pl.lit(f"{_MOST_ORDERS}+"))
                      .otherwise(pl.col("orders").cast(pl.String)))
    )  # fmt: skip
    return native("columns", binned, "name", {"customers": say("Buyers")}, theme=theme, tints={"1": theme.finding})


def segments(answer: Answer, theme: Theme) -> Native:
    """Buyers of each segment."""
    named = headlines.by_segment(answer).with_columns(pl.col("segment").replace(spoken(SEGMENT_LABELS)))
    return native("bars", named, "segment", {"customers": say("Buyers")}, theme=theme)


def expected(answer: Answer, theme: Theme) -> Native:
    """How many are expected to buy."""
    columns = {"expected_buyers": say("Expected buyers")}
    return native("bars", answer.table.head(MOST_ROWS), "label", columns, theme=theme)


def binding_steps(answer: Answer) -> pl.DataFrame:
    """The way from registration to an owner in words; ``sort`` tells a step from a part of the one above."""
    return answer.table.with_columns(
        sort=pl.when(pl.col("step").is_in(_PARTS)).then(pl.lit("part")).otherwise(pl.lit("step")),
        step=pl.col("step").replace(spoken(STEPS)),
    )


def binding(answer: Answer, theme: Theme) -> Native:
    """From registration to an owner."""
    return native("bars", binding_steps(answer), "step", {"customers": say("Customers")}, theme=theme)


def statement(row: Mapping[str, Any], currency: str, theme: Theme) -> Native | None:
    """From opening to closing, as bars that stand on each other; below zero they cannot, and there is none."""
    steps = statement_steps(dict(row))
    unit = 10 ** minor_digits(currency)
    level, hidden, seen = 0, [], []
    for step in steps:
        start, end = (0, step.minor) if step.is_balance else (level, level + step.minor)
        level = end
        hidden.append(min(start, end) / unit)
        seen.append(abs(end - start) / unit)
    if min(hidden) < 0:
        return None
    tints = {
        at: theme.primary if step.is_balance else theme.good if step.minor >= 0 else theme.bad
        for at, step in enumerate(steps)
    }
    return Native(
        "steps", tuple(step.name for step in steps),
        (Series("from", tuple(hidden), theme.page, is_hidden=True), Series(currency, tuple(seen), theme.primary)),
        number_form("money"), tints, {at: money(step.minor, currency) for at, step in enumerate(steps)},
    )  # fmt: skip


def differences(rows: pl.DataFrame, currency: str, highlight: str, theme: Theme) -> Native:
    """Who would receive more, who less: ``name``, ``delta_minor``; the highlighted one in the finding's colour."""
    tints = {
        name: theme.finding if name == highlight else theme.primary if minor >= 0 else theme.calm
        for name, minor in rows.select("name", "delta_minor").iter_rows()
    }
    columns = {"delta_minor": say("Difference")}
    return native("bars", rows, "name", columns, theme=theme, currency=currency, tints=tints)
