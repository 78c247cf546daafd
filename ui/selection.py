"""What a reader marked on a chart, as plain values."""

from __future__ import annotations

from typing import Any

import streamlit as st

from charts.blocks import cells_in, cells_of, hour_at, row_at
from schema.language import say
from ui.cards import plain

_HOURS = 24
_DAYS = 7
_SATURDAY = 5


def marked(state: Any, figure: Any) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Hours of the week and groups of the marked cells; both empty when nothing is marked.

    A box tells where it was drawn, a click which bar of which row; what the picture does not have is passed over.

    Args:
        state: what the chart returned.
        figure: the heatmap that was drawn.
    """
    if state is None or not hasattr(state, "selection"):
        return (), ()
    groups, blocks = cells_of(figure)
    chosen = state.selection
    cells = [cell for box in chosen.get("box", ()) for cell in cells_in(box["x"], box["y"], len(groups), blocks)]
    if not chosen.get("box"):
        at = (
            (row_at(figure, point.get("curve_number", -1)), hour_at(point.get("x", -1), blocks))
            for point in chosen.points
        )
        cells = [(row, hour) for row, hour in at if hour is not None and row is not None]
    days = [hour if blocks == _DAYS else _of_daypart(hour >= _HOURS, hour % _HOURS) for _, hour in cells]
    hours = {at for one in days for at in (one if isinstance(one, set) else {one})}
    return tuple(sorted(hours)), tuple(sorted({groups[row] for row, _ in cells}))


def said(hours: tuple[int, ...], among: tuple[str, ...]) -> None:
    """Say what the rest of the page is narrowed to."""
    if hours:
        day_hours = sorted({hour % _HOURS for hour in hours})
        names = ", ".join(among[:4]) + (" …" if len(among) > 4 else "")  # noqa: PLR2004
        st.caption(
            say(
                ":material/filter_alt: Below: only {names}, between {first} and {last} h. "
                "Double-click the chart to see all again.",
                names=plain(names),
                first=day_hours[0],
                last=day_hours[-1] + 1,
            )
        )


def _of_daypart(is_weekend: bool, hour: int) -> set[int]:  # noqa: FBT001
    days = range(_SATURDAY, _DAYS) if is_weekend else range(_SATURDAY)
    return {day * _HOURS + hour for day in days}
