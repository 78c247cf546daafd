"""The Flows section: from whose neighbourhood to whose till, how far, and what size and distance weigh in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import streamlit as st

from answers import catchment_headlines as headlines
from charts.flows import NOBODY, busiest, flow_heatmap, huff_intervals, inflow_bars, loss_dumbbells
from charts.numbers import number
from schema.language import later, say
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.catchment import leakage_card, names_of
from ui.layout import Choice, columns

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_BY: Final = Choice(
    later("Flows between"), "flow", {"store": later("Stores"), "agent": later("Agents"), "city": later("Cities")}
)
_MOST: Final = 12
_MOST_PHONE: Final = 7
_INFLOW: Final = 8
_NEEDS: Final = later("Needs store orders of customers whose home is known, and stores with a place.")


def flows_section(view: View) -> None:
    """Draw the section."""
    left, right = columns(1.55, 1)
    with left:
        flow = _flow_card(view)
    with right:
        inflow = _inflow_card(view)
        leakage_card(view, narrow=True)
    with st.spinner(say("Weighing size and distance …")):
        huff, stores = view.ask("catchment/huff"), view.ask("catchment/huff_stores")
    left, right = columns(1.55, 1)
    with left:
        _weights_card(view, huff, stores)
    with right:
        _loss_card(view, huff)
    trust_line(flow, inflow, huff)


def _flow_card(view: View) -> Answer:
    answer = view.ask("catchment/flow", by=_BY.value)
    names = names_of(view)
    nobody = say("Another's store") if view.scope.role == "agent" else say(headlines.OWN)
    order = _in_order(view, busiest(answer.table, _MOST_PHONE if view.is_phone else _MOST))
    parts = [say("% of the orders nearest to a row that are made at a column"), say("grey: at the nearest")]
    if answer.table["nearest"].n_unique() > len(order):
        parts.insert(1, say("the {most} with the largest flows", most=len(order)))
    said = " · ".join(parts)
    with card(headlines.flows(answer, names, nobody), said, answer, key="flow") as as_table:
        _BY.draw()
        if answer.is_empty:
            nothing_here(say(_NEEDS))
        elif not as_table:
            top = headlines.largest_flow(answer)
            pair = None if top is None else (top[0] or NOBODY, top[1] or NOBODY)
            figure = flow_heatmap(
                answer.table,
                order,
                view.theme,
                labels={**names, NOBODY: nobody},
                highlight=pair,
                phone=view.is_phone,
                alt=headlines.flows(answer, names, nobody),
            )
            draw(figure, key="flow")
    return answer


def _in_order(view: View, ids: list[str]) -> list[str]:
    """Stores of one city side by side; everything else as it came."""
    if _BY.value != "store":
        return sorted(ids)
    city = dict(view.marts.places.select("store_id", pl.col("city").fill_null("")).iter_rows())
    return sorted(ids, key=lambda store: (city.get(store, ""), store))


def _inflow_card(view: View) -> Answer:
    answer = view.ask("catchment/leakage", by="store")
    names = names_of(view)
    said = say(
        "Orders from homes nearer to another store, and their share of its located orders · right: median detour"
    )
    with card(headlines.inflow(answer, names), said, answer, key="inflow") as as_table:
        drawn = headlines.drawn(answer).head(_INFLOW)
        if drawn.is_empty():
            nothing_here(say(_NEEDS))
        elif not as_table:
            named = drawn.with_columns(pl.col("group").replace(names).alias("name"))
            figure = inflow_bars(named, view.theme, highlight=drawn["group"][0], alt=headlines.inflow(answer, names))
            draw(figure, key="inflow")
    return answer


def _weights_card(view: View, huff: Answer, stores: Answer) -> None:
    said = say("Huff's model, fitted by city · dot: weight · line: 95 % interval")
    with card(headlines.distance_weighs(huff), said, huff, key="huff") as as_table:
        if huff.is_empty:
            nothing_here(say(_NEEDS))
        elif not as_table:
            draw(huff_intervals(huff.table, view.theme, phone=view.is_phone), key="huff")
            for line in (*headlines.exceptions(stores, names_of(view)), *headlines.fallbacks(huff)):
                st.markdown(f"- {plain(line)}")


def _loss_card(view: View, huff: Answer) -> None:
    said = say("Surprise at the store chosen, over customers the fit did not see")
    with card(headlines.size_and_distance(huff), said, huff, key="loss") as as_table:
        known = huff.table.drop_nulls(["log_loss", "baseline_log_loss"])
        if known.is_empty():
            nothing_here(say("Too few orders to hold some back and compare."))
        elif not as_table:
            draw(loss_dumbbells(known, view.theme, phone=view.is_phone, alt=_loss_words(huff)), key="loss")
            meaning = say("“Nearest store” says that everybody goes to the nearest one.")
            st.markdown(f"{_loss_words(huff)} {meaning}")


def _loss_words(answer: Answer) -> str:
    row = answer.table.row(0, named=True)
    if row["log_loss"] is None or row["baseline_log_loss"] is None:
        return say("No order was held out.")
    model, nearest = number(row["log_loss"], 2), number(row["baseline_log_loss"], 2)
    return say("The loss of the model is {model}, that of the nearest store {nearest}.", model=model, nearest=nearest)
