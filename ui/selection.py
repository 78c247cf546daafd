"""What a reader marked on a chart, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.cards import plain

if TYPE_CHECKING:
    from answers.answer import Answer

_HOURS = 24
_DAYS = 7
_SATURDAY = 5


def marked(state: Any) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Hours of the week and groups of the marked cells; both empty when nothing is marked."""
    points = state.selection.points if state is not None and hasattr(state, "selection") else []
    keys = [point["customdata"] for point in points if point.get("customdata")]
    hours: set[int] = set()
    for _, *at in keys:
        hours.update(_of_daypart(bool(at[0]), int(at[1])) if len(at) > 1 else {int(at[0])})
    return tuple(sorted(hours)), tuple(sorted({str(key[0]) for key in keys}))


def said(hours: tuple[int, ...], among: tuple[str, ...]) -> None:
    """Say what the rest of the page is narrowed to."""
    if hours:
        day_hours = sorted({hour % _HOURS for hour in hours})
        names = ", ".join(among[:4]) + (" …" if len(among) > 4 else "")  # noqa: PLR2004
        st.caption(
            f":material/filter_alt: Below: only {plain(names)}, between {day_hours[0]} and {day_hours[-1] + 1} h. "
            "Double-click the chart to see all again."
        )


def framed(spikes: Answer, *, weekly: bool) -> tuple[str, list[int]] | None:
    """The finding's group and hours for the frame on the heatmap."""
    if spikes.is_empty:
        return None
    row = spikes.table.row(0, named=True)
    hours = range(row["first_hour"], row["last_hour"] + 1)
    blocks = _DAYS if weekly else 2
    return row["group"], [block * _HOURS + hour for block in range(blocks) for hour in hours]


def _of_daypart(is_weekend: bool, hour: int) -> set[int]:  # noqa: FBT001
    days = range(_SATURDAY, _DAYS) if is_weekend else range(_SATURDAY)
    return {day * _HOURS + hour for day in days}
