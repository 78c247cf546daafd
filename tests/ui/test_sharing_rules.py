"""Rules become rows that people edit, and the same rules again."""

from __future__ import annotations

import datetime as dt

import pytest

from schema.errors import UsageError
from schema.sharing import Rule, standard_rules
from ui.sharing_rule_rows import row_of, rules_of

SINCE = dt.date(2024, 11, 15)


def test_rules_come_back_from_their_rows_as_they_were() -> None:
    rules = (*standard_rules(SINCE), Rule("R9", "Coats by Taihu", SINCE, 1_550, (("agent", 10_000),), version=3,
             effective_to=dt.date(2026, 1, 1), categories=("coats", "knit"), agents=("AG-01",)))  # fmt: skip
    assert rules_of([row_of(rule) for rule in rules], rules) == rules


def test_parts_are_percent_and_a_role_without_a_part_is_empty() -> None:
    row = row_of(standard_rules(SINCE)[0])
    assert (row["pool"], row["store"], row["agent"], row["guide"], row["fund"]) == (12.0, 50.0, 33.33, 16.67, None)


def test_a_typed_rule_takes_words_and_commas() -> None:
    row = {"rule_id": " R7 ", "name": "", "pool": 2.5, "store": 100.0, "sold": "online", "fulfilled": None, "bound": None,
           "effective_from": "2026-12-01", "categories": "coats, knit,"}  # fmt: skip
    (rule,) = rules_of([row], ())
    assert rule == Rule("R7", "R7", dt.date(2026, 12, 1), 250, (("store", 10_000),), sold="online",
                        categories=("coats", "knit"))  # fmt: skip


def test_an_empty_row_is_no_rule() -> None:
    assert rules_of([{"rule_id": None, "name": "", "pool": None}], ()) == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"name": "Coats", "pool": 3.0, "effective_from": SINCE}, "Rule Coats: its number is missing"),
        ({"rule_id": "R7", "effective_from": SINCE}, "Rule R7: its pool is missing"),
        ({"rule_id": "R7", "pool": 3.0}, "Rule R7: its first day is missing"),
    ],
)
def test_what_a_row_lacks_is_named(row: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rules_of([row], ())
