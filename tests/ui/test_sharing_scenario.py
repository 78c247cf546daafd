"""What-if: a few numbers become parameters of a link, and a link the same numbers again."""

from __future__ import annotations

import datetime as dt

import pytest

from schema.sharing import BindingPolicy, standard_rules
from ui.sharing_scenario import days_of, given, points_of, presets, written

RULES = standard_rules(dt.date(2024, 11, 15))
POLICY = BindingPolicy()


def test_only_changes_are_read_from_a_link_and_empty_ones_are_none() -> None:
    assert given({"pool": " R1:-2 ", "agent": "AG-01", "protection": "", "tab": "whatif"}) == {"pool": "R1:-2"}


@pytest.mark.parametrize(
    ("said", "read"),
    [("+1", ("", 1.0)), ("R1:-0.5", ("R1", -0.5)), ("−2", ("", -2.0)), ("much", ("", 0.0)), ("", ("", 0.0))],
)
def test_points_are_read_as_they_are_written(said: str, read: tuple[str, float]) -> None:
    assert points_of(said) == read


def test_days_have_two_words_and_nonsense_is_what_is_in_force() -> None:
    assert [days_of(said, 90) for said in ("180", "always", "never", "soon", "")] == [180, -1, -2, 90, 90]


def test_what_is_as_in_force_needs_no_parameter() -> None:
    points = {"pool": 0.0, "agent_share": 0.0}
    assert written("R1", points, POLICY, POLICY.protection_days, POLICY.validity_days, POLICY.choose) == {}


def test_a_form_is_written_in_full() -> None:
    said = written("R1", {"pool": -2.0, "agent_share": 0.5}, POLICY, 180, -1, "huff")
    assert said == {"pool": "R1:-2", "agent_share": "R1:+0.5", "protection": "180", "validity": "-1", "policy": "huff"}


def test_presets_are_parameters_and_ten_percent_is_told_from_the_rule_in_force() -> None:
    assert presets(RULES) == {
        "Protection 180 days and +1 point for agents": {"agent_share": "+1", "protection": "180"},
        "Seller takes": {"policy": "seller_takes"},
        "Online pool 10 %": {"pool": "R1:-2"},
    }
    assert "Online pool 10 %" not in presets(())
