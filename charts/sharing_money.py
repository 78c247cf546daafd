"""Where did every fen go? Statements, the sum of all shares, and what a change of rules would move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from charts.kept import kept
from charts.marks import column_px, fitted, row_frame, text_px
from charts.numbers import count, money, money_compact
from charts.theme import Theme, figure, words
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl


@dataclass(frozen=True)
class Step:
    """One bar of a statement: a balance stands on the ground, a movement hangs where the one before ended."""

    name: str
    minor: int
    is_balance: bool = False


def statement_steps(row: dict[str, int]) -> list[Step]:
    """A statement's row as steps: opening, accrued, clawed back, paid out, adjusted, closing."""
    return [
        Step(say("Opening"), row["opening_minor"], is_balance=True),
        Step(say("Accrued"), row["accrued_minor"]),
        Step(say("Clawed back"), row["clawback_minor"]),
        Step(say("Paid out"), row["paid_minor"]),
        Step(say("Adjusted"), row["adjust_minor"]),
        Step(say("Closing"), row["closing_minor"], is_balance=True),
    ]


@kept
def statement_waterfall(
    steps: Sequence[Step], theme: Theme, *, currency: str, phone: bool = False, alt: str | None = None
) -> go.Figure:
    """How does an account come from its opening to its closing balance?

    Args:
        steps: As ``statement_steps`` makes them.
        theme: Light or dark.
        currency: ISO 4217; amounts are written to the last minor unit.
        phone: Six labels do not fit side by side on a phone: the same as rows.
        alt: The finding as a sentence; else the picture is described.
    """
    said = ", ".join(f"{step.name.lower()} {_amount(step, currency)}" for step in steps)
    alt = alt or say("Statement: {steps}.", steps=said)
    if phone:
        rows = [(step.name, step.minor, _amount(step, currency), _colour(step, theme)) for step in steps]
        return signed_rows(rows, theme, alt=alt)
    fig = figure(theme, alt=alt, height=290, margin={"l": 8, "r": 8, "t": 30, "b": 34}, bargap=0.42)
    bottoms, tops, level = [], [], 0
    for step in steps:
        start = 0 if step.is_balance else level
        level = step.minor if step.is_balance else level + step.minor
        bottoms.append(min(start, level))
        tops.append(max(start, level))
    ends = _levels(steps)
    fig.add_trace(
        go.Bar(
            x=[step.name for step in steps],
            y=[top - bottom for bottom, top in zip(bottoms, tops, strict=True)],
            base=bottoms,
            marker={"color": [_colour(step, theme) for step in steps], "line": {"width": 0}},
            hovertext=[f"<b>{step.name}</b><br>{_amount(step, currency)}" for step in steps],
            hoverinfo="text",
        )
    )
    for index, (step, top) in enumerate(zip(steps, tops, strict=True)):
        text = _amount(step, currency)
        fig.add_annotation(
            x=index,
            y=top,
            yanchor="bottom",
            yshift=3,
            text=f"<b>{text}</b>" if step.is_balance else text,
            showarrow=False,
            font={"size": 13, "color": theme.ink},
        )
        if index + 1 < len(steps):
            line = {"color": theme.calm, "width": 1}
            fig.add_shape(type="line", x0=index + 0.29, x1=index + 0.71, y0=ends[index], y1=ends[index], line=line)
    low, high = min(0, *bottoms), max(1, *tops)
    fig.update_yaxes(visible=False, range=[low - (high - low) * 0.03, high + (high - low) * 0.12])
    fig.update_xaxes(tickfont={"color": theme.ink, "size": 13}, ticklabelstandoff=4)
    if low < 0:
        fig.add_hline(y=0, line={"color": theme.axis, "width": 1})
    return fig


@kept
def winners_losers(
    table: pl.DataFrame, theme: Theme, *, currency: str, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """Who would receive more, who less?

    Args:
        table: One row a receiver: ``name``, ``delta_minor``.
        theme: Light or dark.
        currency: ISO 4217.
        highlight: The name that is the finding.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        (
            str(row["name"]),
            int(row["delta_minor"]),
            money_compact(row["delta_minor"], currency, sign="always"),
            theme.finding if row["name"] == highlight else theme.primary if row["delta_minor"] >= 0 else theme.calm,
        )
        for row in table.iter_rows(named=True)
    ]
    up = sum(minor > 0 for _, minor, *_ in rows)
    down = sum(minor < 0 for _, minor, *_ in rows)
    return signed_rows(
        rows, theme, alt=alt or say("{more} would receive more, {less} less.", more=count(up), less=count(down))
    )


def signed_rows(rows: Sequence[tuple[str, int, str, str]], theme: Theme, *, alt: str) -> go.Figure:
    """Rows of signed amounts around one zero line: (name, value, text, colour); each text stands at its bar's end."""
    low = min(0, *(value for _, value, *_ in rows)) if rows else 0
    high = max(0, *(value for _, value, *_ in rows)) if rows else 1
    room = column_px([text for *_, text, _ in rows], size=13) + 8
    fig = row_frame(theme, [name for name, *_ in rows], alt=alt, right=room if high else 10)
    margin = fig.layout.margin
    fig.update_layout(margin={"l": margin.l + (room if low else 0)})
    fig.update_yaxes(
        ticktext=[words(fitted(name, max(margin.l - 12, text_px("…")))) for name, *_ in rows],
        ticklabelstandoff=room if low else 6,
    )
    fig.update_xaxes(range=[low, high if high > low else low + 1])
    fig.add_trace(
        go.Bar(
            y=list(range(len(rows))),
            x=[value for _, value, *_ in rows],
            orientation="h",
            width=0.62,
            marker={"color": [colour for *_, colour in rows], "line": {"width": 0}},
            text=[text for _, _, text, _ in rows],
            textposition="outside",
            textangle=0,
            constraintext="none",
            cliponaxis=False,
            textfont={"size": 13, "color": theme.ink},
            hovertext=[f"<b>{words(name)}</b><br>{text}" for name, _, text, _ in rows],
            hoverinfo="text",
        )
    )
    fig.add_vline(x=0, line={"color": theme.axis, "width": 1})
    return fig


def _levels(steps: Sequence[Step]) -> list[int]:
    ends, level = [], 0
    for step in steps:
        level = step.minor if step.is_balance else level + step.minor
        ends.append(level)
    return ends


def _amount(step: Step, currency: str) -> str:
    return money(step.minor, currency) if step.is_balance else money(step.minor, currency, sign="always")


def _colour(step: Step, theme: Theme) -> str:
    """Clawbacks are the one thing to look at; balances are ours, the rest is context."""
    if step.is_balance:
        return theme.primary
    return theme.finding if step.name == "Clawed back" and step.minor else theme.calm
