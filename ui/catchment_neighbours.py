"""What an agent sees of neighbours: whose ground theirs meets, from published cells alone, on a map of those cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from charts.numbers import percent
from charts.overlap import pair_bars
from schema.language import later, plural, say
from schema.phrases import whole_percent
from ui import maps
from ui.cards import card, draw, nothing_here, plain
from ui.layout import columns, pick

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_MOST: Final = 8
_BASIS: Final = later("groups of 10 people and more, cells of 5 km², 24 closed months")
_NOTE: Final = later("Computed from published cells alone.")


def neighbours_row(view: View) -> None:
    """A map of the ground shared with one neighbour, beside the overlap with each of them."""
    answer = view.ask("catchment/neighbours")
    left, right = columns(2, 1)
    if answer.is_empty:
        with card(
            say("No neighbour to compare with"), say("Overlap index") + " · " + say(_BASIS), answer, key="neighbours"
        ):
            nothing_here(
                say(
                    "No cell holds enough customers of yours and of another agent's: both sides need 10 people and more."
                )
            )
        return
    with left:
        _map(view, answer)
    with right:
        _overlap(view, answer)


def _overlap(view: View, answer: Answer) -> None:
    rows = answer.table.head(_MOST)
    top = rows.row(0, named=True)
    title = say(
        "You and {agent} share {share} of your demand",
        agent=top["agent_name"],
        share=whole_percent(top["overlap_index"]),
    )
    with card(
        title, say("Overlap index with each neighbour") + " · " + say(_BASIS), answer, key="neighbours"
    ) as as_table:
        if not as_table:
            bars = rows.select(pl.col("agent_name").alias("label"), pl.col("overlap_index").alias("value"))
            draw(pair_bars(bars, view.theme, highlight=top["agent_name"], alt=title), key="neighbours")
        st.markdown(plain(_rests_on(rows)))


def _rests_on(rows: pl.DataFrame) -> str:
    """What the index was computed from, in words to be read without hovering."""
    part = rows["published_share"][0]
    said = [say(_NOTE)]
    if part is not None:
        said.append(say("They hold {part} of your customers' buying months.", part=percent(part)))
    said.append(say("Where either side has fewer than 10 people, nothing is shown and nothing counted."))
    return " ".join(said)


def _map(view: View, answer: Answer) -> None:
    names = dict(answer.table.select("agent_id", "agent_name").iter_rows())
    chosen = _chosen(names)
    cells = view.ask("catchment/neighbour_cells", **{"with": chosen})
    found = maps.shared_layer(cells)
    title = plural(
        "One cell in which both of you have customers: you and {name}",
        "{n} cells in which both of you have customers: you and {name}",
        cells.table.height,
        name=names[chosen],
    )
    with card(
        title, say("The smaller of both shares of demand, in %") + " · " + say(_BASIS), cells, key="sharedmap"
    ) as as_table:
        pick(say("Neighbour"), "neighbour", list(names), names)
        if not as_table:
            maps.show_still(view, found, key=f"shared-{chosen}", note=say(_NOTE).rstrip(".。"))


def _chosen(names: dict[str, Any]) -> str:
    """The neighbour that the URL names, if they are one; else the one who shares most."""
    wanted = st.query_params.get("neighbour", "")
    return wanted if wanted in names else next(iter(names))
