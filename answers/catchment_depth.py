"""Catchment in depth: who flows where, what size and distance weigh, and what an opening took from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import narrow
from answers.known import NAMES
from answers.memo import of_rows
from answers.registry import Result, address
from metrics.cannibalisation import cannibalisation, control_changes
from metrics.huff_cities import huff_by_city, huff_of_city, store_surprises
from metrics.openings import openings
from metrics.switchers import exposure, switchers
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import from_python, later, say

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Context
    from metrics.huff import HuffFit
    from metrics.openings import Opening
    from schema.marts import Marts

_OWN_ONLY: Final = later("Only your own stores and known customers are compared.")
_HUFF: Final = later(
    "Chance of buying at a store = size^α · distance^−β ÷ the same over all stores open then, fitted by maximum "
    "likelihood to located orders at physical stores over all the data, each order an independent choice; ways below "
    "200 m count as 200 m. 95 % intervals. Losses are −ln chance of the store chosen, over the orders of one customer in "
    "five that the fit did not see; the baseline takes the nearest store."
)
_IMPACT: Final = later(
    "Difference in differences: expected = the neighbour's sales in the same months a year earlier × the controls' change; "
    "loss = expected − actual; rate = loss ÷ the new store's sales. Controls: stores of the same type, over 10 km from "
    "both, open all the time, not near another opening. 90 % bootstrap interval over customers (an anonymous order is its "
    "own); that one store may move by chance is not in it: placebo_share is the share of controls that fell as far behind."
)
_MOST: Final = 60
"""Pairs of new store and neighbour measured at once, the latest openings first."""
_NEAR: Final[dict[str, tuple[str, ...] | None]] = {"km": None, "new_store": None, "store": None}


def distance_note(marts: Marts, share: float | None = None) -> str:
    """How ways were measured, in a sentence."""
    if marts.travel.is_empty():
        return say("Distances are straight-line (great-circle).")
    if share is None:
        return say("Distances are those of the travel matrix where it has one, else straight lines.")
    return say(
        "Distances are those of the travel matrix where it has one ({share} of the pairs), else straight lines.",
        share=f"{share:.0%}",
    )


def own_note(asked: Context) -> tuple[str, ...]:
    """What an agent's numbers leave out."""
    return (say(_OWN_ONLY),) if asked.scope.role == "agent" else ()


def number(name: str, value: Any, low: float, high: float) -> float:
    """An option as a number.

    Raises:
        UsageError: it is none, or outside the range.
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not low <= found <= high:
        msg = say(
            "{name}={value} is not a number from {low} to {high}.",
            name=name,
            value=repr(str(value)[:40]),
            low=f"{low:g}",
            high=f"{high:g}",
        )
        raise UsageError(msg)
    return found


def all_orders(asked: Context) -> pl.DataFrame:
    """Orders in the question's currency before as-of, whatever the period and the other filters."""
    return spelled(asked.marts.orders.filter(pl.col("currency") == asked.currency, pl.col("local_on") < asked.as_of))


@address(
    "catchment/huff",
    "alpha, beta, log_loss, baseline_log_loss, n, city, alpha_low, alpha_high, beta_low, beta_high, is_fallback, reason, "
    "held_out, stores, without",
    meaning=later("What size and distance weigh when customers choose a store, by city."),
    definition=_HUFF,
    options={"city": None, "without": None, "exceptions": ("leave_out", "keep")},
    several=("without",),
)
def huff(asked: Context, city: str = "", without: str | tuple[str, ...] = (), exceptions: str = "leave_out") -> Result:
    """How do customers weigh size and distance? One row over all cities (city null) if several, then one a city."""
    left = (without,) if isinstance(without, str) else tuple(without)
    known(asked, "store_id", "store", left)
    table = _huff(asked.marts, asked.as_of, tuple(sorted(left)), exceptions == "leave_out")
    wanted = {*((city,) if city else ()), *asked.filters.city}
    if wanted:
        known(asked, "city", "city", (city,) if city else ())
        table = table.filter(pl.col("city").is_in(wanted))
    elif asked.filters.store or asked.filters.agent:
        table = table.filter(pl.col("city").is_in(narrow.places(asked)["city"].implode()))
    found = sorted({store for row in table["without"] for store in row.split()} - set(left))
    notes: tuple[str, ...] = (
        (say("Fitted without {stores}.", stores=", ".join(sorted(left))),) if any(left) and table.height else ()
    )
    notes += (
        (say("Fitted without {stores}: more orders than size and place explain.", stores=", ".join(found)),)
        if found
        else ()
    )
    n = int(table["n"].max() or 0)  # type: ignore[arg-type]
    return Result(
        table, n, say("located orders at stores"), notes=(*notes, distance_note(asked.marts), *own_note(asked))
    )


