"""A slide's picture as HTML: drawn on the server, so that a window needs neither script nor network to show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import plotly.graph_objects as go

from charts.figure_picture import figure_picture
from charts.map_legend import legend_html
from charts.map_picture import map_png
from charts.map_view import MapView
from exports.story_found import Grid, Said
from ui import story_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Theme
    from exports.story import Slide
    from exports.story_found import Number

HIGH: Final = 590
"""Pixels of the stage that a picture may be high."""
_LARGEST: Final = 1.95
"""How much larger a chart's words are than on a page: 27 pixels of the stage, readable at the back."""
_SHARP: Final = 1.5
"""Dots of a map's picture a pixel of the stage."""
_LEGEND: Final = 52
"""Pixels of the stage that a map's legend takes."""
_CRISP: Final = 2
"""Dots of a chart's picture a pixel of the stage: letters stay sharp on a large projector."""
_SPREADS: Final = 260
"""Charts at least this high are lines and dots, which may fill the box; lower ones are rows, which stay as they are."""
_EDGES: Final = (48, 46)
"""Pixels that a chart's picture adds beside and above it."""


def html_of(slide: Slide, theme: Theme) -> str:
    """The picture, or the reason why there is none.

    Args:
        slide: of ``exports.story.told``.
        theme: light or dark.
    """
    picture = slide.picture(theme)
    if picture is None:
        return story_html.problem(slide.problem)
    if isinstance(picture, go.Figure):
        return _chart(picture, theme)
    if isinstance(picture, MapView):
        return _map(picture, theme)
    if isinstance(picture, Grid):
        return story_html.table(picture)
    if picture and isinstance(picture[0], Said):
        return story_html.sentences(cast("Sequence[Said]", picture))
    return story_html.numbers(cast("Sequence[Number]", picture))


def _map(found: MapView, theme: Theme) -> str:
    """The map alone, and its legend below it in letters of the slide's size."""
    size = (round(story_html.WIDE * _SHARP), round((HIGH - _LEGEND) * _SHARP))
    drawn = map_png(replace(found, legend=()), theme, width=size[0], height=size[1])
    return story_html.image(drawn, found.alt) + f'<div class="slide-legend">{legend_html(found.legend, theme)}</div>'


def _chart(figure: go.Figure, theme: Theme) -> str:
    """The chart as on its page, enlarged as a whole: its words grow with it."""
    own = int(figure.layout.height or 300)
    scale = min(_LARGEST, HIGH / (own + _EDGES[1]))
    if own >= _SPREADS:
        figure = _as_high(figure, max(own, round(HIGH / scale) - _EDGES[1]))
    meta: Any = figure.layout.meta or {}
    width = story_html.WIDE * _CRISP
    drawn = figure_picture(figure, theme, width=width, page=story_html.WIDE / scale - _EDGES[0])
    return story_html.image(drawn.png(), str(meta.get("alt", "")))


def _as_high(figure: go.Figure, high: int) -> go.Figure:
    """A copy of another height: pictures are shared by all who look, and never changed."""
    copy = go.Figure(figure)
    copy.update_layout(height=high)
    return copy
