"""What if a store opened, closed or moved: sales, new registrants, overlap, encroachment, territories and payouts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import narrow
from answers.catchment_depth import distance_note, exponents, known, number, own_note
from answers.known import owner_names
from answers.memo import of_rows
from answers.registry import Result, address
from metrics.cells import cell_centre
from metrics.nearest import nearest_store
from metrics.openings import open_on
from metrics.territories import in_force, inside
from metrics.whatif import COLUMNS, what_if
from metrics.whatif_scene import Change
from metrics.whatif_sites import becomes_nearest, encroachment, payout_rates, people_by_cell, primary_customers
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import later, say
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

_YEAR: Final = dt.timedelta(days=365)
_TWO_YEARS: Final = dt.timedelta(days=730)
_EMPTY: Final = pl.DataFrame(
    schema={
        **COLUMNS,
        "encroachment": pl.Float64,
        "payout_delta_minor": pl.Int64,
        "breach": pl.Boolean,
        "promises": pl.Int64,
    }
)
_DEFINITION: Final = later(
    "Huff's model spreads the money located customers spent at physical stores in the last 12 months over the stores open "
    "now, before and after the change; demand stays what it is. Registrants: located registrations of the last 12 months by "
    "nearest store (what new bindings would be); customers: all located customers by nearest store (what a re-bind would "
    "do). Encroachment: share of a store's primary-tier customers for whom the site becomes nearest. Overlap: expected "
    "demand shared with the changed store. Payouts: Δ sales × what was credited per unit of sales to the agent's customers "
    "in the same months, an estimate. Breach: the site lies in a territory promised to this store or agent for opening."
)


@address(
    "catchment/whatif",
    "store_id, agent_id, city, before_minor, after_minor, delta_minor, registrants_before, registrants_after, encroachment, "
    "payout_delta_minor, breach, promises, customers_before, customers_after, overlap_before, overlap_after, actual_minor, distance_m, "
    "is_changed",
    meaning=later("Expected sales, new registrants and payouts if a store opened, closed or moved."),
    definition=_DEFINITION,
    options={
        "kind": ("open", "close", "move"),
        "store": None,
        "lat": None,
        "lng": None,
        "cell": None,
        "area": None,
        "agent": None,
        "by": ("store", "agent"),
    },
)
def whatif(
    asked: Context,
    kind: str = "open",
    store: str = "",
    lat: Any = "",
    lng: Any = "",
    cell: str = "",
    area: Any = "",
    agent: str = "",
    by: str = "store",
) -> Result:
    """What would a change of stores do to everybody? One row per store within 50 km, or per agent.

    Raises:
        UsageError: a store or agent that is not here, or a place, size or cell that is none.
    """
    known(asked, "store_id", "store", (store,))
    known(asked, "agent_id", "agent", (agent,))
    spot = _spot(lat, lng, cell)
    size = number("area", area, 1, 1_000_000) if str(area) else None
    places = open_on(asked.marts.places, asked.as_of).filter(pl.col("lat").is_finite(), pl.col("lng").is_finite())
    missing = (
        _missing(kind, store, spot) if places.height or not asked.marts.places.height else say("No store is open.")
    )
    if missing or asked.unknown or places.is_empty():
        return Result(_EMPTY, 0, say("located customers"), notes=(missing,) if missing else ())
    here = spot or (0.0, 0.0)
    change = _change(kind, store, here, size, agent or asked.scope.agent_id, places)
    table, notes = _answer(asked, change, places)
    n = int(table["customers_before"].sum())
    shown = _narrowed(asked, table)
    return Result(_by_agent(shown) if by == "agent" else shown, n, say("located customers"), notes=notes)


def _answer(asked: Context, change: Change, places: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    marts = asked.marts
    points = _points(marts, asked.currency, asked.as_of)
    alpha, beta, said = exponents(asked, _city(change, places))
    table = what_if(change, points, places, alpha=alpha, beta=beta, travel=marts.travel)
    actual = _actual(marts, asked.currency, asked.as_of)
    table = table.drop("actual_minor").join(actual, on="store_id", how="left", maintain_order="left")
    table = _with_encroachment(asked, change, points, places, table)
    rates = _rates(marts, asked.currency, asked.as_of)
    table = table.join(rates, on="agent_id", how="left", nulls_equal=True, maintain_order="left").with_columns(
        payout_delta_minor=(pl.col("delta_minor") * pl.col("rate")).round().cast(pl.Int64)
    )
    table, breached = _with_breach(asked, change, places, table.drop("rate"))
    owed = say("Payouts are an estimate: last year's rate on the change of sales.") if rates.height else (
        say("No ledger entries: payouts are unknown.")
    )  # fmt: skip
    return table, (*breached, said, owed, distance_note(marts), *own_note(asked))


def _spot(lat: Any, lng: Any, cell: str) -> tuple[float, float] | None:
    if cell:
        try:
            at = int(cell, 16)
        except ValueError:
            at = -1
        found = cell_centre(pl.DataFrame({"cell": [at]}, schema={"cell": pl.Int64})) if 0 < at < 1 << 62 else None
        if found is None or found["lat"].is_nan().any() or found["lat"].null_count():
            msg = say("cell={cell} is not an H3 cell such as 8831aa5091fffff.", cell=repr(cell[:40]))
            raise UsageError(msg)
        return float(found["lat"][0]), float(found["lng"][0])
    if not str(lat) and not str(lng):
        return None
    return number("lat", lat, -90, 90), number("lng", lng, -180, 180)


def _missing(kind: str, store: str, spot: tuple[float, float] | None) -> str:
    if kind in {"close", "move"} and not store:
        return say("Name the store to close.") if kind == "close" else say("Name the store to move.")
    if kind in {"open", "move"} and spot is None:
        return say("Say where: lat and lng in degrees, or a cell.")
    return ""


def _change(
    kind: str, store: str, spot: tuple[float, float], area: float | None, agent: str | None, places: pl.DataFrame
) -> Change:
    if kind != "open":
        lat, lng = spot if kind == "move" else (None, None)
        return Change(kind, store, lat, lng, area)
    near = nearest_store(pl.DataFrame({"lat": [spot[0]], "lng": [spot[1]]}), places)["nearest_store_id"][0]
    city = places.filter(pl.col("store_id") == near)["city"].to_list()
    return Change("open", None, *spot, area_m2=area, agent_id=agent or None, city=city[0] if city else None)


def _city(change: Change, places: pl.DataFrame) -> str | None:
    """The city whose customers the change concerns."""
    if change.kind == "open":
        return change.city
    at = places.filter(pl.col("store_id") == change.store_id)["city"].to_list()
    return str(at[0]) if at and at[0] is not None else None


@of_rows
def _points(marts: Marts, currency: str, as_of: dt.date) -> pl.DataFrame:
    return people_by_cell(marts.people, _last_year(marts, currency, as_of), as_of - _YEAR)


@of_rows
def _actual(marts: Marts, currency: str, as_of: dt.date) -> pl.DataFrame:
    """What each store really sold to located customers."""
    homes = marts.people.filter(pl.col("home_src").ne_missing("city")).drop_nulls("home_cell").select("customer_key")
    rows = _last_year(marts, currency, as_of).filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)))
    sold = rows.drop_nulls("store_id").join(homes, on="customer_key", how="semi")
    return sold.group_by("store_id").agg(pl.col("net_minor").sum().alias("actual_minor"))


@of_rows
def _primary(marts: Marts, as_of: dt.date) -> pl.DataFrame:
    days = pl.col("local_on").is_between(as_of - _TWO_YEARS, as_of, closed="left")
    return primary_customers(spelled(marts.orders.filter(days)), marts.people, marts.places)


@of_rows
def _rates(marts: Marts, currency: str, as_of: dt.date) -> pl.DataFrame:
    shares = marts.shares.filter(
        pl.col("currency") == currency, pl.col("local_on").is_between(as_of - _YEAR, as_of, closed="left")
    )
    if shares.is_empty():
        return pl.DataFrame(schema={"agent_id": pl.String, "rate": pl.Float64})
    return payout_rates(shares, _last_year(marts, currency, as_of))


def _last_year(marts: Marts, currency: str, as_of: dt.date) -> pl.DataFrame:
    days = pl.col("local_on").is_between(as_of - _YEAR, as_of, closed="left")
    return spelled(marts.orders.filter(pl.col("currency") == currency, days))


def _with_encroachment(
    asked: Context, change: Change, points: pl.DataFrame, places: pl.DataFrame, table: pl.DataFrame
) -> pl.DataFrame:
    if change.kind == "close":
        return table.with_columns(encroachment=pl.lit(None, pl.Float64))
    nearest = becomes_nearest(change, points, places, travel=asked.marts.travel)
    taken = encroachment(_primary(asked.marts, asked.as_of), nearest).select("store_id", "encroachment")
    return table.join(taken, on="store_id", how="left", maintain_order="left").with_columns(
        encroachment=pl.when(~pl.col("is_changed")).then(pl.col("encroachment"))
    )


def _with_breach(
    asked: Context, change: Change, places: pl.DataFrame, table: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Whose promised ground the site lies on; a store on its own agent's ground breaks no promise.

    The changed row counts the ``promises`` broken: null where no territory is loaded. Each is said in a note of its own.
    """
    marts, held = asked.marts, in_force(asked.marts.territories, asked.as_of, "opening")
    count = None if marts.territories.is_empty() else 0
    if change.lat is None or held.is_empty():
        return _counted(table.with_columns(breach=pl.lit(value=False)), count), ()
    site = pl.DataFrame({"lat": [change.lat], "lng": [change.lng]})
    agent = table.filter("is_changed")["agent_id"].to_list()[0]
    hit = held.join(inside(site, held, places), on="territory_id", how="semi").filter(
        pl.col("agent_id").ne_missing(pl.lit(agent, pl.String)), pl.col("store_id").ne_missing(change.store_id)
    )
    mine = pl.col("agent_id").is_in(hit["agent_id"].drop_nulls().implode()) | pl.col("store_id").is_in(
        hit["store_id"].drop_nulls().implode()
    )
    called = owner_names(marts)
    said = tuple(
        say(
            "The site lies in territory {territory}, promised to {name} for opening.",
            territory=row["territory_id"],
            name=called.get(owner := row["agent_id"] or row["store_id"], owner),
        )
        for row in hit.iter_rows(named=True)
    )
    breach = mine.fill_null(value=False) & ~pl.col("is_changed")
    return _counted(table.with_columns(breach=breach), hit.height), said


