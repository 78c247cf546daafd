"""How the Products page's answers are shown in a file; with two products each card shows both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import headlines
from answers.groups import LEFT_OUT, TOO_FEW, is_thinned
from charts import maps
from charts.map_cells import resolution
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
from exports.cards_catchment import COARSEST, MARGIN, places
from exports.desk import Desk, native
from exports.document import Card, KeyFigure
from metrics.cells import cell_centre
from schema.language import joined, later, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import plotly.graph_objects as go

_DAY_BANDS: Final = (
    (0, 0, later("same day")), (1, 1, later("1 day")), (2, 3, "2–3"), (4, 7, "4–7"), (8, 14, "8–14"), (15, 30, "15–30"), (31, 9_999, "31+"),
)  # fmt: skip
_TWO: Final = 2
_SHAPES: Final[dict[str, tuple[str, str, str]]] = {
    "products/frequency": (later("Frequency: how often one member buys it"), later("Days with a kept purchase of it"),
                           later("Nobody known bought it in this period.")),
    "products/amount": (later("Amount: what one unit costs them"), later("Units by price paid, discounts taken off"),
                        later("Nothing was sold in this period.")),
    "products/days": (later("From first look to order"), later("Members by days between"), later("No buyer was seen viewing it first.")),
    "products/distance": (later("Distance to the nearest store"), later("Buyers with a known home, great-circle"), later("No buyer's home is known.")),
    "products/sizes": (later("Sizes"), later("Units sold; out-of-stock share where stock is known"), later("Its order lines name no size.")),
}  # fmt: skip


def chosen_products(desk: Desk) -> list[str]:
    """One product or two: the filter's first two, else the best seller."""
    names = set(desk.asked.marts.goods["product_id"])
    chosen = [product for product in desk.asked.filters.product if product in names][:_TWO]
    if chosen or not names:
        return chosen
    best = desk.ask("products/summary").table
    first = str(best["product_id"][0]) if best.height and best["product_id"][0] in names else min(names)
    return [first]


def product_figures(desk: Desk, chosen: Sequence[str]) -> tuple[KeyFigure, ...]:
    """Key figures of each product."""
    found: list[KeyFigure] = []
    for product in chosen:
        table = desk.ask("products/summary", product=product).table
        if table.is_empty():
            continue
        row, of = table.row(0, named=True), f" · {product}" if len(chosen) > 1 else ""
        units = number(row["units_per_order"], 2)
        said = (
            (say("Net sales"), money_compact(row["net_minor"], desk.asked.currency)),
            (say("Buyers"), count(row["buyers"])),
            (say("Units per order"), units),
            (say("Return rate"), percent(row["return_rate"])),
            (say("Viewers"), count(row["viewers"]) if row["views"] else "—"),
            (say("Median dwell"), seconds(row["median_dwell_s"])),
        )
        found += [KeyFigure(label + of, value) for label, value in said]
    return tuple(found)


def product_cards(desk: Desk, chosen: Sequence[str]) -> tuple[Card, ...]:
    """All cards of the page for these products."""
    return (
        _hours(desk, chosen),
        _bars(
            desk,
            chosen,
            "products/frequency",
            _purchases,
            buyers_by_purchases_bars,
            ("purchases", "buyers", say("Buyers")),
        ),
        _map(desk, chosen),
        _bars(desk, chosen, "products/distance", _distance, distance_bars, ("band", "customers", say("Buyers"))),
        _bars(desk, chosen, "products/amount", _prices(desk), price_bands_chart, ("band", "units", say("Units"))),
        _bars(desk, chosen, "products/days", _days, view_to_order_bars, ("band", "customers", say("Members"))),
        _returns(desk, chosen),
        _bars(desk, chosen, "products/sizes", _sizes, size_curve, ("size", "units", say("Units sold"))),
        _attach(desk, chosen),
    )


def _both(
    desk: Desk, address: str, chosen: Sequence[str], shape: Callable[[pl.DataFrame], pl.DataFrame], **options: str
) -> pl.DataFrame:
    """The answers for one or two products as one table; ``series`` names the product when there are two."""
    parts = []
    for product in chosen:
        table = shape(desk.ask(address, product=product, **options).table)
        parts.append(table.with_columns(pl.lit(product).alias("series")) if len(chosen) > 1 else table)
    return pl.concat(parts)


