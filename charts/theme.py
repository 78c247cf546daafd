"""Which colour means what? The one place where charts and maps take their colours, fonts and template from."""

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Literal

import plotly.graph_objects as go

Name = Literal["light", "dark"]

FONT = "'Source Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', system-ui, sans-serif"
"""The page's own stack: Source Sans is bundled with Streamlit, so no request leaves the machine."""

BLACK, WHITE = "#000000", "#ffffff"
"""Only for numbers printed on a middle tone of a scale, where neither ink nor page colour is readable enough."""

END_LABEL_MARGIN = 86
"""Pixels right of a line chart, where each line carries its name."""
_LONGEST_LABEL = 32
"""Letters of a finding's label that fit beside its dot on a phone."""


@dataclass(frozen=True)
class PairRamp:
    """Two agents on one map in seven classes: A alone, both, B alone; each from few to many."""

    a_only: tuple[str, str]
    both: tuple[str, str, str]
    b_only: tuple[str, str]


@dataclass(frozen=True)
class Theme:
    """Every colour a chart or a map may use, by role.

    ``finding`` is the one amber glint a chart may carry; ``calm`` is context and needs a printed value or label;
    ``dwell`` (warm) and ``sales`` (teal) run from little to much; ``diverging`` has its neutral colour in the middle.
    """

    name: Name
    page: str
    panel: str
    ink: str
    caption: str
    axis: str
    border: str
    grid: str
    calm: str
    primary: str
    button: str
    finding: str
    finding_text: str
    finding_wash: str
    good: str
    bad: str
    track: str
    categorical: tuple[str, ...]
    dwell: tuple[str, ...]
    sales: tuple[str, ...]
    diverging: tuple[str, ...]
    pair: PairRamp
    land: str
    water: str
    province: str