def _counted(table: pl.DataFrame, promises: int | None) -> pl.DataFrame:
    return table.with_columns(promises=pl.when("is_changed").then(pl.lit(promises, pl.Int64)))


def _narrowed(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    here = narrow.places(asked)["store_id"]
    return table.filter(pl.col("is_changed") | pl.col("store_id").is_in(here.implode()))


def _by_agent(table: pl.DataFrame) -> pl.DataFrame:
    """One row per agent (null: head office's own stores), the largest loss first."""
    summed = ("before_minor", "after_minor", "delta_minor", "registrants_before", "registrants_after",
              "customers_before", "customers_after", "actual_minor")  # fmt: skip
    owed = pl.when(pl.col("payout_delta_minor").count() > 0).then(pl.col("payout_delta_minor").sum())
    grouped = table.group_by("agent_id").agg(
        *(pl.col(name).sum() for name in summed),
        owed.alias("payout_delta_minor"),
        pl.col("breach").any(),
        pl.col("promises").max(),
        pl.col("is_changed").any(),
        pl.col("distance_m").min(),
    )
    blank = {"store_id": pl.String, "city": pl.String, "encroachment": pl.Float64, "overlap_before": pl.Float64,
             "overlap_after": pl.Float64}  # fmt: skip
    return grouped.with_columns(pl.lit(None, kind).alias(name) for name, kind in blank.items()).sort(
        "delta_minor", "agent_id", nulls_last=True
    )
