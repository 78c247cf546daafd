"""The cards of the Products page; with two products each card shows both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs
import streamlit as st

from answers import headlines
from answers.groups import LEFT_OUT, TOO_FEW, is_thinned
from answers.presenting import RESOLUTION
from charts.numbers import count, money_compact, number, percent, seconds
from charts.products import (
    buyers_by_purchases_bars,
    distance_bars,
    orders_vs_views_hours,
    price_bands_chart,
    return_rate_bars,
    size_curve,
    view_to_order_bars,
)
from schema.language import joined, say
from ui import links, maps, product_tables
from ui.cards import card, draw, nothing_here, plain
from ui.layout import Choice
from ui.parts import part
from ui.tables import show_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import plotly.graph_objects as go

    from answers.answer import Answer
    from ui.view import View

_TWO = 2


def choose_products(view: View) -> list[str]:
    """One product or two: the filter's first two, else the best seller; written into the URL as ``product``."""
    names = _names(view)
    if not names:
        return []
    chosen = [product for product in view.filters.product if product in names][:_TWO]
    if not chosen:
        best = view.ask("products/summary").table
        chosen = [str(best["product_id"][0])] if best.height and best["product_id"][0] in names else [next(iter(names))]
    st.session_state["products-chosen"] = chosen
    st.multiselect(
        say("Product, or two to compare"),
        list(names),
        key="products-chosen",
        max_selections=_TWO,
        format_func=lambda product: product if names[product] == product else f"{product} · {names[product]}",
        on_change=lambda: links.write("product", st.session_state["products-chosen"]),
        placeholder=say("Choose options"),
        width=520,
    )
    return chosen


def figures_row(view: View, chosen: Sequence[str]) -> None:
    """Key figures of each product in one table-like row."""
    for product in chosen:
        table = view.ask("products/summary", product=product).table
        if table.is_empty():
            continue
        row = table.row(0, named=True)
        if len(chosen) > 1:
            st.markdown(f"**{plain(_name(view, product))}**")
        with st.container(key=f"kpis-{chosen.index(product)}"):
            for place, (label, value) in zip(
                st.columns(6, gap="small"),
                (
                    (say("Net sales"), money_compact(row["net_minor"], view.asked.currency)),
                    (say("Buyers"), count(row["buyers"])),
                    (say("Units per order"), number(row["units_per_order"], 2)),
                    (say("Return rate"), percent(row["return_rate"])),
                    (say("Viewers"), count(row["viewers"]) if row["views"] else "—"),
                    (say("Median dwell"), seconds(row["median_dwell_s"])),
                ),
                strict=True,
            ):
                place.metric(label, value, border=True)


def hours_card(view: View, chosen: Sequence[str]) -> None:
    """Time: when it is viewed and when it is ordered, by hour of the day."""
    orders = _both(view, "products/hours", chosen, _by_hour("orders"))
    views = _both(view, "products/views", chosen, _by_hour("views"))
    with card(
        say("Time: when they look and when they buy"),
        say("Share of its views and orders, by local hour"),
        view.ask("products/hours", product=chosen[0]),
        key="hours",
    ) as as_table:
        if orders.is_empty() and views.is_empty():
            nothing_here(say("Nobody viewed or bought it in this period."))
        elif not as_table:
            on = ["series", "hour"] if "series" in orders.columns or "series" in views.columns else ["hour"]
            hours = orders.join(views, on=on, how="full", coalesce=True).sort("hour")
            if "series" in on:
                hours = pl.concat(hours.filter(pl.col("series") == product) for product in chosen)
            is_partly = _is_thinned(view, "products/hours", chosen)  # hours that are left out are not without orders
            sold = pl.lit(None, pl.Int64) if is_partly else pl.col("orders").fill_null(0)
            if is_partly and not hours["views"].sum():
                nothing_here(say(TOO_FEW))
                return
            draw(orders_vs_views_hours(hours.with_columns(sold.alias("orders")), view.theme), key="hours")
            if is_partly:
                st.caption(say("Orders by hour: too few people are behind them to present them."))
            if _is_thinned(view, "products/views", chosen):
                st.caption(say(LEFT_OUT))


def frequency_card(view: View, chosen: Sequence[str]) -> None:
    """Frequency: how often the same member buys it."""
    _bars(
        view,
        chosen,
        "products/frequency",
        say("Frequency: how often one member buys it"),
        say("Days with a kept purchase of it"),
        product_tables.purchases,
        buyers_by_purchases_bars,
        say("Nobody known bought it in this period."),
    )


def amount_card(view: View, chosen: Sequence[str]) -> None:
    """Amount: at which prices it is really bought."""
    _bars(
        view,
        chosen,
        "products/amount",
        say("Amount: what one unit costs them"),
        say("Units by price paid, discounts taken off"),
        lambda table: product_tables.price_bands(table, view.asked.currency),
        price_bands_chart,
        say("Nothing was sold in this period."),
    )


