"""Huff's model city by city and over all of them, with the stores that do not fit it named."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.huff import HuffFit, fit_choices, observed_and_expected
from metrics.huff_choices import located_choices
from metrics.rules import require, without_staff
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.huff_choices import Choices

MOST_CITIES: Final = 60
"""A list of thousands of towns is fitted for those with most orders."""

_SURPRISE: Final = 1.25
_ENOUGH: Final = 200
_FEWEST_STORES: Final = 3
_ERRORS: Final = 2.0

HUFF_COLUMNS: Final[dict[str, type[pl.DataType]]] = {
    "alpha": pl.Float64,
    "beta": pl.Float64,
    "log_loss": pl.Float64,
    "baseline_log_loss": pl.Float64,
    "n": pl.Int64,
    "city": pl.String,
    "alpha_low": pl.Float64,
    "alpha_high": pl.Float64,
    "beta_low": pl.Float64,
    "beta_high": pl.Float64,
    "is_fallback": pl.Boolean,
    "reason": pl.String,
    "held_out": pl.Int64,
    "stores": pl.Int64,
    "without": pl.String,
}


def huff_by_city(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    places: pl.DataFrame,
    *,
    travel: pl.DataFrame | None = None,
    without: Sequence[str] = (),
    leave_out: bool = True,
) -> pl.DataFrame:
    """What do size and distance weigh in each city?

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places``; only stores of one city compete within it.
        travel: ``Travel``, in place of straight lines.
        without: stores to leave out whatever they look like.
        leave_out: also leave out a city's store that poses as size (``exception``).

    Returns:
        ``HUFF_COLUMNS``: first one row over all cities (``city`` null) when there are several, then one per city with
        an order, most orders first. ``without`` names the stores left out, separated by blanks.

    Raises:
        ContractError: a required column is missing.
    """
    kept = places.filter(~pl.col("store_id").is_in(list(without)))
    rows: list[dict[str, object]] = []
    left: list[str] = sorted(set(without) & set(places["store_id"]))
    for city, here, sold in _cities(orders, kept):
        fit, odd = fit_without_exception(sold, people, here, travel=travel, leave_out=leave_out)
        named = [store for store in left if store in _stores_of(places, city)] + odd
        rows += [_row(fit, city, here.height - len(odd), named)] if fit.n else []
        left += odd
    cities = sorted(rows, key=lambda row: (-int(str(row["n"])), str(row["city"])))
    if len(cities) > 1:
        rest = places.filter(~pl.col("store_id").is_in(left))
        whole = fit_choices(located_choices(orders, people, rest, travel=travel))
        cities.insert(0, _row(whole, None, rest.height, sorted(set(left))))
    return pl.DataFrame(cities, schema=HUFF_COLUMNS)


def huff_of_city(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    places: pl.DataFrame,
    city: str | None,
    *,
    travel: pl.DataFrame | None = None,
) -> HuffFit:
    """What do size and distance weigh in one city, an exception left out?

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places``.
        city: whose stores compete.
        travel: ``Travel``.

    Returns:
        The fit.

    Raises:
        ContractError: a required column is missing.
    """
    here = places.filter(pl.col("city").eq_missing(pl.lit(city, pl.String)))
    return fit_without_exception(orders, people, here, travel=travel)[0]


def fit_without_exception(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    places: pl.DataFrame,
    *,
    travel: pl.DataFrame | None = None,
    leave_out: bool = True,
) -> tuple[HuffFit, list[str]]:
    """The fit over stores that compete, without the one store that poses as size, if there is one.

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places`` that compete.
        travel: ``Travel``.
        leave_out: False keeps every store.

    Returns:
        The fit and the stores left out. A store is left out when it has at least 200 orders and 1.25 times those that
        its size and place explain (at α = 1), and α without it differs by more than two standard errors of both.

    Raises:
        ContractError: a required column is missing.
    """
    choices = located_choices(orders, people, places, travel=travel)
    fit = fit_choices(choices)
    odd = _suspect(choices, fit) if leave_out else None
    if odd is None:
        return fit, []
    rest = places.filter(pl.col("store_id") != odd)
    other = fit_choices(located_choices(orders, people, rest, travel=travel))
    return (other, [odd]) if _differs(fit, other) else (fit, [])


def store_surprises(
    orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, *, travel: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Which stores get more located orders than their size and place explain?

    Args:
        orders: ``OrderFacts``.
        people: ``People``.
        places: ``Places``; only stores of one city compete within it.
        travel: ``Travel``.

    Returns:
        One row per store, the largest surprise first: ``store_id, city, observed`` (orders), ``expected`` (under the
        city's fit), ``ratio`` and ``is_exception`` (the fit was made without it).

    Raises:
        ContractError: a required column is missing.
    """
    parts = [
        pl.DataFrame(
            schema={
                "store_id": pl.String,
                "city": pl.String,
                "observed": pl.Int64,
                "expected": pl.Float64,
                "ratio": pl.Float64,
                "is_exception": pl.Boolean,
            }
        )
    ]
    for city, here, sold in _cities(orders, places):
        fit, odd = fit_without_exception(sold, people, here, travel=travel)
        if fit.n:
            table = observed_and_expected(located_choices(sold, people, here, travel=travel), fit.alpha, fit.beta)
            parts.append(
                table.select(
                    "store_id",
                    pl.lit(city, pl.String).alias("city"),
                    "observed",
                    "expected",
                    "ratio",
                    pl.col("store_id").is_in(odd).alias("is_exception"),
                )
            )
    return pl.concat(parts).sort("ratio", "store_id", descending=[True, False], nulls_last=True)


