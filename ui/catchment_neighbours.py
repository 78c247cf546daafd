"""What an agent sees of neighbours: whose ground theirs meets, from published cells alone, on a map of those cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from charts.numbers import count, percent
from charts.overlap import pair_bars
from schema.phrases import whole_percent
from ui import maps
from ui.cards import card, draw, nothing_here, plain
from ui.layout import columns, pick

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_MOST: Final = 8
_BASIS: Final = "groups of 10 people and more, cells of 5 km², 24 closed months"
_NOTE: Final = "Computed from published cells alone."


def neighbours_row(view: View) -> None:
    """A map of the ground shared with one neighbour, beside the overlap with each of them."""
    answer = view.ask("catchment/neighbours")
    left, right = columns(2, 1)
    if answer.is_empty:
        with card("No neighbour to compare with", f"Overlap index · {_BASIS}", answer, key="neighbours"):
            nothing_here(
                "No cell holds enough customers of yours and of another agent's: both sides need 10 people and more."
            )
        return
    with left:
        _map(view, answer)
    with right:
        _overlap(view, answer)


def _overlap(view: View, answer: Answer) -> None:
    rows = answer.table.head(_MOST)
    top = rows.row(0, named=True)
    title = f"You and {top['agent_name']} share {whole_percent(top['overlap_index'])} of your demand"
    with card(title, f"Overlap index with each neighbour · {_BASIS}", answer, key="neighbours") as as_table:
        if not as_table:
            bars = rows.select(pl.col("agent_name").alias("label"), pl.col("overlap_index").alias("value"))
            draw(pair_bars(bars, view.theme, highlight=top["agent_name"], alt=title), key="neighbours")
        st.markdown(plain(_rests_on(rows)))


def _rests_on(rows: pl.DataFrame) -> str:
    """What the index was computed from, in words to be read without hovering."""
    part = rows["published_share"][0]
    own = "" if part is None else f" They hold {percent(part)} of your customers' buying months."
    return f"{_NOTE}{own} Where either side has fewer than 10 people, nothing is shown and nothing counted."


def _map(view: View, answer: Answer) -> None:
    names = dict(answer.table.select("agent_id", "agent_name").iter_rows())
    chosen = _chosen(names)
    cells = view.ask("catchment/neighbour_cells", **{"with": chosen})
    found = maps.shared_layer(cells)
    title = f"{count(cells.table.height)} cells in which both of you have customers: you and {names[chosen]}"
    if cells.table.height == 1:
        title = f"One cell in which both of you have customers: you and {names[chosen]}"
    with card(title, f"The smaller of both shares of demand, in % · {_BASIS}", cells, key="sharedmap") as as_table:
        pick("Neighbour", "neighbour", list(names), names)
        if not as_table:
            maps.show_still(view, found, key=f"shared-{chosen}", note=_NOTE.removesuffix("."))


def _chosen(names: dict[str, Any]) -> str:
    """The neighbour that the URL names, if they are one; else the one who shares most."""
    wanted = st.query_params.get("neighbour", "")
    return wanted if wanted in names else next(iter(names))
