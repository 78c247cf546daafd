"""What-if: a few numbers become other rules whose parts still add up."""

from __future__ import annotations

import datetime as dt

from schema.sharing import standard_rules
from ui.sharing_scenario import changed

RULES = standard_rules(dt.date(2024, 11, 15))


def test_nothing_asked_changes_nothing() -> None:
    assert changed(RULES, pool=0, agent=0) == RULES


def test_a_larger_pool_leaves_the_parts_and_what_is_not_shared() -> None:
    after = changed(RULES, pool=1.5, agent=0)
    assert [rule.pool_bps for rule in after] == [1_350, 0, 450, 1_950, 1_200]
    assert [rule.weights for rule in after] == [rule.weights for rule in RULES]


def test_a_point_more_for_the_agent_takes_nothing_from_the_others() -> None:
    online = changed(RULES, pool=0, agent=1)[0]
    assert online.pool_bps == 1_300
    assert online.weights == (("store", 4_615), ("agent", 3_846), ("guide", 1_539))


def test_less_for_the_agent_than_nothing_is_nothing() -> None:
    online = changed(RULES, pool=0, agent=-9)[0]
    assert online.pool_bps == 800
    assert online.weights == (("store", 7_500), ("guide", 2_500))
    assert sum(bps for _, bps in online.weights) == 10_000


def test_a_pool_never_goes_below_nothing() -> None:
    assert changed(RULES, pool=-20, agent=0)[0].pool_bps == 0