def _bars(
    desk: Desk, chosen: Sequence[str], address: str, shape: Callable[[pl.DataFrame], pl.DataFrame],
    chart: Callable[..., go.Figure], names: tuple[str, str, str],
) -> Card:  # fmt: skip
    title, said, empty = (say(one) for one in _SHAPES[address])
    answer, key = desk.ask(address, product=chosen[0]), address.replace("/", "-")
    place, value, words = names
    table = _both(desk, address, chosen, shape)
    is_partly = _is_thinned(desk, address, chosen)
    if is_partly:  # what is left out is not nothing
        table = table.filter(pl.col(value) > 0)
    if table.is_empty():
        return Card(key, title, said, answer, empty=empty)
    if len(chosen) == 1:
        drawn = native("columns", table, place, {value: words}, theme=desk.theme)
    else:
        wide = table.pivot("series", index=place, values=value)
        drawn = native("columns", wide, place, {one: one for one in chosen if one in wide.columns}, theme=desk.theme)
    notes = (say(LEFT_OUT),) if is_partly else ()
    return Card(key, title, said, answer, chart(table, desk.theme), native=drawn, said=notes)


def _is_thinned(desk: Desk, address: str, chosen: Sequence[str]) -> bool:
    return any(is_thinned(desk.ask(address, product=product)) for product in chosen)


def _hours(desk: Desk, chosen: Sequence[str]) -> Card:
    title, said = say("Time: when they look and when they buy"), say("Share of its views and orders, by local hour")
    answer = desk.ask("products/hours", product=chosen[0])
    orders = _both(desk, "products/hours", chosen, _by_hour("orders"))
    views = _both(desk, "products/views", chosen, _by_hour("views"))
    if orders.is_empty() and views.is_empty():
        return Card("hours", title, said, answer, empty=say("Nobody viewed or bought it in this period."))
    on = ["series", "hour"] if "series" in orders.columns or "series" in views.columns else ["hour"]
    hours = orders.join(views, on=on, how="full", coalesce=True).sort("hour")
    if "series" in on:
        hours = pl.concat(hours.filter(pl.col("series") == product) for product in chosen)
    is_partly = _is_thinned(desk, "products/hours", chosen)  # hours that are left out are not without orders
    hours = hours.with_columns((pl.lit(None, pl.Int64) if is_partly else pl.col("orders").fill_null(0)).alias("orders"))
    notes: tuple[str, ...] = (
        (say("Orders by hour: too few people are behind them to present them."),) if is_partly else ()
    )
    notes += (say(LEFT_OUT),) if _is_thinned(desk, "products/views", chosen) else ()
    if is_partly and not hours["views"].sum():
        return Card("hours", title, said, answer, empty=say(TOO_FEW))
    figure = orders_vs_views_hours(hours, desk.theme)
    if len(chosen) > 1:
        return Card("hours", title, said, answer, figure, said=notes)
    shares = hours.with_columns(pl.col(name) / pl.col(name).sum() for name in ("orders", "views"))
    columns = {
        name: words for name, words in (("orders", say("Orders")), ("views", say("Views"))) if shares[name].sum()
    }
    chart = native("lines", shares, "hour", columns, theme=desk.theme, unit="rate")
    return Card("hours", title, said, answer, figure, native=chart, said=notes)


