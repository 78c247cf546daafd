import dataclasses
import datetime as dt

import polars as pl
import pytest

from ledger.guards import LABEL, check_rules
from schema.sharing import Rule, standard_rules

SINCE = dt.date(2024, 11, 15)
STANDARD = standard_rules(SINCE)
ONE = Rule("R1", "One", SINCE, 1_000, (("store", 10_000),))


def changed(**fields):
    return dataclasses.replace(ONE, **fields)


def test_the_standard_rules_pass():
    assert check_rules(STANDARD) == []
    assert LABEL == "Decision support, not legal advice."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"weights": (("store", 5_000), ("agent", 5_001))},
            "R1 (G1, E09): its weights sum to 10,001, not to 10,000; take 1 away.",
        ),
        ({"weights": ()}, "R1 (G1, E09): its weights sum to 0, not to 10,000; give the missing 10,000 to a role."),
        (
            {"weights": (("store", 12_000), ("agent", -2_000))},
            "R1 (G1): the weight store 12,000, agent -2,000 is not within 0 and 10,000 basis points; correct it.",
        ),
        (
            {"weights": (("store", 5_000), ("store", 5_000))},
            "R1 (G1): the role store has more than one weight; add them up to one.",
        ),
        (
            {"pool_bps": 3_001},
            (
                "R1 (G2): up to 30.01 % of an order would be shared out, but the payment rail lets 30 % be split off; "
                "lower the pool to 3,000 basis points or less."
            ),
        ),
        ({"pool_bps": -1}, "R1: the pool is -1 basis points; it must lie within 0 and 10,000."),
        (
            {"weights": (("guide", 5_000), ("upline", 3_000), ("upline_2", 2_000))},
            (
                "R1 (G3): the role upline_2 would be a further level of promotion; at most 2 levels, guide and upline, "
                "may be paid. Take it out."
            ),
        ),
        (
            {"weights": (("friend", 10_000),)},
            "R1: the role friend is unknown; choose among store, fulfiller, seller, agent, guide, upline, fund.",
        ),
        (
            {"basis": "recruiting"},
            (
                "R1 (G4): it pays on recruiting; only net sales may be paid on, never recruiting, registrations or entry "
                "fees. Set the basis to net_sales."
            ),
        ),
        ({"sold": "abroad"}, "R1: sold is 'abroad'; choose one of any, online, own_store, other_store."),
        (
            {"channels": ("app", "fax")},
            (
                "R1: the channel fax is unknown; choose among wechat_mini, mall, h5_site, app, live, pos, web, "
                "marketplace, phone, other."
            ),
        ),
        (
            {"effective_to": dt.date(2024, 1, 1)},
            "R1: it ends on 2024-01-01, before it begins on 2024-11-15; correct one of the days.",
        ),
        ({"rule_id": "a|b"}, "A rule has the id 'a|b'; give it an id without the sign |, such as R6."),
    ],
)
def test_a_guard_says_which_rule_what_is_wrong_and_what_to_do(fields, said):
    assert check_rules([changed(**fields)]) == [said]


def test_the_cap_is_the_lowest_of_the_agents_a_rule_may_concern():
    agents = pl.DataFrame(
        {"agent_id": ["A1", "A2", "A3"], "level": ["gold", "gold", "silver"], "rail_cap_bps": [2_000, None, 1_500]},
        schema_overrides={"rail_cap_bps": pl.Int64},
    )
    said = check_rules([changed(pool_bps=2_500)], agents=agents)
    assert said == [
        (
            "R1 (G2): up to 25 % of an order would be shared out, but the payment rail of agent A3 lets 15 % be split off; "
            "lower the pool to 1,500 basis points or less."
        )
    ]
    assert "A1 lets 20 %" in check_rules([changed(pool_bps=2_500, levels=("gold",))], agents=agents)[0]
    assert check_rules([changed(pool_bps=2_500, agents=("A2",))], agents=agents) == []
    assert check_rules([changed(pool_bps=2_500)], agents=agents.clear()) == []


def test_three_guides_above_each_other_are_a_third_level():
    guides = pl.DataFrame({"guide_id": ["G1", "G2", "G3"], "upline_guide_id": ["G2", "G3", None]})
    paid = changed(weights=(("guide", 6_000), ("upline", 4_000)))
    assert check_rules([paid], guides=guides) == [
        (
            "R1 (G3): guide G1 stands under G2, who stands under G3: a third level of promotion. Clear the upline of "
            "G2 in the table of guides, or take the role upline out."
        )
    ]
    assert check_rules([ONE], guides=guides) == []
    assert check_rules([paid], guides=guides.filter(pl.col("guide_id") != "G2")) == []
    itself = pl.DataFrame({"guide_id": ["G1"], "upline_guide_id": ["G1"]})
    assert "guide G1 stands under G1, who stands under G1" in check_rules([paid], guides=itself)[0]


def test_periods_of_one_rule_or_of_one_scope_may_not_overlap():
    until = dt.date(2026, 1, 1)
    ended = changed(effective_to=until)
    second = changed(version=2, effective_from=until, pool_bps=500)
    assert check_rules([ended, second]) == []
    assert check_rules([ONE, second]) == [
        "R1 versions 1 and 2 (G5): both hold from 2026-01-01 on. End one of them by 2026-01-01 or start the other later."
    ]
    other = changed(rule_id="R2", pool_bps=100, channels=("app", "web"))
    twin = changed(rule_id="R3", channels=("web", "app"))
    assert check_rules([other, twin]) == [
        (
            "R2 and R3 (G5): both hold from 2024-11-15 on and govern the same sales with the same priority. End one of "
            "them by 2024-11-15 or start the other later."
        )
    ]
    assert check_rules([other, dataclasses.replace(twin, priority=1)]) == []
    assert check_rules([ONE, other]) == []


def test_nothing_new_begins_or_ends_in_what_is_settled():
    open_day = dt.date(2026, 11, 1)
    assert check_rules([ONE], before=[ONE], settled_until=open_day) == []
    assert check_rules([changed(name="Other")], before=[ONE], settled_until=open_day) == []
    early = check_rules([changed(pool_bps=1)], before=[ONE], settled_until=open_day)
    assert early == [
        (
            "R1 (G6): it would hold from 2024-11-15, but everything before 2026-11-01 is settled; let the change begin on "
            "2026-11-01 or later."
        )
    ]
    assert check_rules([changed(pool_bps=1, effective_from=open_day)], before=[ONE], settled_until=open_day) == []
    assert check_rules([changed(effective_to=open_day)], before=[ONE], settled_until=open_day) == []
    ended = changed(effective_to=dt.date(2026, 10, 31))
    said = check_rules([ended], before=[ONE], settled_until=open_day)
    assert said == [
        (
            "R1 (G6): its last day would move within what is settled before 2026-11-01; let it end on 2026-11-01 or later, "
            "or add a rule that begins then."
        )
    ]
    assert len(check_rules([ONE], before=[ended], settled_until=open_day)) == 1
