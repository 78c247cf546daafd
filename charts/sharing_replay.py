"""Why is this customer theirs? One customer's days on a line, and the stores that came into question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from charts.marks import Row, column_px, fitted, ranked_rows, readable_on
from charts.numbers import count
from charts.theme import Theme, figure, words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_LANES: Final = ("Owner", "Claims", "Orders")
_LANE_PX = 54
_SYMBOLS: Final = {"granted": "triangle-up", "refused": "x", "order": "circle", "same": "circle-open"}


@dataclass(frozen=True)
class Spell:
    """Somebody owned the customer from an instant on; ``until`` is None while it lasts."""

    owner: str
    since: dt.datetime
    until: dt.datetime | None
    words: str


@dataclass(frozen=True)
class Mark:
    """Something that happened: a claim (``granted``, ``refused``, ``same``) or an ``order``."""

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
    said = f"{len(spells)} spells of ownership by {', '.join(owners)}; {count(refused)} claims refused."
    used = [lane for lane in _LANES if lane == "Owner" or any(_lane(mark) == lane for mark in marks)]
    fig = figure(
        theme,
        alt=alt or said,
        height=_LANE_PX * len(used) + 56,
        margin={"l": column_px(list(used)) + 14, "r": 14, "t": 6, "b": 46},
        barmode="overlay",
        hovermode="closest",
    )
    fig.update_yaxes(tickvals=list(range(len(used))), ticktext=list(used), range=[len(used) - 0.5, -0.5],
                     showgrid=False, tickfont={"color": theme.ink, "size": 14})  # fmt: skip
    fig.update_xaxes(type="date", nticks=5, tickformat="%-d %b\n%Y")
    for spell in spells:
        until = spell.until or now
        fig.add_trace(
            go.Scatter(
                x=[spell.since, until, until, spell.since],
                y=[-0.3, -0.3, 0.3, 0.3],
                fill="toself",
                mode="lines",
                fillcolor=tint[spell.owner],
                line={"color": theme.page, "width": 1},
                hoverinfo="skip",
            )
        )
        fig.add_trace(
            go.Scatter(
                x=[spell.since + (until - spell.since) / 2],
                y=[0],
                mode="text",
                text=[f"<b>{words(fitted(spell.owner, _room(spell, spells, now, wide=wide), 13))}</b>"],
                textfont={"color": readable_on(tint[spell.owner], theme), "size": 13},
                hovertext=[f"<b>{words(spell.owner)}</b><br>{words(spell.words)}"],
                hoverinfo="text",
            )
        )
    for kind, symbol in _SYMBOLS.items():
        here = [mark for mark in marks if mark.kind == kind]
        if here:
            fig.add_trace(
                go.Scatter(
                    x=[mark.at for mark in here],
                    y=[used.index(_lane(mark)) for mark in here],
                    mode="markers",
                    marker={
                        "symbol": symbol,
                        "size": 12 if kind != "order" else 9,
                        "color": theme.finding if kind == "refused" else theme.primary,
                        "line": {"color": theme.page, "width": 0 if kind == "same" else 1},
                    },
                    hovertext=[words(mark.words) for mark in here],
                    hoverinfo="text",
                    cliponaxis=False,
                )
            )
    return fig


def candidate_bars(
    rows: Sequence[tuple[str, float | None, bool]], theme: Theme, *, tie_m: float, alt: str | None = None
) -> go.Figure:
    """Which stores came into question, and how far was each?

    Args:
        rows: (name, metres, whether it won), nearest first.
        theme: Light or dark.
        tie_m: Stores at most so much farther than the nearest counted as equally near: shaded.
        alt: The finding as a sentence; else the picture is described.
    """
    known = [metres for _, metres, _ in rows if metres is not None]
    nearest = min(known, default=0.0)
    drawn = [
        Row(
            name=name,
            values=(metres,),
            texts=("distance unknown" if metres is None else f"{metres:,.0f} m",),
            hover=f"<b>{words(name)}</b><br>{'' if metres is None else f'{metres:,.0f} m'}",
            aside="owner" if won else "",
            aside_colour=theme.primary,
            colour=theme.primary if won else theme.calm,
            extras=(name,),
        )
        for name, metres, won in rows
    ]
    winner = next((row for row, (_, _, won) in zip(drawn, rows, strict=True) if won), None)
    said = f"{winner.name} won at {winner.texts[0]}." if winner else "None of the stores won."
    fig = ranked_rows(theme, drawn, alt=alt or f"{len(rows)} stores came into question. {said}", colours=[theme.calm])
    if known and tie_m > 0:
        fig.add_vrect(x0=nearest, x1=nearest + tie_m, fillcolor=theme.finding_wash, line_width=0, layer="below")
    return fig


def _lane(mark: Mark) -> str:
    return "Orders" if mark.kind == "order" else "Claims"


def _room(spell: Spell, spells: Sequence[Spell], now: dt.datetime, *, wide: bool) -> float:
    """About how many pixels a spell's name may take: its part of a lane 230 px wide, the narrowest there is, or 800."""
    whole = ((spells[-1].until or now) - spells[0].since).total_seconds() or 1.0
    return (800 if wide else 230) * ((spell.until or now) - spell.since).total_seconds() / whole
