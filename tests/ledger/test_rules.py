import dataclasses
import datetime as dt

import polars as pl
import pytest

from ledger import store
from ledger.rules import (
    book_version,
    first_open_day,
    newest,
    policies,
    policy_sentence,
    proposed_rules,
    rules,
    save_policy,
    save_rules,
    sentence,
)
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER
from schema.sharing import BindingPolicy, Rule, standard_rules

SINCE = dt.date(2024, 11, 15)
STANDARD = standard_rules(SINCE)
TODAY = dt.date(2026, 11, 15)


pytestmark = pytest.mark.usefixtures("database_url")


def settle_october():
    store.append_entries(
        "real",
        [],
        [
            {
                "statement_id": "2026-10|agent|A1|CNY", "month": "2026-10", "receiver_kind": "agent",
                "receiver_id": "A1", "store_id": None, "agent_id": "A1", "currency": "CNY", "opening_minor": 0,
                "accrued_minor": 5_139, "clawback_minor": -1_599, "paid_minor": 0, "adjust_minor": 0,
                "closing_minor": 3_540, "held_minor": 3_540, "payable_minor": 0, "entries": 2, "digest": "d",
                "chain_head": "h", "settled_at": dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
            }
        ],
    )  # fmt: skip


def changed(rule_id, **fields):
    return tuple(dataclasses.replace(rule, **fields) if rule.rule_id == rule_id else rule for rule in STANDARD)


def test_nothing_is_shared_before_rules_are_saved():
    assert rules("real") == ()
    assert proposed_rules("real", dt.date(2026, 11, 15)) == standard_rules(dt.date(2026, 11, 1))
    assert book_version("real") == 0
    assert policies("real") == (BindingPolicy(),)
    assert first_open_day("real") is None


def test_saved_rules_are_read_back_as_they_were():
    special = Rule(
        "R6", "Two coats", SINCE, 500, (("store", 9_000), ("guide", 1_000)), effective_to=dt.date(2027, 1, 1),
        priority=30, sold="online", fulfilled="nobody", bound="bound", channels=("app", "mall"), categories=("coat",),
        products=("P1", "P2"), agents=("A1",), levels=("gold", "silver"),
    )  # fmt: skip
    assert save_rules("real", (*STANDARD, special), LOCAL_OWNER) == 1
    assert rules("real") == (*STANDARD, special)


def test_only_a_changed_rule_gets_a_new_version_and_its_older_one_ends():
    save_rules("real", STANDARD, LOCAL_OWNER)
    start = dt.date(2026, 12, 1)
    assert save_rules("real", changed("R1", pool_bps=1_000, effective_from=start), LOCAL_OWNER, today=TODAY) == 2
    now = rules("real")
    assert [(rule.rule_id, rule.version, rule.effective_to) for rule in now][:3] == [
        ("R1", 1, start), ("R1", 2, None), ("R2", 1, None),
    ]  # fmt: skip
    assert len(now) == 6
    assert [(rule.version, rule.pool_bps) for rule in newest(now)] == [
        (2, 1_000),
        (1, 0),
        (1, 300),
        (1, 1_800),
        (1, 1_200),
    ]
    assert rules("real", at_version=1) == STANDARD


def test_saving_the_same_again_writes_nothing():
    save_rules("real", STANDARD, LOCAL_OWNER)
    assert save_rules("real", STANDARD, LOCAL_OWNER) == 1
    assert save_rules("real", rules("real"), LOCAL_OWNER) == 1
    assert store.sequence("real")["rules"] == 5


def test_another_name_is_no_other_version():
    save_rules("real", STANDARD, LOCAL_OWNER)
    assert save_rules("real", changed("R2", name="In the own shop"), LOCAL_OWNER, today=TODAY) == 2
    assert [(rule.version, rule.name) for rule in rules("real") if rule.rule_id == "R2"] == [(1, "In the own shop")]


def test_a_rule_left_out_ends_today_and_may_come_back_later():
    save_rules("real", STANDARD, LOCAL_OWNER)
    save_rules("real", STANDARD[:2], LOCAL_OWNER, today=TODAY)
    assert {rule.rule_id: rule.effective_to for rule in rules("real")} == {
        "R1": None, "R2": None, "R3": TODAY, "R4": TODAY, "R5": TODAY,
    }  # fmt: skip
    assert [rule.rule_id for rule in newest(rules("real"), TODAY)] == ["R1", "R2"]
    again = dataclasses.replace(STANDARD[2], effective_from=dt.date(2027, 1, 1))
    save_rules("real", (*STANDARD[:2], again), LOCAL_OWNER, today=TODAY)
    third = [(rule.version, rule.effective_from, rule.effective_to) for rule in rules("real") if rule.rule_id == "R3"]
    assert third == [(1, SINCE, TODAY), (2, dt.date(2027, 1, 1), None)]


