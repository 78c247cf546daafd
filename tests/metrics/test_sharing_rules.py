import dataclasses
import datetime as dt

import polars as pl
import pytest

from metrics.sharing_rules import SCOPE_COLUMNS, choose_rules, ranked
from schema.errors import ContractError
from schema.sharing import Rule, standard_rules

SINCE = dt.date(2024, 11, 15)
STANDARD = standard_rules(SINCE)
TEXT = dict.fromkeys(SCOPE_COLUMNS, pl.String) | {"local_on": pl.Date, "is_online": pl.Boolean}
ONLINE = {
    "local_on": dt.date(2026, 1, 10), "is_online": True, "channel": "miniapp", "category": "coat", "product_id": "P1",
    "bound_store_id": "S1", "bound_agent_id": "A1", "bound_agent_level": "gold", "bound_status": "exact",
    "selling_store_id": None, "fulfil_store_id": None,
}  # fmt: skip


def chosen(rules, *changes):
    lines = pl.DataFrame([ONLINE | change for change in changes], schema=TEXT)
    return choose_rules(lines, rules)["rule_id"].to_list()


def test_the_standard_rules_tell_five_kinds_of_sale_apart():
    assert chosen(
        STANDARD,
        {},
        {"is_online": False, "selling_store_id": "S1"},
        {"is_online": False, "selling_store_id": "S2"},
        {"fulfil_store_id": "S2"},
        {"bound_store_id": None, "bound_agent_id": None, "bound_status": "unassigned"},
    ) == ["R1", "R2", "R3", "R4", "R5"]


def test_an_order_handed_over_by_the_own_store_is_an_online_order():
    assert chosen(STANDARD, {"fulfil_store_id": "S1"}) == ["R1"]


def test_an_order_without_a_known_customer_falls_under_no_standard_rule():
    nobody = {"bound_store_id": None, "bound_agent_id": None, "bound_status": None}
    assert chosen(STANDARD, nobody) == [None]
    anything = Rule("X", "Anything", SINCE, 100, (("fund", 10_000),))
    assert chosen((*STANDARD, anything), nobody, {}) == ["X", "R1"]


def test_priority_beats_specificity_and_specificity_beats_age_and_age_beats_the_id():
    wide = Rule("A", "", SINCE, 1, (("store", 10_000),))
    narrow = dataclasses.replace(wide, rule_id="B", channels=("miniapp",))
    newer = dataclasses.replace(wide, rule_id="C", effective_from=dt.date(2025, 1, 1))
    strong = dataclasses.replace(wide, rule_id="D", priority=1)
    twin = dataclasses.replace(wide, rule_id="AA")
    assert chosen((wide, twin), {}) == ["A"]
    assert chosen((twin, newer, wide), {}) == ["C"]
    assert chosen((newer, narrow, wide), {}) == ["B"]
    assert chosen((newer, narrow, strong), {}) == ["D"]
    assert [rule.rule_id for rule in ranked((twin, wide, newer, narrow, strong))] == ["D", "B", "C", "A", "AA"]


def test_a_version_holds_from_its_first_day_to_the_day_before_the_next():
    first = Rule("R", "", SINCE, 1, (("store", 10_000),), effective_to=dt.date(2026, 2, 1))
    second = dataclasses.replace(first, version=2, effective_from=dt.date(2026, 2, 1), effective_to=None)
    days = [dt.date(2024, 11, 14), SINCE, dt.date(2026, 1, 31), dt.date(2026, 2, 1)]
    lines = pl.DataFrame([ONLINE | {"local_on": day} for day in days], schema=TEXT)
    assert choose_rules(lines, (second, first))["rule_version"].to_list() == [None, 1, 1, 2]


@pytest.mark.parametrize(
    ("scope", "other"),
    [
        ({"channels": ("miniapp",)}, {"channel": "marketplace"}),
        ({"categories": ("coat",)}, {"category": None}),
        ({"categories": ("Unmapped",)}, None),
        ({"products": ("P1", "P2")}, {"product_id": "P3"}),
        ({"agents": ("A1",)}, {"bound_agent_id": None}),
        ({"levels": ("gold",)}, {"bound_agent_level": "silver"}),
        ({"fulfilled": "nobody"}, {"fulfil_store_id": "S1"}),
        ({"fulfilled": "own_store"}, {}),
    ],
)
def test_a_restriction_lets_in_what_it_names_alone(scope, other):
    rule = Rule("X", "", SINCE, 1, (("store", 10_000),), **scope)
    if other is None:
        assert chosen((rule,), {}, {"category": None}) == [None, "X"]
    elif not other:
        assert chosen((rule,), {}, {"fulfil_store_id": "S1"}) == [None, "X"]
    else:
        assert chosen((rule,), {}, other) == ["X", None]


def test_no_rules_and_no_lines_are_no_error():
    assert chosen((), {}) == [None]
    assert choose_rules(pl.DataFrame(schema=TEXT), STANDARD).columns[-2:] == ["rule_id", "rule_version"]


def test_a_missing_column_is_named():
    with pytest.raises(ContractError, match=r"^lines: the column bound_status is missing; there are: "):
        choose_rules(pl.DataFrame(schema=TEXT).drop("bound_status"), STANDARD)