@of_rows
def _huff(marts: Marts, as_of: dt.date, without: tuple[str, ...], leave_out: bool) -> pl.DataFrame:  # noqa: FBT001
    orders = spelled(marts.orders.filter(pl.col("local_on") < as_of))
    return huff_by_city(orders, marts.people, marts.places, travel=marts.travel, without=without, leave_out=leave_out)


@of_rows
def _city(marts: Marts, as_of: dt.date, city: str | None) -> HuffFit:
    orders = spelled(marts.orders.filter(pl.col("local_on") < as_of))
    return huff_of_city(orders, marts.people, marts.places, city, travel=marts.travel)


def exponents(asked: Context, city: str | None) -> tuple[float, float, str]:
    """α and β of a city, exceptions left out, else of all cities, else Huff's own; with a sentence."""
    fit = _city(asked.marts, asked.as_of, city)
    if not fit.is_fallback:
        found = _written(fit.alpha, fit.beta)
        if city:
            return fit.alpha, fit.beta, say("α = {alpha} and β = {beta}, fitted for {city}.", city=city, **found)
        return fit.alpha, fit.beta, say("α = {alpha} and β = {beta}, fitted for all stores.", **found)
    whole = _huff(asked.marts, asked.as_of, (), leave_out=True).filter(~pl.col("is_fallback")).head(1)
    if whole.height:
        alpha, beta = whole["alpha"][0], whole["beta"][0]
        where = whole["city"][0] or say("all cities")
        return (
            alpha,
            beta,
            say(
                "α = {alpha} and β = {beta}, fitted for {where}: too few orders in {city}.",
                where=where,
                city=city,
                **_written(alpha, beta),
            ),
        )
    return fit.alpha, fit.beta, say("Too few located orders to fit the model: α = 1 and β = 2 are assumed.")


def _written(alpha: float, beta: float) -> dict[str, str]:
    return {"alpha": from_python(f"{alpha:.2f}"), "beta": from_python(f"{beta:.2f}")}


@address(
    "catchment/huff_stores",
    "store_id, city, observed, expected, ratio, is_exception",
    meaning=later("Located orders of each store against those that its size and place explain."),
    definition=(
        _HUFF,
        later("An exception draws for another reason (a mall on a metro line); fits are made without it."),
    ),
)
def huff_stores(asked: Context) -> Result:
    """Which stores draw more than size and place explain? One row per store, the largest surprise first."""
    table = _surprises(asked.marts, asked.as_of)
    here = narrow.places(asked).select("store_id")
    table = table.join(here, on="store_id", how="semi", maintain_order="left")
    n = int(table["observed"].sum())
    return Result(table, n, say("located orders at stores"), notes=(distance_note(asked.marts), *own_note(asked)))


@of_rows
def _surprises(marts: Marts, as_of: dt.date) -> pl.DataFrame:
    orders = spelled(marts.orders.filter(pl.col("local_on") < as_of))
    return store_surprises(orders, marts.people, marts.places, travel=marts.travel)


def known(asked: Context, column: str, name: str, values: tuple[str, ...]) -> None:
    """Refuse an option that names what is not here.

    Raises:
        UsageError: names it.
    """
    here = set(asked.marts.places[column].drop_nulls())
    for value in values:
        if value and value not in here and not asked.unknown:
            msg = say("No {name} {value} here.", name=say(NAMES[name]), value=value[:60])
            raise UsageError(msg)


def _cases(asked: Context, km: Any, new_store: str, store: str) -> list[Opening]:
    """Openings and neighbours that the options and place filters leave."""
    known(asked, "store_id", "store", (new_store, store))
    first = asked.snapshot.first_on
    if first is None or asked.unknown:
        return []
    found = openings(asked.marts.places, first, asked.as_of, near_km=number("km", km, 0.1, 50))
    here = set(narrow.places(asked)["store_id"])
    wanted = [
        case
        for case in found
        if new_store in {"", case.new_store} and store in {"", case.store_id} and {case.new_store, case.store_id} & here
    ]
    return sorted(wanted, key=lambda case: case.opened_on, reverse=True)[:_MOST]