def test_a_version_that_has_not_begun_can_be_withdrawn():
    save_rules("real", STANDARD, LOCAL_OWNER)
    save_rules("real", changed("R1", pool_bps=1_000, effective_from=dt.date(2026, 12, 1)), LOCAL_OWNER, today=TODAY)
    save_rules("real", changed("R1", pool_bps=900, effective_from=dt.date(2027, 1, 1)), LOCAL_OWNER, today=TODAY)
    first = [rule for rule in rules("real") if rule.rule_id == "R1"]
    assert [(rule.version, rule.pool_bps, rule.effective_from) for rule in first] == [
        (1, 1_200, SINCE), (3, 900, dt.date(2027, 1, 1)),
    ]  # fmt: skip


def test_a_settled_month_keeps_its_rules():
    save_rules("real", STANDARD, LOCAL_OWNER)
    settle_october()
    assert first_open_day("real") == dt.date(2026, 11, 1)
    with pytest.raises(UsageError) as caught:
        save_rules("real", changed("R1", pool_bps=1_000), LOCAL_OWNER, today=TODAY)
    assert str(caught.value) == (
        "The rules were not saved.\n"
        "R1 (G6): it would hold from 2024-11-15, but everything before 2026-11-01 is settled; "
        "let the change begin on 2026-11-01 or later."
    )
    with pytest.raises(UsageError, match=r"R1 \(G6\): its last day would move within what is settled"):
        save_rules("real", changed("R1", effective_to=dt.date(2026, 10, 1)), LOCAL_OWNER, today=TODAY)
    assert rules("real") == STANDARD
    save_rules("real", changed("R1", pool_bps=1_000, effective_from=dt.date(2026, 11, 1)), LOCAL_OWNER, today=TODAY)
    assert rules("real")[0].effective_to == dt.date(2026, 11, 1)


def test_the_first_rules_begin_after_what_was_settled_without_any():
    settle_october()
    with pytest.raises(UsageError, match=r"R5 \(G6\): it would hold from 2024-11-15"):
        save_rules("real", STANDARD, LOCAL_OWNER, today=TODAY)
    since = dt.date(2026, 11, 1)
    save_rules("real", (Rule("N", "New", since, 100, (("store", 10_000),), priority=50),), LOCAL_OWNER, today=TODAY)
    assert [(rule.rule_id, rule.effective_to) for rule in rules("real")] == [("N", None)]
    assert proposed_rules("real", TODAY) == standard_rules(since)


def test_every_fault_is_told_at_once_and_nothing_is_saved():
    bad = (
        Rule("R1", "", SINCE, 1_200, (("store", 5_000), ("agent", 4_900))),
        Rule("R2", "", SINCE, 3_500, (("store", 10_000),), priority=1),
    )
    with pytest.raises(UsageError) as caught:
        save_rules("real", bad, LOCAL_OWNER)
    assert str(caught.value) == (
        "The rules were not saved.\n"
        "R1 (G1, E09): its weights sum to 9,900, not to 10,000; give the missing 100 to a role.\n"
        "R2 (G2): up to 35 % of an order would be shared out, but the payment rail lets 30 % be split off; "
        "lower the pool to 3,000 basis points or less."
    )
    assert book_version("real") == 0


def test_a_rule_under_another_id_may_not_overlap_one_that_has_just_ended():
    save_rules("real", STANDARD, LOCAL_OWNER)
    renamed = dataclasses.replace(STANDARD[0], rule_id="R9", effective_from=dt.date(2026, 11, 1))
    with pytest.raises(UsageError, match=r"R1 and R9 \(G5\): both hold from 2026-11-01 on and govern the same sales"):
        save_rules("real", (*STANDARD[1:], renamed), LOCAL_OWNER, today=TODAY)
    later = dataclasses.replace(renamed, effective_from=TODAY)
    assert save_rules("real", (*STANDARD[1:], later), LOCAL_OWNER, today=TODAY) == 2


def test_policies_are_kept_by_version():
    first = BindingPolicy(protection_days=60, cities=(("Shanghai", "S1"),))
    assert save_policy("real", first, LOCAL_OWNER) == 1
    assert save_policy("real", first, LOCAL_OWNER) == 1
    since = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert save_policy("real", dataclasses.replace(first, effective_from=since, claims=()), LOCAL_OWNER) == 2
    assert policies("real") == (
        first,
        dataclasses.replace(first, version=2, effective_from=since, claims=()),
    )


