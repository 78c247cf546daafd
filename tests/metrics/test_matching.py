"""Match rates on the worked example, and what makes two registrations one customer on both sides."""

from __future__ import annotations

import polars as pl

from metrics.matching import causes, marked, match_rates, sides

NOBODY = pl.DataFrame(schema={"customer_key": pl.Int64, "person": pl.Int64})


def traces(keys: list[int], *, online: bool) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_key": keys, "is_online": online}, schema={"customer_key": pl.Int64, "is_online": pl.Boolean}
    )


def orders(keys: list[int | None], channel: str = "pos", store: str | None = "S1") -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_key": keys, "channel": channel, "store_id": store},
        schema={"customer_key": pl.Int64, "channel": pl.String, "store_id": pl.String},
    )


def test_the_worked_example() -> None:
    bought = orders([*range(1, 81), *[None] * 20])
    known = sides([traces(list(range(1, 81)), online=False), traces(list(range(1, 61)), online=True)], NOBODY)
    assert match_rates(marked(bought, known)).rows() == [("S1", "pos", 100, 80, 60, 0.8, 0.75, 0.6)]


def test_a_till_member_and_a_wechat_account_of_one_person_are_known_on_both_sides() -> None:
    one = pl.DataFrame({"customer_key": [1, 2], "person": [1, 1]})
    known = sides([traces([1, 3], online=False), traces([2], online=True)], one)
    assert known.rows() == [(1, True, True), (2, True, True), (3, False, True)]


def test_an_order_made_online_is_unified_when_its_customer_is_known_in_a_shop() -> None:
    known = sides([traces([1], online=False), traces([1, 2], online=True)], NOBODY)
    assert marked(orders([1, 2, None], "app"), known)["is_unified"].to_list() == [True, False, False]


def test_nobody_identified_has_no_rate_of_the_identified() -> None:
    found = match_rates(marked(orders([None]), sides([traces([], online=True)], NOBODY)))
    assert found.select("identified_rate", "unified_rate", "unified_share").rows() == [(0.0, None, 0.0)]


def test_causes_are_told_once_an_order_the_first_that_holds() -> None:
    bought = orders([None, 1, 2, 3, 4, 5, 5, 6])
    known = sides([traces([6], online=True)], NOBODY)
    people = pl.DataFrame(
        {
            "customer_key": [1, 2, 3, 4, 5, 6],
            "is_described": [False, True, True, True, True, True],
            "has_identity": [False, True, True, False, True, True],
            "is_unverified": [False, True, True, False, False, False],
            "is_in_conflict": [False, True, False, False, False, False],
        }
    )
    assert causes(marked(bought, known), people).rows() == [
        ("no_customer", 1, 0), ("undescribed", 1, 1), ("conflict", 1, 1), ("unverified", 1, 1), ("no_identity", 1, 1),
        ("one_side", 2, 1),
    ]  # fmt: skip
