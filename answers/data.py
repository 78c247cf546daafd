"""Data: what was loaded, what was set aside and why, and how fresh it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from answers.registry import Result, address
from schema.codes import meaning, remedy
from schema.errors import RefusedError
from schema.language import later, say
from schema.stored import retold
from schema.tables import CANONICAL
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

_COUNTS = ("rows_in", "accepted", "updated", "duplicate", "quarantined")


_REPORT: Final = later("Only the owner may see the load report.")
_PROFILES: Final = later("Only the owner may see table profiles.")
_SET_ASIDE: Final = later("Only the owner may see rows set aside.")


def _owners_only(asked: Context, why: str) -> None:
    if asked.scope.role != "owner":
        raise RefusedError(say(why))


@address(
    "data/report",
    "source, rows_in, accepted, updated, duplicate, quarantined, rows_in_minor, accepted_minor, updated_minor, "
    "duplicate_minor, quarantined_minor",
    meaning=later("What each load did with every row and every minor unit."),
    definition=later("Rows in = accepted (of which updated) + duplicate + quarantined; the same sum holds in money."),
)
def report(asked: Context) -> Result:
    """Was anything lost? One row per source and load, newest first."""
    _owners_only(asked, _REPORT)
    runs = warehouse.source_runs(asked.snapshot)
    return Result(runs, n=int(runs["rows_in"].sum()), n_label=say("rows in"))


@address(
    "data/profile",
    "column, rows, distinct, nulls",
    meaning=later("Each column of a table: rows, distinct values, empty ones."),
    options={"table": tuple(CANONICAL)},
)
def profile(asked: Context, table: str = "orders") -> Result:
    """What is in this table? One row per column."""
    _owners_only(asked, _PROFILES)
    found = warehouse.profile(asked.snapshot, table)
    rows = int(found["rows"][0]) if found.height else 0
    return Result(found, n=rows, n_label=say("rows"))


@address(
    "data/quarantine",
    "source, code, column, value, message, remedy",
    meaning=later("Every row that was set aside, with its reason and remedy."),
)
def quarantine(asked: Context) -> Result:
    """Which rows need a look? One row per row set aside."""
    _owners_only(asked, _SET_ASIDE)
    rows = warehouse.quarantine(asked.snapshot.mode, asked.scope, asked.snapshot)
    rows = rows.with_columns(_retold(rows["message"]), _retold(rows["remedy"]))
    return Result(rows, n=rows.height, n_label=say("rows set aside"))


def _retold(kept: pl.Series) -> pl.Series:
    """Sentences as they were kept, in the language of the moment."""
    return kept.replace({one: retold(one) for one in kept.drop_nulls().unique()})


@address("data/codes", "code, rows, meaning, remedy", meaning=later("Rows set aside or remarked upon, by reason."))
def codes(asked: Context) -> Result:
    """Why were rows set aside? One row per reason code, most rows first."""
    _owners_only(asked, _REPORT)
    counts: dict[str, int] = {}
    for found in warehouse.source_runs(asked.snapshot)["codes"].to_list():
        for code, rows in json.loads(found or "{}").items():
            counts[code] = counts.get(code, 0) + int(rows)
    table = pl.DataFrame(
        [{"code": c, "rows": n, "meaning": meaning(c), "remedy": remedy(c)} for c, n in counts.items()],
        schema={"code": pl.String, "rows": pl.Int64, "meaning": pl.String, "remedy": pl.String},
    ).sort("rows", "code", descending=[True, False])
    return Result(table, n=sum(counts.values()), n_label=say("rows"))


@address(
    "data/freshness", "table, rows, first_on, last_on", meaning=later("How many rows each table has and its last day.")
)
def freshness(asked: Context) -> Result:
    """How fresh is it? One row per canonical table."""
    marts = asked.marts
    days = {"orders": marts.orders, "order_lines": marts.lines, "refunds": marts.refunds, "events": marts.visits}
    rows = [
        {
            "table": name,
            "rows": asked.snapshot.rows.get(name, 0)
            if asked.scope.role != "agent"
            else days.get(name, pl.DataFrame()).height,
            "first_on": days[name]["local_on"].min() if name in days else None,
            "last_on": days[name]["local_on"].max() if name in days else None,
        }
        for name in CANONICAL
    ]
    table = pl.DataFrame(rows, schema={"table": pl.String, "rows": pl.Int64, "first_on": pl.Date, "last_on": pl.Date})
    return Result(table, n=int(table["rows"].sum()), n_label=say("rows"))
