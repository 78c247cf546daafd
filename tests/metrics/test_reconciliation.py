"""Ours against the bill, typed by hand: 0, or a cause with a name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.reconciliation import CAUSES, reconcile

DAY = dt.date(2026, 3, 2)
OURS = {"day": pl.Date, "source": pl.String, "orders": pl.Int64, "ours_minor": pl.Int64}
BILLS = {
    "day": pl.Date, "source": pl.String, "theirs_minor": pl.Int64, "their_orders": pl.Int64, "fees_minor": pl.Int64,
}  # fmt: skip
BACK = {"day": pl.Date, "source": pl.String, "back_minor": pl.Int64}
GAPS = {"day": pl.Date, "source": pl.String}
TWINS = {"day": pl.Date, "source": pl.String, "twins_minor": pl.Int64}


def rows(schema: dict[str, Any], *given: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame([(DAY, "main", *one) for one in given], schema=schema, orient="row")


def told(
    ours: int | None,
    theirs: int | None,
    *,
    fees: int | None = None,
    back: int = 0,
    silent: bool = False,
    twins: int = 0,
) -> dict[str, Any]:
    table = reconcile(
        rows(OURS, *([] if ours is None else [(7, ours)])), rows(BILLS, *([] if theirs is None else [(theirs, 6, fees)])),
        rows(BACK, *([(back,)] if back else [])), rows(GAPS, *([()] if silent else [])),
        rows(TWINS, *([(twins,)] if twins else [])),
    )  # fmt: skip
    assert table.height == 1
    return table.row(0, named=True)


@pytest.mark.parametrize(
    ("case", "difference", "cause"),
    [
        ({"ours": 10_000, "theirs": 10_000}, 0, "agrees"),
        ({"ours": 10_000, "theirs": 10_000, "silent": True, "twins": 500}, 0, "agrees"),
        ({"ours": 10_000, "theirs": None, "silent": True}, None, "no_bill"),
        ({"ours": None, "theirs": 10_000, "silent": True}, -10_000, "missing_day"),
        ({"ours": 10_000, "theirs": 9_940, "fees": 60}, 60, "fees"),
        ({"ours": 10_000, "theirs": 9_000, "fees": 60, "back": 1_000}, 1_000, "refunds"),
        ({"ours": 10_000, "theirs": 8_940, "fees": 60, "back": 1_000}, 1_060, "refunds_and_fees"),
        ({"ours": 5_000, "theirs": 10_000, "silent": True}, -5_000, "doubled_bill"),
        ({"ours": 20_000, "theirs": 10_000, "twins": 10_000}, 10_000, "doubled_day"),
        ({"ours": 9_000, "theirs": 10_000, "silent": True}, -1_000, "missing_hour"),
        ({"ours": 11_000, "theirs": 10_000, "silent": True}, 1_000, "other"),
        ({"ours": 9_000, "theirs": 10_000, "twins": 500}, -1_000, "other"),
        ({"ours": 10_000, "theirs": 10_001}, -1, "other"),
    ],
)
def test_a_difference_is_nothing_or_has_a_cause(case: dict[str, Any], difference: int | None, cause: str) -> None:
    row = told(**case)
    assert (row["difference_minor"], row["explanation"]) == (difference, cause)


def test_a_day_of_a_bill_alone_stands_beside_those_of_ours() -> None:
    late = dt.date(2026, 3, 3)
    bills = pl.DataFrame([(late, "main", 500, None, None), (DAY, "pay", 900, 2, None)], schema=BILLS, orient="row")
    table = reconcile(rows(OURS, (3, 3_000)), bills, rows(BACK), rows(GAPS), rows(TWINS))
    assert table.rows() == [
        (DAY, "main", 3_000, None, None, 3, None, "no_bill"),
        (DAY, "pay", 0, 900, -900, 0, 2, "missing_day"),
        (late, "main", 0, 500, -500, 0, None, "missing_day"),
    ]


@given(st.integers(0, 10**12), st.integers(-(10**9), 10**12), st.integers(0, 10**6), st.integers(0, 10**9))
def test_every_difference_has_one_known_cause_and_only_none_is_none(
    ours: int, theirs: int, fees: int, back: int
) -> None:
    row = told(ours, theirs, fees=fees, back=back)
    assert row["explanation"] in CAUSES
    assert row["difference_minor"] == ours - theirs
    assert (row["explanation"] == "agrees") == (ours == theirs)
