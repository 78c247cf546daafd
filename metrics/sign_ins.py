"""Events before sign-in: whose were the looks of a device on which somebody signed in afterwards?"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require

_ROWS: Final = {
    "row": pl.UInt32, "device": pl.UInt32, "at": pl.Int64, "local_on": pl.Date, "customer_key": pl.Int64,
}  # fmt: skip


def joined_to_sign_ins(events: pl.DataFrame, *, gap_s: int = 1800) -> pl.DataFrame:
    """Which events that name no customer belong to the one who signed in on that device afterwards?

    A device's visit is a run of its events, whoever they name, without a silence longer than ``gap_s``. It belongs to the
    first local day of its events, so midnight splits no visit. An event that names nobody belongs

    - in a visit that names one customer, to that one, up to the last event that names them;
    - in a visit that names several, to the first of them, up to the first event that names anybody;
    - otherwise to the customer who is named on that device later on the same day, if nobody else is named on it that day.

    Everything else stays the device's: what follows a sign-out, and what lies between two customers.

    Args:
        events: one row per event with ``anon_id, customer_key, occurred_at, local_on``; other columns are kept.
        gap_s: silence that ends a visit, seconds; exactly this long does not.

    Returns:
        The same rows in the same order; ``customer_key`` is filled in where an event belongs to somebody by this rule,
        and ``before_sign_in`` says where it was. The order of the rows changes nothing.

    Raises:
        ContractError: a required column is missing.
    """
    found = sign_ins_of(events, gap_s=gap_s)
    if found.is_empty():
        return events.with_columns(before_sign_in=pl.lit(value=False))
    joined = pl.repeat(value=False, n=events.height, dtype=pl.Boolean, eager=True).scatter(found["row"], values=True)
    keys = events["customer_key"].scatter(found["row"], found["whose"])
    return events.with_columns(keys, before_sign_in=joined)


def sign_ins_of(events: pl.DataFrame, *, gap_s: int = 1800) -> pl.DataFrame:
    """The same as the numbers of those rows, and whose they are: ``row, whose``, each row once, in any order."""
    require(events, "events", "anon_id", "customer_key", "occurred_at", "local_on")
    return _belonging(_in_visits(_of_shared(events), gap_s * 1_000_000))


def _of_shared(events: pl.DataFrame) -> pl.DataFrame:
    """The events of devices that have some with a customer and some without; times in microseconds."""
    told = events.select("anon_id", "customer_key").with_row_index("row").drop_nulls("anon_id")
    named = pl.col("customer_key").is_not_null()
    devices = told.filter(named).select("anon_id").unique()
    nameless = told.filter(~named).join(devices, on="anon_id", how="semi").select("anon_id").unique()
    if nameless.is_empty():
        return pl.DataFrame(schema=_ROWS)
    found = told.join(nameless.with_row_index("device"), on="anon_id").select("row", "device", "customer_key")
    times = events.select(at=pl.col("occurred_at").dt.epoch("us"), local_on="local_on")[found["row"]]
    return found.hstack(times).select(pl.col(name).cast(kind) for name, kind in _ROWS.items())


def _in_visits(rows: pl.DataFrame, gap_us: int) -> pl.DataFrame:
    """Events with the number of their visit and its day; of two zones' days the earlier one."""
    sorted_ = rows.sort("device", "at")
    starts = (pl.col("device") != pl.col("device").shift(1)) | (pl.col("at").diff() > gap_us)
    visits = sorted_.with_columns(visit=starts.fill_null(value=True).cum_sum())
    return visits.with_columns(day=pl.col("local_on").min().over("visit")).drop("local_on")


def _belonging(rows: pl.DataFrame) -> pl.DataFrame:
    """``row, whose`` of the events that belong to somebody by the rule."""
    key, at = pl.col("customer_key"), pl.col("at")
    is_named = key.is_not_null()
    named = rows.filter(is_named)
    whole = {"low": key.min(), "high": key.max(), "first": at.min(), "last": at.max()}
    visits = named.group_by("visit").agg(**whole)
    one, several = (visits.filter((pl.col("low") == pl.col("high")) == single) for single in (True, False))
    leads = named.join(several.select("visit", "first"), on="visit").filter(at == pl.col("first"))
    leads = leads.group_by("visit").agg(**whole).filter(pl.col("low") == pl.col("high"))
    days = named.group_by("device", "day").agg(**whole).filter(pl.col("low") == pl.col("high"))
    asked = rows.filter(~is_named).select("row", "device", "visit", "day", "at")
    limits = pl.concat([one.select("visit", "low", "last"), leads.select("visit", "low", "last")])
    near = asked.join(limits, on="visit").filter(at <= pl.col("last"))
    later = asked.join(days, on=["device", "day"]).filter(at <= pl.col("last"))
    found = pl.concat([near.select("row", whose="low"), later.select("row", whose="low")])
    return found.unique("row")  # of one day's only customer a visit says the same