def days_card(view: View, chosen: Sequence[str]) -> None:
    """Time: how long they think about it."""
    _bars(
        view,
        chosen,
        "products/days",
        say("From first look to order"),
        say("Members by days between"),
        product_tables.day_bands,
        view_to_order_bars,
        say("No buyer was seen viewing it first."),
    )


def distance_card(view: View, chosen: Sequence[str]) -> None:
    """Place: how far its buyers live from their nearest store."""
    _bars(
        view,
        chosen,
        "products/distance",
        say("Distance to the nearest store"),
        say("Buyers with a known home, great-circle"),
        product_tables.distances,
        distance_bars,
        say("No buyer's home is known."),
    )


@part("returns")
def returns_card(view: View, chosen: Sequence[str]) -> None:
    """Amount: where it comes back."""
    by = Choice(say("Returns by"), "returns", {"channel": say("Channel"), "size": say("Size")})
    answer = view.ask("products/returns", product=chosen[0], by=by.value)
    with card(
        headlines.returns(answer, by.value),
        say("Goods refunded ÷ goods paid, with its 95 % interval"),
        answer,
        key="returns",
        own_frame=False,
    ) as t:
        by.draw(redraws=("returns",))
        rates = _both(view, "products/returns", chosen, product_tables.rates, by=by.value)
        if rates.is_empty():
            nothing_here(say("Nothing was sold in this period."))
        elif not t:
            draw(return_rate_bars(rates, view.theme), key="returns")


def sizes_card(view: View, chosen: Sequence[str]) -> None:
    """Which sizes sell, and which are missing."""
    _bars(
        view,
        chosen,
        "products/sizes",
        say("Sizes"),
        say("Units sold; out-of-stock share where stock is known"),
        product_tables.sizes,
        size_curve,
        say("Its order lines name no size."),
    )


def map_card(view: View, chosen: Sequence[str]) -> None:
    """Place: the home cells of its buyers."""
    places = {place: say(place) if place == maps.EVERYWHERE else place for place in maps.places(view)[:5]}
    where = Choice(say("Focus"), "focus", places or {"": say("All")})
    size = int(RESOLUTION) if view.scope.role == "presenter" else maps.level("auto", where.value)
    answers = [view.ask("products/buyers", product=product, resolution=size) for product in chosen]
    who = joined(chosen)
    with card(
        say("Place: where buyers of {who} live", who=who),
        say("Home cells, H3 r{size}", size=str(size)),
        answers[0],
        key="buyers",
    ) as as_table:
        where.draw()
        found = maps.product_layer(view, answers, chosen, where.value)
        if found.cells.is_empty():
            nothing_here(say("No buyer's home is known here."))
        elif not as_table:
            maps.show(view, found, key="buyers", selected=None)


def attach_card(view: View, chosen: Sequence[str]) -> None:
    """What goes with it."""
    answer = view.ask("products/attach", product=chosen[0])
    with card(
        say("Bought with {product}", product=chosen[0]),
        say("Lift over chance; pairs of at least 20 buyers"),
        answer,
        key="attach",
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("No other product shares 20 buyers with it in this period."))
        elif not as_table:
            show_table(answer.table.head(8), key="attach-top", columns=["product_id", "name", "together", "lift"])


def _bars(
    view: View,
    chosen: Sequence[str],
    address: str,
    title: str,
    subtitle: str,
    shape: Callable[[pl.DataFrame], pl.DataFrame],
    chart: Callable[..., go.Figure],
    empty: str,
) -> None:
    with card(title, subtitle, view.ask(address, product=chosen[0]), key=address.replace("/", "-")) as as_table:
        table, is_partly = _both(view, address, chosen, shape), _is_thinned(view, address, chosen)
        if is_partly:  # what is left out is not nothing
            table = table.filter(pl.any_horizontal(cs.numeric().exclude("purchases") > 0))
        if table.is_empty():
            nothing_here(empty)
        elif not as_table:
            draw(chart(table, view.theme), key=address.replace("/", "-"))
            if is_partly:
                st.caption(say(LEFT_OUT))


def _both(
    view: View, address: str, chosen: Sequence[str], shape: Callable[[pl.DataFrame], pl.DataFrame], **options: str
) -> pl.DataFrame:
    """The answers for one or two products as one table; ``series`` names the product when there are two."""
    parts = []
    for product in chosen:
        answer: Answer = view.ask(address, product=product, **options)
        table = shape(answer.table)
        parts.append(table.with_columns(pl.lit(product).alias("series")) if len(chosen) > 1 else table)
    return pl.concat(parts) if len(parts) > 1 else parts[0]


def _is_thinned(view: View, address: str, chosen: Sequence[str]) -> bool:
    return any(is_thinned(view.ask(address, product=product)) for product in chosen)


def _by_hour(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: product_tables.hours(table, column)


def _names(view: View) -> dict[str, str]:
    return product_tables.goods(view.marts)


def _name(view: View, product: str) -> str:
    return _names(view).get(product, product)
