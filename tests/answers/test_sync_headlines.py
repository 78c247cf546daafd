"""Findings of the Sync page as sentences: green only where something was checked."""

from __future__ import annotations

import polars as pl

from answers import sync_headlines as headlines
from answers.registry import Result
from metrics.reconciliation import CAUSES

SCHEMA = {"channel": pl.String, "orders": pl.Int64, "identified": pl.Int64, "unified": pl.Int64}


def test_the_worked_example_in_a_sentence() -> None:
    table = pl.DataFrame([("pos", 100, 80, 60)], schema=SCHEMA, orient="row")
    said = headlines.match(Result(table, 100, "orders"))
    assert (
        said.replace("\u202f", " ").replace("\u00a0", " ") == "80 % of orders know their customer, 60 % on both sides"
    )


def test_nothing_checked_is_never_called_in_order() -> None:
    conflicts = Result(
        pl.DataFrame(schema={"conflict": pl.Int64}), 0, "conflicts", notes=("No identities are loaded.",)
    )
    assert headlines.conflicts(conflicts) == "Identities in conflict"
    nothing = Result(pl.DataFrame(schema={"day": pl.Date, "is_late": pl.Boolean}), 0, "checked")
    assert headlines.gaps(nothing) == "Missing hours"
    assert headlines.doubles(nothing) == "Days that came twice"
    assert headlines.latency(nothing) == "Arrival of events"


def test_what_was_checked_and_found_in_order_is_said() -> None:
    checked = Result(pl.DataFrame(schema={"day": pl.Date}), 11, "checked")
    assert headlines.gaps(checked) == "No hour is missing"
    assert headlines.doubles(checked) == "No day came twice"
    assert (
        headlines.conflicts(Result(pl.DataFrame(schema={"conflict": pl.Int64}), 0, ""))
        == "No identity is of two people"
    )


def test_events_of_which_nobody_knows_how_long_they_took_never_arrived_in_time() -> None:
    schema = {"day": pl.Date, "is_late": pl.Boolean}
    unknown = pl.DataFrame([(None, None), (None, None)], schema=schema, orient="row")
    assert headlines.latency(Result(unknown, 2, "events")) == "Arrival of events"
    known = pl.DataFrame([(None, None), (None, False)], schema=schema, orient="row")
    assert headlines.latency(Result(known, 2, "events")) == "Everything arrived within its promise"
    late = pl.DataFrame([(None, None), (None, True)], schema=schema, orient="row")
    assert headlines.latency(Result(late, 2, "events")) == "1 day of a channel arrived later than promised"


def test_a_bill_is_said_to_agree_only_where_one_is_loaded() -> None:
    schema = {"theirs_minor": pl.Int64, "difference_minor": pl.Int64, "explanation": pl.String}

    def said(*rows: tuple[int | None, int | None, str]) -> str:
        return headlines.bill(Result(pl.DataFrame(rows, schema=schema, orient="row"), len(rows), "orders"))

    assert said((None, None, "no_bill")) == "Paid by day and shop system"
    assert said((5, 0, "agrees"), (None, None, "no_bill")) == "Every day that was billed agrees to the last cent"
    assert (
        said((5, 0, "agrees"), (5, -1, "other"), (5, 2, "fees"))
        == "2 of 3 days differ from the bill, 1 without a cause"
    )


def test_every_cause_of_a_difference_has_words() -> None:
    assert set(headlines.BILL_WORDS) == set(CAUSES)


def test_what_came_back_is_told_by_its_ends() -> None:
    schema = {"group": pl.String, "refund_rate": pl.Float64, "orders": pl.Int64}

    def said(*rows: tuple[str, float | None], orders: int = 30) -> str:
        table = pl.DataFrame([(*row, orders) for row in rows], schema=schema, orient="row")
        return (
            headlines.after_sales(Result(table, 1, "orders"), (("pos", "Till"),))
            .replace("\u202f", " ")
            .replace("\u00a0", " ")
        )

    assert said() == said(("pos", None)) == said(("pos", 0.5), orders=29) == "After-sales"
    assert said(("pos", 0.07)) == "Till: 7 % of goods sold came back"
    assert said(("pos", 0.07), ("live", 0.45), ("app", None)) == "live: 45 % of goods sold came back; Till: 7 %"


def test_mismatches_are_counted_by_kind() -> None:
    def said(*kinds: str) -> str:
        return headlines.mismatches(Result(pl.DataFrame({"kind": kinds}, schema={"kind": pl.String}), 4, "products"))

    assert said() == "Products are the same on every channel"
    assert said("price", "price", "name") == "2 products cost more on one channel · One name stands for two ids"
    assert (
        headlines.mismatches(Result(pl.DataFrame(schema={"kind": pl.String}), 0, "products"))
        == "Products between channels"
    )