@address(
    "catchment/cannibalisation",
    "new_store, store_id, rate, low, high, rate_orders, low_orders, high_orders, pre_minor, expected_minor, actual_minor, "
    "loss_minor, new_minor, incremental_minor, switchers, controls, placebo_share, distance_m, opened_on, pre_from, pre_to, "
    "post_from, post_to, pre_days, post_days",
    meaning=later("Part of each new store's sales that its neighbours lost."),
    definition=_IMPACT,
    options=_NEAR,
)
def took(asked: Context, km: float | str = 5, new_store: str = "", store: str = "") -> Result:
    """Did a new store take its neighbours' sales? One row per opening and neighbour within ``km``."""
    cases = _cases(asked, km, new_store, store)
    table = _impacts(asked, cases)
    few = [say("{new}: no store can serve as a control for {old}.", new=row["new_store"], old=row["store_id"])
           for row in table.filter(pl.col("controls") == 0).iter_rows(named=True)]  # fmt: skip
    many = (say("Only the 60 latest are shown; choose a store."),) if len(cases) == _MOST else ()
    notes = (
        *few,
        *many,
        say("Stores of cities of any tier serve as controls: tiers are not in the data."),
        *own_note(asked),
    )
    return Result(table, len({case.new_store for case in cases}), say("openings"), notes=notes)


def _impacts(asked: Context, cases: list[Opening]) -> pl.DataFrame:
    return _measured(asked.marts, asked.currency, asked.as_of, tuple(cases))


@of_rows
def _measured(marts: Marts, currency: str, as_of: dt.date, cases: tuple[Opening, ...]) -> pl.DataFrame:
    rows = spelled(marts.orders.filter(pl.col("currency") == currency, pl.col("local_on") < as_of))
    return cannibalisation(rows, list(cases))


@address(
    "catchment/controls",
    "new_store, neighbour, store_id, pre_minor, post_minor, change, pre_orders, post_orders",
    meaning=later("The stores an opening's neighbours are compared with, and what became of each."),
    definition=_IMPACT,
    options=_NEAR,
)
def controls(asked: Context, km: float | str = 5, new_store: str = "", store: str = "") -> Result:
    """Were the controls flat? One row per opening, neighbour and control."""
    table = control_changes(all_orders(asked), _cases(asked, km, new_store, store))
    return Result(table, table["store_id"].n_unique(), say("control stores"), notes=own_note(asked))


@address(
    "catchment/switchers",
    "new_store, store_id, customers, shared, switchers, before_minor, after_minor, new_minor, transfer_minor",
    meaning=later("Known customers of a neighbour who went over to a new store, and the money they moved."),
    definition=later(
        "Switchers bought at the neighbour before the opening and at the new store since, and spend less a day at "
        "the neighbour than before. Money before is brought to as many days as have passed since; transfer = Σ of the smaller "
        "of what they spend less there and what they spend at the new store."
    ),
    options=_NEAR,
)
def switched(asked: Context, km: float | str = 5, new_store: str = "", store: str = "") -> Result:
    """Who went over? One row per opening and neighbour."""
    table = switchers(all_orders(asked), _cases(asked, km, new_store, store))
    return Result(table, int(table["customers"].sum()), say("known customers of the neighbours"), notes=own_note(asked))


@address(
    "catchment/exposure",
    "new_store, store_id, exposure, transfer, impact, exposed, customers, transfer_minor, loss_minor, new_minor",
    meaning=later("Exposure, transfer and impact of an opening side by side: three different things."),
    definition=later(
        "Exposure: share of the neighbour's located customers who live nearer to the new store. Transfer: money that "
        "known switchers moved ÷ the new store's sales. Impact: loss against the controls ÷ the new store's sales "
        "(catchment/cannibalisation). None stands for another."
    ),
    options=_NEAR,
)
def exposed(asked: Context, km: float | str = 5, new_store: str = "", store: str = "") -> Result:
    """How near is the new store, what moved, and what was lost? One row per opening and neighbour."""
    cases = _cases(asked, km, new_store, store)
    both = ["new_store", "store_id"]
    near = exposure(all_orders(asked), asked.marts.people, asked.marts.places, cases)
    moved = switchers(all_orders(asked), cases).select(*both, "transfer_minor")
    lost = _impacts(asked, cases).select(*both, "loss_minor", "new_minor", pl.col("rate").alias("impact"))
    part = pl.when(pl.col("new_minor") != 0).then(pl.col("transfer_minor") / pl.col("new_minor"))
    table = near.join(moved, on=both, how="left").join(lost, on=both, how="left").with_columns(transfer=part)
    notes = (distance_note(asked.marts) if asked.marts.travel.is_empty() else say("Exposure is in straight lines."),)
    return Result(
        table.sort(both), int(near["customers"].sum()), say("located customers"), notes=(*notes, *own_note(asked))
    )
