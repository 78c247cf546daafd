"""Why is this customer theirs? One customer's days on a line, and the stores that came into question."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from charts.marks import column_px, fitted, readable_on, row_frame
from charts.numbers import count
from charts.theme import Theme, figure, words
from schema.days import axis
from schema.language import later, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_LANES: Final = {"owner": later("Owner"), "claims": later("Claims"), "orders": later("Orders")}
_LANE_PX = 54
_SYMBOLS: Final = {
    "granted": "triangle-up",
    "refused": "x",
    "order": "circle",
    "same": "circle-open",
    "this": "circle-open-dot",
}
_NEAR_M: Final = 25.0
"""Differences of distance below so many metres are drawn about to scale."""
_SIZES: Final = {"order": 9, "this": 19}


@dataclass(frozen=True)
class Spell:
    """Somebody owned the customer from an instant on; ``until`` is None while it lasts."""

    owner: str
    since: dt.datetime
    until: dt.datetime | None
    words: str


@dataclass(frozen=True)
class Mark:
    """Something that happened: a claim (``granted``, ``refused``, ``same``), an ``order``, or ``this`` order."""

    at: dt.datetime
    kind: str
    words: str


def customer_timeline(
    spells: Sequence[Spell],
    marks: Sequence[Mark],
    theme: Theme,
    *,
    now: dt.datetime,
    wide: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """Whose customer was it when, who tried to claim it, and which orders fell into whose time?

    Args:
        spells: In order of time, without gaps.
        marks: Claims and orders.
        theme: Light or dark.
        now: Where the last spell ends on the picture.
        wide: Whether the picture is a whole row of a large screen, so that names have room.
        alt: The finding as a sentence; else the picture is described.
    """
    owners = list(dict.fromkeys(spell.owner for spell in spells))
    tint = {owner: theme.categorical[index % 4] for index, owner in enumerate(owners)}
    refused = sum(mark.kind == "refused" for mark in marks)
    said = say(
        "{n} spells of ownership by {owners}; {refused} claims refused.",
        n=len(spells),
        owners=", ".join(owners),
        refused=count(refused),
    )
    used = [lane for lane in _LANES if lane == "owner" or any(_lane(mark) == lane for mark in marks)]
    names = [say(_LANES[lane]) for lane in used]
    fig = figure(
        theme,
        alt=alt or said,
        height=_LANE_PX * len(used) + 56,
        margin={"l": column_px(names) + 14, "r": 14, "t": 6, "b": 46},
        barmode="overlay",
        hovermode="closest",
    )
    fig.update_yaxes(tickvals=list(range(len(used))), ticktext=names, range=[len(used) - 0.5, -0.5],
                     showgrid=False, tickfont={"color": theme.ink, "size": 14})  # fmt: skip
    fig.update_xaxes(type="date", nticks=5, tickformat=axis("day_then_year"))
    for spell in spells:
        _draw_spell(fig, spell, theme, tint[spell.owner], spell.until or now, _room(spell, spells, now, wide=wide))
    for kind in _SYMBOLS:
        _draw_marks(fig, [mark for mark in marks if mark.kind == kind], kind, used, theme)
    return fig


def _draw_spell(fig: go.Figure, spell: Spell, theme: Theme, colour: str, until: dt.datetime, room: float) -> None:
    """A bar from its first instant to its end, with the owner's name as far as it has room."""
    fig.add_trace(
        go.Scatter(
            x=[spell.since, until, until, spell.since],
            y=[-0.3, -0.3, 0.3, 0.3],
            fill="toself",
            mode="lines",
            fillcolor=colour,
            line={"color": theme.page, "width": 1},
            hoverinfo="skip",
        )
    )
    fig.add_trace(
        go.Scatter(
            x=[spell.since + (until - spell.since) / 2],
            y=[0],
            mode="text",
            text=[f"<b>{words(fitted(spell.owner, room, 13))}</b>"],
            textfont={"color": readable_on(colour, theme), "size": 13},
            hovertext=[f"<b>{words(spell.owner)}</b><br>{words(spell.words)}"],
            hoverinfo="text",
        )
    )


