"""Which words stand beside the marks: captions above a plot, and a day named on its line?"""

import plotly.graph_objects as go

from charts.theme import Theme


def mark_day_line(fig: go.Figure, theme: Theme, day: float, label: str, *, left: bool, quiet: bool = False) -> None:
    """Draw an upright line at a day with its words on top: quiet grey, or amber when it is the finding."""
    line = {"color": theme.calm if quiet else theme.finding, "width": 1.5, "dash": "dot" if quiet else "solid"}
    fig.add_shape(type="line", x0=day, x1=day, yref="paper", y0=0, y1=1, line=line)
    fig.add_annotation(
        x=day,
        yref="paper",
        y=1,
        yanchor="bottom",
        xanchor="right" if left else "left",
        xshift=4 if left else -4,
        text=label if quiet else f"<b>{label}</b>",
        showarrow=False,
        font={"color": theme.axis if quiet else theme.finding_text, "size": 13},
    )


def caption(fig: go.Figure, theme: Theme, text: str, *, above: float, shift: float = 0) -> None:
    """Write what is shown and its unit at the upper left, ``above`` pixels over the plot: never a turned axis title."""
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=shift,
        yshift=above,
        text=text,
        showarrow=False,
        font={"color": theme.axis, "size": 13},
    )