def _map(desk: Desk, chosen: Sequence[str]) -> Card:
    """The home cells of the buyers of one product, or of two as shares of each one's buyers."""
    where, title = (
        desk.choice("focus", places(desk)[:5]),
        say("Place: where buyers of {who} live", who=joined(chosen)),
    )
    size = 5 if where == "everywhere" else 8

    def drawn(level: int) -> tuple[str, pl.DataFrame, dict[str, str]]:
        sides = [
            desk.ask("products/buyers", product=product, resolution=level).table.select(
                pl.col("cell").str.to_integer(base=16, dtype=pl.Int64), value="customers"
            )
            for product in chosen
        ]
        if len(sides) == 1:
            return "cell_map", _near(desk, sides[0], where), {"measure": "customers", "unit": later("buyers")}
        shares = [
            side.select("cell", (pl.col("value") / pl.col("value").sum()).alias(f"share_{letter}"))
            for side, letter in zip(sides, "ab", strict=True)
        ]
        cells = shares[0].join(shares[1], on="cell", how="full", coalesce=True).sort("cell")
        return "pair_map", _near(desk, cells, where), {"name_a": chosen[0], "name_b": chosen[1]}

    answer = desk.ask("products/buyers", product=chosen[0], resolution=size)
    cells = drawn(size)[1]
    said = say("Home cells, H3 r{size}", size=resolution(cells["cell"]) or size)
    if cells.is_empty():
        return Card("buyers", title, said, answer, empty=say("No buyer's home is known here."))

    def view(level: int) -> maps.MapView:
        kind, cells, options = drawn(level)
        stores = desk.asked.marts.places.drop_nulls(["lat", "lng"]).filter(pl.col("closed_on").is_null())
        if where != "everywhere":
            stores = stores.filter(pl.col("city") == where)
        made: maps.MapView = getattr(maps, kind)(cells, **options, theme=desk.theme, style_url="", stores=stores)
        return made

    return Card(
        "buyers",
        title,
        said,
        answer,
        map=view(size),
        coarser=lambda step: view(size - step) if size - step >= COARSEST else None,
    )


def _near(desk: Desk, cells: pl.DataFrame, where: str) -> pl.DataFrame:
    stores = desk.asked.marts.places.filter(pl.col("city") == where).drop_nulls(["lat", "lng"])
    if stores.is_empty() or cells.is_empty():
        return cells
    return cell_centre(cells).filter(
        pl.col(side).is_between(stores[side].min() - MARGIN, stores[side].max() + MARGIN)  # type: ignore[operator]
        for side in ("lat", "lng")
    )


def _returns(desk: Desk, chosen: Sequence[str]) -> Card:
    by = desk.choice("returns", ["channel", "size"])
    answer = desk.ask("products/returns", product=chosen[0], by=by)
    title, said = headlines.returns(answer, by), say("Goods refunded ÷ goods paid, with its 95 % interval")
    rates = _both(desk, "products/returns", chosen, _rates, by=by)
    if rates.is_empty():
        return Card("returns", title, said, answer, empty=say("Nothing was sold in this period."))
    return Card("returns", title, said, answer, return_rate_bars(rates, desk.theme))


def _attach(desk: Desk, chosen: Sequence[str]) -> Card:
    answer = desk.ask("products/attach", product=chosen[0])
    title, said = say("Bought with {product}", product=chosen[0]), say("Lift over chance; pairs of at least 20 buyers")
    if answer.is_empty:
        return Card(
            "attach", title, said, answer, empty=say("No other product shares 20 buyers with it in this period.")
        )
    return Card(
        "attach", title, said, answer, shown=answer.table.select("product_id", "name", "together", "lift").head(8)
    )


def _by_hour(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    hour = (pl.col("hour_of_week") % 24).cast(pl.Int64).alias("hour")
    return lambda table: table.group_by(hour).agg(pl.col(column).sum()).sort("hour")


def _purchases(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.col("purchases").cast(pl.Int64), pl.col("customers").alias("buyers"))


def _distance(table: pl.DataFrame) -> pl.DataFrame:
    return table.select("band", "customers").filter(table["customers"].sum() > 0)


def _sizes(table: pl.DataFrame) -> pl.DataFrame:
    return table.select("size", "units", stock_out=table["missing"].cast(pl.Float64))


def _prices(desk: Desk) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def bands(table: pl.DataFrame) -> pl.DataFrame:
        ends = table.select(
            pl.col("price_minor"), (pl.col("price_minor") + pl.col("band_minor")).alias("end")
        ).iter_rows()
        words = [f"{money_compact(a, desk.asked.currency)} – {money_compact(b, desk.asked.currency)}" for a, b in ends]
        return table.select("units", pl.Series("band", words, dtype=pl.String))

    return bands


def _days(table: pl.DataFrame) -> pl.DataFrame:
    schema = {"band": pl.String, "customers": pl.Int64}
    if table.is_empty():
        return pl.DataFrame(schema=schema)
    rows = [
        (say(words), int(table.filter(pl.col("days").is_between(a, b))["customers"].sum()))
        for a, b, words in _DAY_BANDS
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _rates(table: pl.DataFrame) -> pl.DataFrame:
    rows = table.select(pl.col("group").fill_null("—"), "low", "high", rate="return_rate", n="lines")
    return headlines.with_channel_names(rows, "group").drop_nulls("rate")