def _draw_marks(fig: go.Figure, here: list[Mark], kind: str, lanes: Sequence[str], theme: Theme) -> None:
    """The claims or orders of one kind, each in its lane."""
    if not here:
        return
    fig.add_trace(
        go.Scatter(
            x=[mark.at for mark in here],
            y=[lanes.index(_lane(mark)) for mark in here],
            mode="markers",
            marker={
                "symbol": _SYMBOLS[kind],
                "size": _SIZES.get(kind, 12),
                "color": theme.finding if kind == "refused" else theme.ink if kind == "this" else theme.primary,
                "line": {"color": theme.page, "width": 0 if kind == "same" else 2 if kind == "this" else 1},
            },
            hovertext=[words(mark.words) for mark in here],
            hoverinfo="text",
            cliponaxis=False,
        )
    )


def candidate_strip(
    rows: Sequence[tuple[str, float | None, bool]], theme: Theme, *, tie_m: float, alt: str | None = None
) -> go.Figure:
    """Which stores came into question, how far was each, and which were equally near?

    Each store stands as many metres right as it is farther than the nearest one, far ones drawn closer together, so that
    the band of equal nearness can be seen beside stores many kilometres away.

    Args:
        rows: (name, metres, whether it won), nearest first.
        theme: Light or dark.
        tie_m: Stores at most so much farther than the nearest counted as equally near: shaded.
        alt: The finding as a sentence; else the picture is described.
    """
    known = [metres for _, metres, _ in rows if metres is not None]
    nearest = min(known, default=0.0)
    places = [None if metres is None else math.log1p((metres - nearest) / _NEAR_M) for _, metres, _ in rows]
    texts = [say("distance unknown") if metres is None else f"{count(metres)} m" for _, metres, _ in rows]
    won = [index for index, (*_, is_owner) in enumerate(rows) if is_owner]
    said = (
        say("{store} won at {distance}.", store=rows[won[0]][0], distance=texts[won[0]])
        if won
        else say("None of the stores won.")
    )
    tied = sum(metres - nearest <= tie_m for metres in known) if tie_m > 0 else 0
    if tied > 1:
        said += " " + say("{n} stores were equally near.", n=count(tied))
    right = column_px([say("{distance} · owner", distance=text) for text in texts], size=13) + 16
    fig = row_frame(
        theme,
        [name for name, *_ in rows],
        alt=alt or f"{say('{n} stores came into question.', n=len(rows))} {said}",
        right=right,
        top=22,
    )
    end = max((place for place in places if place is not None), default=0.0)
    band = math.log1p(tie_m / _NEAR_M)
    low, high = -0.25, max(end, band * 1.4, 1.0)
    fig.update_xaxes(range=[low, high])
    if known and tie_m > 0:
        fig.add_vrect(x0=low, x1=band, fillcolor=theme.finding_wash, line_width=0, layer="below")
        fig.add_annotation(x=low, xanchor="left", y=1, yref="paper", yanchor="bottom", showarrow=False,
                           text=say("equally near: up to {metres} m more", metres=count(tie_m)), font={"size": 12, "color": theme.finding_text})  # fmt: skip
    for index, ((name, _, is_owner), place, text) in enumerate(zip(rows, places, texts, strict=True)):
        colour = theme.primary if is_owner else theme.calm
        at = low if place is None else place
        fig.add_shape(
            type="line", x0=low, x1=at, y0=index, y1=index, line={"color": theme.grid, "width": 2}, layer="below"
        )
        fig.add_trace(
            go.Scatter(
                x=[at],
                y=[index],
                mode="markers+text",
                marker={"size": 13 if is_owner else 10, "color": colour, "line": {"color": theme.page, "width": 1}},
                text=[f"<b>{say('{distance} · owner', distance=text)}</b>" if is_owner else text],
                textposition="middle right",
                textfont={"size": 13, "color": theme.primary if is_owner else theme.ink},
                hovertext=[f"<b>{words(name)}</b><br>{text}"],
                hoverinfo="text",
                cliponaxis=False,
            )
        )
    return fig


def _lane(mark: Mark) -> str:
    return "orders" if mark.kind in {"order", "this"} else "claims"


def _room(spell: Spell, spells: Sequence[Spell], now: dt.datetime, *, wide: bool) -> float:
    """About how many pixels a spell's name may take: its part of a lane 230 px wide, the narrowest there is, or 800."""
    whole = ((spells[-1].until or now) - spells[0].since).total_seconds() or 1.0
    return (800 if wide else 230) * ((spell.until or now) - spell.since).total_seconds() / whole