def _cities(orders: pl.DataFrame, places: pl.DataFrame) -> list[tuple[str | None, pl.DataFrame, pl.DataFrame]]:
    """The cities with most orders at physical stores: name, stores, orders there."""
    require(orders, "orders", "customer_key", "channel", "store_id")
    require(places, "places", "store_id", "city")
    at_stores = without_staff(orders).filter(
        pl.col("channel").is_in(list(OFFLINE_CHANNELS)), pl.col("customer_key").is_not_null()
    )
    sold = at_stores.join(places.select("store_id", pl.col("city").alias("_city")), on="store_id", how="inner")
    parts = sold.partition_by("_city", as_dict=True, include_key=False)
    most = sorted(parts, key=lambda key: (-parts[key].height, str(key[0])))[:MOST_CITIES]
    return [(key[0], places.filter(pl.col("city").eq_missing(pl.lit(key[0], pl.String))), parts[key]) for key in most]


def _stores_of(places: pl.DataFrame, city: str | None) -> set[str]:
    return set(places.filter(pl.col("city").eq_missing(pl.lit(city, pl.String)))["store_id"])


def _suspect(choices: Choices, fit: HuffFit) -> str | None:
    if fit.is_fallback or fit.alpha_low is None or len(choices.store_ids) < _FEWEST_STORES:
        return None
    surprises = observed_and_expected(choices, 1.0, fit.beta)
    odd = surprises.filter(pl.col("observed") >= _ENOUGH, pl.col("ratio") >= _SURPRISE)["store_id"].to_list()
    return str(odd[0]) if odd else None


def _differs(fit: HuffFit, other: HuffFit) -> bool:
    if other.alpha_low is None or fit.alpha_low is None:
        return False
    error = ((fit.alpha - fit.alpha_low) ** 2 + (other.alpha - other.alpha_low) ** 2) ** 0.5 / 1.96
    return bool(abs(fit.alpha - other.alpha) > _ERRORS * error)


def _row(fit: HuffFit, city: str | None, stores: int, without: list[str]) -> dict[str, object]:
    values = dataclasses.asdict(fit) | {"city": city, "stores": stores, "without": " ".join(without)}
    return {name: values[name] for name in HUFF_COLUMNS}
