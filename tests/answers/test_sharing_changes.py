"""A few words change rules and policy, and nothing that cannot be."""

import datetime as dt

import pytest

from answers.sharing_changes import with_policy, with_pool, with_role
from schema.errors import UsageError
from schema.sharing import BindingPolicy, standard_rules

RULES = standard_rules(dt.date(2026, 1, 1))
POLICY = BindingPolicy()


def pools(rules):
    return {rule.rule_id: rule.pool_bps for rule in rules}


def test_a_point_on_every_pool_leaves_rules_that_pay_nothing_alone():
    assert pools(with_pool(RULES, "+1")) == {"R1": 1_300, "R2": 0, "R3": 400, "R4": 1_900, "R5": 1_300}


@pytest.mark.parametrize(("said", "bps"), [("R2:+0.25", 25), ("R2:1", 100)])
def test_one_rule_may_be_named(said, bps):
    assert pools(with_pool(RULES, said)) == {**pools(RULES), "R2": bps}


@pytest.mark.parametrize("minus", ["-", "\u2212"])
def test_less_is_said_with_either_minus(minus):
    assert pools(with_pool(RULES, f"{minus}0.5"))["R1"] == 1_150


def test_a_point_of_sales_for_agents_leaves_the_others_their_part_of_sales():
    after = with_role(RULES, "agent", "+1")
    online = after[0]
    # before: 12 % of sales, of which store 6.00, agent 4.00, guide 2.00; after: 13 % with the agent at 5.00
    assert (online.pool_bps, online.weights) == (1_300, (("store", 4_615), ("agent", 3_846), ("guide", 1_539)))
    assert sum(dict(online.weights).values()) == 10_000
    assert pools(after) == {"R1": 1_300, "R2": 0, "R3": 300, "R4": 1_900, "R5": 1_200}


def test_a_role_that_loses_all_of_a_one_role_pool_leaves_no_pool():
    assert pools(with_role(RULES, "store", "R3:-3"))["R3"] == 0


@pytest.mark.parametrize(
    ("change", "said", "message"),
    [
        (with_pool, "a lot", "pool='a lot' is not a number of percentage points such as +1, -0.5 or R1:+1."),
        (with_pool, "R9:+1", "pool='R9:+1': no rule R9; the rules are R1, R2, R3, R4, R5."),
        (with_pool, "-5", "The pool of R3 would be -2.00 % of sales; it lies between 0 and 100 %."),
        (
            lambda rules, said: with_role(rules, "agent", said),
            "-5",
            "agent: its part of R1 would be below 0 % of sales.",
        ),
    ],
)
def test_what_cannot_be_is_refused(change, said, message):
    with pytest.raises(UsageError) as error:
        change(RULES, said)
    assert str(error.value) == message


def test_days_and_choice_of_the_policy():
    after = with_policy(POLICY, {"protection": "180", "validity": "-1", "policy": "seller_takes"})
    assert (after.protection_days, after.validity_days, after.choose) == (180, -1, "seller_takes")
    assert with_policy(POLICY, {"protection": "never"}).protection_days == -2
    assert with_policy(POLICY, {"protection": "", "policy": ""}) is POLICY


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"protection": "long"}, "protection='long' is not a number of days from 0 to 3,650, -1 or -2."),
        ({"validity": "-3"}, "validity='-3' is not a number of days from 0 to 3,650, -1 or -2."),
        ({"policy": "fair"}, "policy='fair' is none of nearest, territory_first, huff, seller_takes."),
    ],
)
def test_what_no_policy_says_is_refused(said, message):
    with pytest.raises(UsageError) as error:
        with_policy(POLICY, said)
    assert str(error.value) == message