def _colours(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LIGHT = Theme(
    name="light",
    page="#ffffff",
    panel="#f5f4f0",
    ink="#1d2430",
    caption="#596273",
    axis="#667080",
    border="#e4e1d9",
    grid="#efede7",
    calm="#a9afb9",
    primary="#00666b",
    button="#00666b",
    finding="#c46a00",
    finding_text="#a85600",
    finding_wash="#fdf1e0",
    good="#1d7f58",
    bad="#c0392f",
    track="#efede7",
    categorical=_colours("#005255 #a66e00 #674696 #0088f1 #ef5783 #487d59 #112342 #954000 #2285a5 #898f4e"),
    dwell=_colours("#f8f3e8 #ebdab5 #e1bf84 #d7a45b #cd8735 #c3691f #b54a1c #a02d25 #831631 #5a143a"),
    sales=_colours("#ebf6f5 #c5e1df #9fcdc9 #78b8b5 #4ea3a4 #078f95 #087782 #056070 #034961 #003352"),
    diverging=_colours("#025268 #057487 #2c96a5 #79b4bd #b4d3d8 #f2f1ed #e1caa9 #cea36b #c17933 #ad4d14 #8f2311"),
    pair=PairRamp(("#b7ddd8", "#2f8a8c"), ("#f3c77c", "#e08a1e", "#a84300"), ("#bba8d8", "#6b479c")),
    land="#f6f5f1",
    water="#e3eaec",
    province="#d3cec2",
)

DARK = Theme(
    name="dark",
    page="#12161c",
    panel="#1a2029",
    ink="#e9ecf1",
    caption="#aab3c0",
    axis="#98a2b1",
    border="#2b333f",
    grid="#222a34",
    calm="#55606f",
    primary="#4fb9b3",
    button="#1b827c",
    finding="#ffb454",
    finding_text="#ffb454",
    finding_wash="#35270f",
    good="#5cc79a",
    bad="#f0837a",
    track="#222a34",
    categorical=_colours("#46948d #ff9b30 #8d5eb3 #6eb3ff #fec3c6 #6f8950 #adbecd #bd4109 #bef1ff #f8f9a8"),
    dwell=_colours("#292634 #49324f #733b60 #a1425e #c45354 #df6b4d #ef8a48 #f8ab4c #fbcc75 #ffeaaf"),
    sales=_colours("#1f2836 #253c51 #26526d #226a85 #1d829a #269bab #3eb4ba #61ccc6 #95e1d0 #c2f6df"),
    diverging=_colours("#70e3e4 #49bdc7 #2997a9 #147387 #254f5d #272d36 #6d3d25 #9e562a #c77733 #e99d40 #ffc96e"),
    pair=PairRamp(("#2a6a66", "#5abbb2"), ("#94591a", "#e0902f", "#ffd58a"), ("#432f62", "#9b78cf")),
    land="#1b212a",
    water="#10141a",
    province="#39424f",
)


def theme_of(name: Name) -> Theme:
    """The theme by the name the browser reports (``light`` or ``dark``)."""
    return DARK if name == "dark" else LIGHT


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue (0-255) of ``#rrggbb``, the form deck.gl takes."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def faded(colour: str, opacity: float) -> str:
    """``#rrggbb`` with an opacity of 0-1, as Plotly's ``rgba(…)``."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def colorscale(colours: tuple[str, ...]) -> list[tuple[float, str]]:
    """A Plotly scale with its colours at even distances from 0 to 1."""
    last = len(colours) - 1
    return [(index / last, colour) for index, colour in enumerate(colours)]


def words(text: object) -> str:
    """A name from somebody's file, safe inside Plotly's small HTML: ``<``, ``&`` and all the rest show as typed.

    Quotes stay: no name is ever put into an attribute, and Plotly would print ``&quot;`` letter by letter. In a hover
    template ``%{x}`` would be filled in: an invisible word joiner parts the two signs.
    """
    return escape(" ".join(str(text).split()), quote=False).replace("%{", "%\u2060{")


@cache
def template(theme: Theme) -> go.layout.Template:
    """The lean template that all figures share: transparent, no axis lines, horizontal gridlines only, no legend."""
    axis = {
        "fixedrange": True,
        "showline": False,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 8,
        "automargin": False,
        "tickfont": {"color": theme.axis, "size": 13},
        "title": {"font": {"color": theme.axis, "size": 13}, "standoff": 12},
    }
    hover = {"bgcolor": theme.panel, "bordercolor": theme.border, "align": "left"}
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 14, "color": theme.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(theme.categorical),
            "showlegend": False,
            "dragmode": False,
            "hoverlabel": {**hover, "font": {"family": FONT, "size": 13, "color": theme.ink}},
            "xaxis": {**axis, "showgrid": False},
            "yaxis": {**axis, "showgrid": True, "gridcolor": theme.grid, "nticks": 5},
            "margin": {"l": 48, "r": 16, "t": 16, "b": 40},
            "bargap": 0.3,
            "barcornerradius": 3,
        },
    )


def figure(theme: Theme, *, alt: str, height: int, **layout: Any) -> go.Figure:
    """An empty figure in our template.

    Args:
        theme: Light or dark.
        alt: One sentence that says what the picture shows; a screen reader speaks it.
        height: Pixels; the width is the container's.
        layout: Further layout settings, such as ``margin``.
    """
    return go.Figure(layout={"template": template(theme), "height": height, "meta": {"alt": alt}, **layout})


def end_label(
    fig: go.Figure, *, x: Any, y: float, text: str, colour: str, bold: bool = False, shift: float = 0
) -> None:
    """Name a line at its last point, in its own colour, ``shift`` pixels higher so that two names do not collide."""
    name = words(text)
    fig.add_annotation(
        x=x,
        y=y,
        text=f"<b>{name}</b>" if bold else name,
        showarrow=False,
        xanchor="left",
        xshift=9,
        yshift=shift,
        font={"color": colour, "size": 14},
    )


def _lines(label: str) -> list[str]:
    """A label in one line, or in two of about one length where one would not fit beside its dot on a phone."""
    blanks = [at for at, sign in enumerate(label) if sign == " "]
    if len(label) <= _LONGEST_LABEL or not blanks:
        return [label]
    at = min(blanks, key=lambda place: abs(place - len(label) / 2))
    return [label[:at], label[at + 1 :]]


def finding_dot(
    fig: go.Figure, theme: Theme, *, x: Any, y: float, label: str, left: bool = True, above: bool = False
) -> None:
    """Put the one amber glint on a chart: a dot of 11 px with a page-coloured ring, and its bold label beside it."""
    fig.add_trace(
        go.Scatter(
            x=[x],
            y=[y],
            mode="markers",
            marker={"size": 14, "color": theme.finding, "line": {"color": theme.page, "width": 3}},
            hoverinfo="skip",
            cliponaxis=False,
        ),
    )
    fig.add_annotation(
        x=x,
        y=y,
        text=f"<b>{'<br>'.join(words(line) for line in _lines(label))}</b>",
        align="right" if left else "left",
        showarrow=False,
        xanchor="right" if left else "left",
        xshift=(-12 if left else 12) * (0 if above else 1),
        yshift=17 if above else 0,
        bgcolor=faded(theme.page, 0.7),
        borderpad=1,
        font={"color": theme.finding_text, "size": 14},
    )