def test_a_policy_may_not_change_what_is_settled():
    settle_october()
    with pytest.raises(UsageError) as caught:
        save_policy("real", BindingPolicy(protection_days=30), LOCAL_OWNER)
    assert str(caught.value) == (
        "The binding policy was not saved.\n"
        "The policy (G6) would hold since ever, but everything before 2026-11-01 00:00 UTC is settled; "
        "let it begin then or later."
    )
    assert save_policy("real", BindingPolicy(effective_from=dt.datetime(2026, 11, 1, tzinfo=dt.UTC)), LOCAL_OWNER) == 1


def test_impossible_policies_are_refused_with_every_reason():
    bad = BindingPolicy(
        choose="first", claims=("smile",), protection_days=-3, validity_days=0, contested_below=1.5, tie_m=-1,
        effective_from=dt.datetime(2026, 1, 1), cities=(("X", "S1"), ("X", "S2")),  # noqa: DTZ001
    )  # fmt: skip
    with pytest.raises(UsageError) as caught:
        save_policy("real", bad, LOCAL_OWNER)
    assert str(caught.value).splitlines() == [
        "The binding policy was not saved.",
        "choose is 'first'; choose one of nearest, territory_first, huff, seller_takes.",
        "The claim smile is unknown; choose among scan, guide, first_purchase.",
        "The city X has more than one store; keep one.",
        "protection_days is -3; give days, −1 (always contestable) or −2 (never).",
        "validity_days is 0; give at least 1 day, or −1 (for ever).",
        "contested_below is 1.5; it is a chance and lies within 0 and 1.",
        "tie_m is -1; it must be 0 or more.",
        "effective_from is 2026-01-01 00:00:00; say the time zone.",
    ]


def test_each_standard_rule_has_its_sentence():
    assert [sentence(rule) for rule in STANDARD] == [
        (
            "Online sales to a bound customer: 12 % of net, of which 50 % to the customer's store, 33.33 % to its agent, "
            "16.67 % to the guide; from 15 Nov 2024."
        ),
        "Sales in the customer's own store to a bound customer: nothing is shared; from 15 Nov 2024.",
        "Sales in another store to a bound customer: 3 % of net, all of it to the customer's store; from 15 Nov 2024.",
        (
            "Online sales handed over by another store to a bound customer: 18 % of net, of which 40 % to the customer's "
            "store, 40 % to the store that hands over, 20 % to the agent of the customer's store; from 15 Nov 2024."
        ),
        "Sales to nobody's customer: 12 % of net, all of it to head office's fund; from 15 Nov 2024.",
    ]


def test_a_sentence_names_what_a_rule_is_restricted_to():
    rule = Rule(
        "X", "", dt.date(2000, 1, 1), 1_250, (("agent", 10_000),), effective_to=dt.date(2026, 3, 1), channels=("app", "mall"),
        categories=("coat",), agents=("A1", "A2", "A3"), levels=("gold",), products=("P1",),
    )  # fmt: skip
    assert sentence(rule, "CNY", {"A1": "Plum", "P1": "Wool coat"}) == (
        "Sales through the channel app or mall in the category coat of the product Wool coat of stores run by Plum, A2 "
        "or A3 of agents at level gold: 12.5 % of net (CNY), all of it to the agent of the customer's store; until the "
        "end of the day before 1 Mar 2026."
    )


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            BindingPolicy(),
            (
                "A new customer belongs to the nearest open store; farther than 50 km from every store: to nobody; for 90 "
                "days nobody may take the customer over, then scans or guides' codes may; the binding lasts for 365 days "
                "after the last paid order."
            ),
        ),
        (
            BindingPolicy(choose="huff", protection_days=-2, validity_days=-1),
            (
                "A new customer belongs to the store most likely by size and distance (Huff); farther than 50 km from every "
                "store: to nobody; nobody may take the customer over; the binding lasts for ever."
            ),
        ),
        (
            BindingPolicy(protection_days=-1, claims=(), effective_from=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
            (
                "A new customer belongs to the nearest open store; farther than 50 km from every store: to nobody; only "
                "head office may hand the customer over; the binding lasts for 365 days after the last paid order; for what "
                "happens from 1 Dec 2026 00:00 UTC on."
            ),
        ),
    ],
)
def test_a_policy_has_its_sentence(policy, said):
    assert policy_sentence(policy) == said


def test_agents_and_guides_of_the_data_are_looked_at(monkeypatch):
    agents = pl.DataFrame({"agent_id": ["A1"], "level": ["gold"], "rail_cap_bps": [1_000]})
    monkeypatch.setattr("ledger.rules._context", lambda _mode: ("Asia/Shanghai", agents, None))
    with pytest.raises(UsageError, match="the payment rail of agent A1 lets 10 % be split off"):
        save_rules("real", STANDARD, LOCAL_OWNER)
