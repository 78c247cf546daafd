"""Where and what would change: the choices of the What if section, all of them in the URL."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from schema.language import later, say
from ui import links
from ui.catchment import names_of
from ui.layout import Choice

if TYPE_CHECKING:
    from ui.view import View

KIND: Final = Choice(
    later("What happens"),
    "kind",
    {"open": later("Open a store"), "close": later("Close one"), "move": later("Move one")},
)
USUAL_M2: Final = 200.0
_PARAMETERS: Final = ("kind", "cell", "lat", "lng", "area", "shop", "owner", "where")
_MINE: Final = "-"
_NUMBERS: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Site:
    """What is asked.

    Attributes:
        kind: open, close or move.
        options: what ``catchment/whatif`` is asked with.
        is_complete: whether a store and a place are chosen where they are needed.
    """

    kind: str
    options: dict[str, Any]
    is_complete: bool


def site(view: View) -> Site:
    """What the URL asks; nothing is drawn."""
    kind = KIND.value
    query = st.query_params
    shop = _shop(view) if kind != "open" else ""
    options: dict[str, Any] = {"kind": kind}
    if kind != "close":
        given = {name: query[name] for name in ("lat", "lng") if query.get(name)}
        options |= given or ({"cell": query["cell"]} if query.get("cell") else {})
        options |= {"area": query["area"]} if query.get("area") else {"area": f"{USUAL_M2:g}"} if kind == "open" else {}
    if kind == "open":
        owner = query.get("owner", "")
        options |= {"agent": owner} if owner in _agents(view) else {}
    else:
        options["store"] = shop
    placed = kind == "close" or "cell" in options or "lat" in options
    return Site(kind, options, placed and (kind == "open" or bool(shop)))


def place(asked: Site) -> tuple[float, float] | None:
    """Where the site is, as far as it is a place on earth."""
    if "lat" in asked.options:
        return _degrees(asked.options["lat"], asked.options.get("lng", ""))
    cell = asked.options.get("cell", "")
    if not re.fullmatch(r"8[0-9a-f]{14}", cell):
        return None
    from metrics.cells import cell_centre  # noqa: PLC0415  (h3 loads only for a chosen cell)

    at = cell_centre(pl.DataFrame({"cell": [int(cell, 16)]}, schema={"cell": pl.Int64}))
    return _degrees(at["lat"][0], at["lng"][0])


def choices(view: View, asked: Site) -> None:
    """The widgets; each writes its parameter of the URL."""
    KIND.draw()
    if asked.kind != "open":
        _shop_box(view)
    if asked.kind != "close":
        _place_box(asked)
        _area_box(asked.kind)
    if asked.kind == "open" and view.scope.role == "owner":
        _owner_box(view)
    st.button(say("Start anew"), icon=":material/restart_alt:", key="site-reset", on_click=_reset)


def click(cell: str) -> None:
    """A cell was clicked: it is the site, in place of what was typed."""
    links.write("cell", [cell])
    for name in ("lat", "lng"):
        links.write(name, ())


def _place_box(asked: Site) -> None:
    at = place(asked)
    shown = "" if at is None else f"{at[0]:.5f}, {at[1]:.5f}"
    if st.session_state.get("site-said") != shown:  # the site was moved by a click or a link: the box follows
        st.session_state["site-place"] = shown
        st.session_state["site-said"] = shown
    st.session_state.setdefault("site-place", shown)
    st.session_state["site-place"] = st.session_state["site-place"]
    st.text_input(
        say("Place: latitude, longitude"),
        key="site-place",
        placeholder="31.40000, 120.45000",
        help=say("Degrees, WGS-84. A click on the map does the same."),
        on_change=_typed,
    )
    if st.session_state["site-place"] and _pair(st.session_state["site-place"]) is None:
        st.warning(
            say("Write two numbers, latitude then longitude, such as 31.40, 120.45."),
            icon=":material/edit_location_alt:",
        )


def _typed() -> None:
    text = str(st.session_state["site-place"])
    at = _pair(text)
    if at is None and text.strip():
        return
    for name in ("cell", "where"):
        links.write(name, ())
    for name, value in zip(("lat", "lng"), at or ("", ""), strict=True):
        links.write(name, [f"{value:.5f}"] if at else ())
    st.session_state["site-said"] = "" if at is None else f"{at[0]:.5f}, {at[1]:.5f}"


def _pair(text: str) -> tuple[float, float] | None:
    found = _NUMBERS.findall(text)
    return _degrees(*found) if len(found) == 2 else None  # noqa: PLR2004  (latitude and longitude)


def _degrees(lat: Any, lng: Any) -> tuple[float, float] | None:
    try:
        at = float(lat), float(lng)
    except (TypeError, ValueError):
        return None
    good = all(map(math.isfinite, at)) and abs(at[0]) <= 85 and abs(at[1]) <= 180  # noqa: PLR2004
    return at if good else None


def _area_box(kind: str) -> None:
    try:
        now: float | None = float(st.query_params.get("area", USUAL_M2 if kind == "open" else "nan"))
    except ValueError:
        now = USUAL_M2
    now = None if now is None or not math.isfinite(now) else min(1_000_000.0, max(1.0, now))
    st.session_state["site-area"] = now
    st.number_input(
        say("Floor area, m²"),
        min_value=1.0,
        max_value=1_000_000.0,
        step=10.0,
        format="%.0f",
        key="site-area",
        placeholder=say("As it is"),
        on_change=lambda: links.write("area", _written(st.session_state["site-area"])),
    )


def _written(area: float | None) -> list[str]:
    return [] if area is None else [f"{area:g}"]


def _owner_box(view: View) -> None:
    agents = _agents(view)
    owner = st.query_params.get("owner", _MINE)
    st.session_state["site-owner"] = owner if owner in agents else _MINE
    st.selectbox(
        say("Run by"),
        [_MINE, *agents],
        key="site-owner",
        format_func=lambda key: agents.get(key, say("Head office")),
        on_change=lambda: links.write(
            "owner", [] if st.session_state["site-owner"] == _MINE else [st.session_state["site-owner"]]
        ),
    )


def _shop_box(view: View) -> None:
    stores, names = _stores(view), names_of(view)
    if not stores:
        return
    st.session_state["site-shop"] = _shop(view)
    st.selectbox(
        say("Store"),
        stores,
        key="site-shop",
        format_func=lambda key: names.get(key) or key,
        on_change=_chosen_shop,
    )


def _chosen_shop() -> None:
    links.write("shop", [st.session_state["site-shop"]])
    links.write("where", ())


def _shop(view: View) -> str:
    stores = _stores(view)
    return links.option("shop", stores) if stores else ""


def _stores(view: View) -> list[str]:
    places = view.marts.places.drop_nulls(["lat", "lng"]).filter(pl.col("closed_on").is_null())
    return [str(key) for key in places.sort("city", "name", "store_id", nulls_last=True)["store_id"]]


def _agents(view: View) -> dict[str, str]:
    rows = (
        view.marts.places.select("agent_id", pl.coalesce("agent_name", "agent_id").alias("name")).drop_nulls().unique()
    )
    return dict(rows.sort("name", "agent_id").iter_rows())


def _reset() -> None:
    for name in _PARAMETERS:
        links.write(name, ())
    for key in ("site-place", "site-said"):
        st.session_state.pop(key, None)
