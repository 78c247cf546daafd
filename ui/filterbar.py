"""The one filter bar: period, agent, and a popover with the rest; every choice is written into the URL."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import streamlit as st

from answers.known import currencies, names, options
from schema.days import day_year, span
from schema.language import later, say
from schema.wording import CHANNEL_LABELS, MODEL_LABELS, SEGMENT_LABELS
from ui import links
from ui.exporting import export_menu
from ui.parts import LINK, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.view import View

_PRESETS: Final = {
    later("4 weeks"): 28,
    later("13 weeks"): 91,
    later("6 months"): 182,
    later("12 months"): 365,
    later("24 months"): 730,
}
_LABELS: Final = {
    "city": later("City"),
    "store": later("Store"),
    "channel": later("Channel"),
    "model": later("Business model"),
    "category": later("Category"),
    "product": later("Product"),
    "segment": later("RFM segment"),
}


def filter_bar(view: View) -> None:
    """Draw the bar at the right of the page's head. Widgets show the URL; they never decide by themselves."""
    if view.scope.role == "presenter":
        days = span(view.asked.from_on, view.asked.to_on)
        st.caption(say("{days} · closed months, whole company", days=days), text_alignment="right")
        export_menu(view)
        return
    choices = options(view.marts)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", key="filterbar"):
        _period(view)
        if len(choices["agent"]) > 1 and not view.is_phone:
            _agent(view, choices["agent"])
        _more(view, choices)
        export_menu(view)


def unknown_values_note(view: View) -> None:
    """Say which values of the link nothing understands; they select nothing, never everything."""
    if view.asked.unknown:
        so = say("So nothing is selected.")
        st.warning(f"{' '.join(view.asked.unknown)} {so}", icon=":material/filter_alt_off:")
        st.button(say("Clear the filters"), on_click=links.clear, key="clear-unknown")


def _period(view: View) -> None:
    asked = view.asked
    with st.popover(span(asked.from_on, asked.to_on), key="period"):
        last = asked.as_of - dt.timedelta(days=1)
        current = next((name for name, days in _PRESETS.items() if asked.to_on == last and asked.days == days), None)
        st.session_state["period-preset"] = current
        st.pills(
            say("Complete days to the newest"),
            list(_PRESETS),
            key="period-preset",
            format_func=say,
            on_change=lambda: _take_preset(last),
        )
        st.session_state["period-dates"] = (asked.from_on, asked.to_on)
        st.date_input(
            say("Or from – to, both included"),
            key="period-dates",
            format="YYYY-MM-DD",
            on_change=_take_dates,
        )
        st.caption(say("Data are complete to {day}, in {zone} time.", day=day_year(last), zone=asked.snapshot.zone))


def _take_preset(last: dt.date) -> None:
    chosen = st.session_state["period-preset"]
    if chosen is None:
        _take_span(None)
        return
    _take_span((last - dt.timedelta(days=_PRESETS[chosen] - 1), last))


def _take_dates() -> None:
    chosen = st.session_state["period-dates"]
    if len(chosen) == 2:  # noqa: PLR2004  (a range half chosen changes nothing yet)
        _take_span(chosen)


def _take_span(days: tuple[dt.date, dt.date] | None) -> None:
    links.write("from", [days[0].isoformat()] if days else ())
    links.write("to", [days[1].isoformat()] if days else ())


def _agent(view: View, agents: list[str]) -> None:
    called = names(view.marts)["agent"]
    chosen = [agent for agent in view.filters.agent if agent in agents]
    if len(chosen) > 1:
        _many("agent", say("Agent"), agents, chosen, lambda agent: called.get(agent) or agent)
        return
    st.session_state["filter-agent"] = chosen[0] if chosen else None
    st.selectbox(
        say("Agent"),
        agents,
        key="filter-agent",
        placeholder=say("All agents"),
        format_func=lambda agent: called.get(agent) or agent,
        label_visibility="collapsed",
        width=170,
        on_change=lambda: links.write(
            "agent", [st.session_state["filter-agent"]] if st.session_state["filter-agent"] else ()
        ),
    )


def _more(view: View, choices: dict[str, list[str]]) -> None:
    filters = view.filters
    active = sum(bool(getattr(filters, name)) for name in (*_LABELS, "agent")) + bool(filters.currency)
    label = say("Filters · {n}", n=active) if active else say("Filters")
    with st.popover(label, icon=":material/tune:", key="filters"):
        if len(choices["agent"]) > 1 and view.is_phone:
            _agent(view, choices["agent"])
        for name, words in _LABELS.items():
            if choices[name]:
                chosen = [value for value in getattr(filters, name) if value in choices[name]]
                _many(name, say(words), choices[name], chosen, _labeller(view, name))
        if len(found := currencies(view.marts, view.snapshot, view.scope)) > 1:
            _currency(view, found)
        with st.container(horizontal=True):
            st.button(say("Clear all"), on_click=links.clear, key="clear-filters", icon=":material/filter_alt_off:")
        _link(view)


@part(LINK, is_card=False)
def _link(view: View) -> None:
    st.caption(say("Link to exactly this view, dates included:"))
    st.code(links.full_link(view.asked, view.page), language=None, wrap_lines=True)


def _many(name: str, words: str, values: list[str], chosen: list[str], label: Callable[[str], str]) -> None:
    key = f"filter-{name}"
    st.session_state[key] = chosen
    st.multiselect(
        words,
        values,
        key=key,
        format_func=label,
        placeholder=say("All ({n})", n=str(len(values))),
        on_change=lambda: links.write(name, st.session_state[key]),
    )


def _currency(view: View, found: tuple[str, ...]) -> None:
    st.session_state["filter-currency"] = view.asked.currency
    st.selectbox(
        say("Currency (different ones are never added)"),
        found,
        key="filter-currency",
        on_change=lambda: links.write("currency", [st.session_state["filter-currency"]]),
    )


def _labeller(view: View, name: str) -> Callable[[str], str]:
    if name == "store":
        stores = names(view.marts)["store"]
        return lambda store: f"{stores.get(store, store)} · {store}" if stores.get(store) != store else store
    if name == "product":
        goods = names(view.marts)["product"]
        return lambda product: product if goods.get(product, product) == product else f"{product} {goods[product]}"
    words = {"channel": CHANNEL_LABELS, "model": MODEL_LABELS, "segment": SEGMENT_LABELS}.get(name, {})
    return lambda value: say(words[value]) if value in words else value
