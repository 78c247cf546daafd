"""Into whose accounts did the pool go? One bar whose parts make the whole, each named, in percent and in money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from charts.kept import kept
from charts.marks import readable_on, text_px
from charts.numbers import money, percent
from charts.theme import Theme, figure, words
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE_PX: Final = 940
"""A screen of 1280 px leaves the bar so many pixels."""
_GAP_PX: Final = 14
_BOLD: Final = 1.07
_HEIGHT: Final = 126
_BAR_PX: Final = 44
_LINE_PX: Final = 25
_NAME, _INSIDE = 14, 16


@dataclass(frozen=True)
class _Part:
    name: str
    amount: str
    share: float
    start: float
    colour: str

    @property
    def is_wide(self) -> bool:
        """Whether its percent fits inside it on the narrowest screen."""
        return self.share * _WIDE_PX >= text_px(percent(self.share, 2), _INSIDE) * _BOLD + 20

    @property
    def below(self) -> str:
        """What stands below it: the money, and the percent where it does not fit inside."""
        return self.amount if self.is_wide else f"{percent(self.share, 2)} · {self.amount}"

    @property
    def label_px(self) -> float:
        """The room that its name and what stands below need."""
        return max(text_px(self.name, _NAME) * _BOLD + (0 if self.is_wide else 14), text_px(self.below, 13)) + _GAP_PX


@kept
def split_bar(
    parts: Sequence[tuple[str, int]], theme: Theme, *, currency: str, phone: bool = False, alt: str | None = None
) -> go.Figure:
    """Into whose accounts did the pool go? One bar whose parts make the whole.

    Args:
        parts: (who, amount in minor units), not negative: stores, the agent, guides, others.
        theme: Light or dark.
        currency: ISO 4217.
        phone: Names and amounts as lines below the bar, since four do not fit above a narrow one.
        alt: The finding as a sentence; else the picture is described.
    """
    whole = sum(amount for _, amount in parts)
    colours = (theme.primary, theme.finding, theme.categorical[2], theme.calm)
    drawn, start = [], 0.0
    for (name, amount), colour in zip(parts, colours, strict=False):
        share = amount / whole if whole else 0.0
        drawn.append(_Part(name, money(amount, currency), share, start, colour))
        start += share
    said = ", ".join(f"{part.name} {percent(part.share, 2)}" for part in drawn)
    alt = alt or say("Of {total}: {parts}.", total=money(whole, currency), parts=said)
    shown = [part for part in drawn if part.share]
    places = None if phone else _places(shown)
    return _listed(shown, theme, alt) if places is None else _labelled(shown, places, theme, alt)


def _places(parts: Sequence[_Part]) -> list[float] | None:
    """Where each label begins, 0-1: at its part, moved aside where two would touch, the last one at the bar's end."""
    rooms = [part.label_px / _WIDE_PX for part in parts]
    places: list[float] = []
    for part in parts:
        after = places[-1] + rooms[len(places) - 1] if places else 0.0
        places.append(max(part.start, after))
    limit = 1.0 + _GAP_PX / _WIDE_PX
    for index in range(len(parts) - 1, -1, -1):
        places[index] = min(places[index], limit - rooms[index])
        limit = places[index]
    return None if parts and places[0] < 0 else places


def _frame(parts: Sequence[_Part], theme: Theme, alt: str, height: int, top: int, bottom: int) -> go.Figure:
    fig = figure(theme, alt=alt, height=height, margin={"l": 0, "r": 0, "t": top, "b": bottom}, barmode="stack")
    fig.update_xaxes(visible=False, range=[0, 1])
    fig.update_yaxes(visible=False, range=[-0.5, 0.5])
    for part in parts:
        fig.add_trace(
            go.Bar(
                y=[0],
                x=[part.share],
                orientation="h",
                width=1,
                marker={"color": part.colour, "line": {"color": theme.page, "width": 2}, "cornerradius": 0},
                hovertext=[f"<b>{words(part.name)}</b><br>{part.amount} · {percent(part.share, 2)}"],
                hoverinfo="text",
            )
        )
    return fig


def _labelled(parts: Sequence[_Part], places: Sequence[float], theme: Theme, alt: str) -> go.Figure:
    """Names above, percents inside, money below."""
    fig = _frame(parts, theme, alt, _HEIGHT, 30, 30)
    last_wide = max((index for index, part in enumerate(parts) if part.is_wide), default=-1)
    for index, (part, place) in enumerate(zip(parts, places, strict=True)):
        is_end = index > 0 and (index == len(parts) - 1 or index > last_wide)  # thin ones stand close at the bar's end
        back = sum(other.label_px for other in parts[index + 1 :]) if is_end else 0.0
        where = {"xref": "x", "yref": "paper", "showarrow": False, "xanchor": "right" if is_end else "left"}
        at = 1.0 if is_end else place
        above = {**where, "xshift": -back}
        sign = "" if part.is_wide else f'<span style="color:{part.colour}">■</span> '
        fig.add_annotation(**above, x=at, y=1, yanchor="bottom", yshift=3, text=f"{sign}<b>{words(part.name)}</b>",
                           font={"size": _NAME, "color": theme.ink})  # fmt: skip
        fig.add_annotation(**above, x=at, y=0, yanchor="top", yshift=-3, text=part.below,
                           font={"size": 13, "color": theme.caption})  # fmt: skip
        if part.is_wide:
            fig.add_annotation(**where, x=part.start + part.share if is_end else part.start, y=0.5,
                               xshift=-10 if is_end else 10, text=f"<b>{percent(part.share, 2)}</b>",
                               font={"size": _INSIDE, "color": readable_on(part.colour, theme)})  # fmt: skip
    return fig


def _listed(parts: Sequence[_Part], theme: Theme, alt: str) -> go.Figure:
    """The bar, and below it a line for each part."""
    below = 12 + _LINE_PX * len(parts)
    fig = _frame(parts, theme, alt, _BAR_PX + below, 0, below)
    for index, part in enumerate(parts):
        down = {
            "yref": "paper",
            "y": 0,
            "yanchor": "top",
            "yshift": -8 - _LINE_PX * index,
            "xref": "paper",
            "showarrow": False,
        }
        name = f'<span style="color:{part.colour}">■</span> <b>{words(part.name)}</b>'
        fig.add_annotation(**down, x=0, xanchor="left", text=name, font={"size": 13, "color": theme.ink})
        said = f"{percent(part.share, 2)} · {part.amount}"
        fig.add_annotation(**down, x=1, xanchor="right", text=said, font={"size": 13, "color": theme.caption})
    return fig
