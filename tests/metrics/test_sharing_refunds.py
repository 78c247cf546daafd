import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.sharing import allocate, largest_remainder
from metrics.sharing_refunds import clawbacks, pool_balance, refunded_bases
from metrics.sharing_rules import choose_rules
from schema.sharing import Rule, standard_rules

SINCE = dt.date(2024, 11, 15)
STANDARD = standard_rules(SINCE)
NOON = dt.datetime(2026, 1, 20, 4, tzinfo=dt.UTC)
SCHEMA = {
    "source": pl.String, "order_id": pl.String, "line_id": pl.String, "paid_at": pl.Datetime("us", "UTC"),
    "local_on": pl.Date, "channel": pl.String, "is_online": pl.Boolean, "category": pl.String,
    "product_id": pl.String, "net_minor": pl.Int64, "currency": pl.String, "customer_key": pl.Int64,
    "selling_store_id": pl.String, "fulfil_store_id": pl.String, "guide_id": pl.String, "guide_store_id": pl.String,
    "upline_guide_id": pl.String, "bound_store_id": pl.String, "bound_agent_id": pl.String,
    "bound_agent_level": pl.String, "bound_guide_id": pl.String, "bound_status": pl.String,
}  # fmt: skip
LINE = {
    "source": "shop", "order_id": "O1", "line_id": "1", "paid_at": dt.datetime(2026, 1, 10, 4, tzinfo=dt.UTC),
    "local_on": dt.date(2026, 1, 10), "channel": "miniapp", "is_online": True, "category": "coat",
    "product_id": "P1", "net_minor": 128_499, "currency": "CNY", "customer_key": 7, "selling_store_id": None,
    "fulfil_store_id": None, "guide_id": "G1", "guide_store_id": "S1", "upline_guide_id": None,
    "bound_store_id": "S1", "bound_agent_id": "A1", "bound_agent_level": "gold", "bound_guide_id": None,
    "bound_status": "exact",
}  # fmt: skip
REFUNDS = {
    "source": pl.String, "order_id": pl.String, "line_id": pl.String, "product_id": pl.String, "refund_id": pl.String,
    "refunded_at": pl.Datetime("us", "UTC"), "local_on": pl.Date, "goods_minor": pl.Int64,
}  # fmt: skip
COATS = Rule("X", "Coats", SINCE, 1_200, (("store", 5_000), ("agent", 5_000)), categories=("coat",))
SCARVES = Rule("Y", "Scarves", SINCE, 500, (("store", 3_000), ("agent", 7_000)), categories=("scarf",))


def table(*changes):
    return pl.DataFrame([LINE | change for change in changes], schema=SCHEMA)


def back(*amounts):
    """Refunds one day after another: an amount is for the whole order, (amount, line) for a line."""
    rows = [(one, None, None) if isinstance(one, int) else (*one, None)[:3] for one in amounts]
    return pl.DataFrame(
        [
            {"source": "shop", "order_id": "O1", "line_id": line, "product_id": product, "refund_id": f"F{at}",
             "refunded_at": NOON + dt.timedelta(days=at), "local_on": NOON.date() + dt.timedelta(days=at),
             "goods_minor": goods}
            for at, (goods, line, product) in enumerate(rows)
        ],
        schema=REFUNDS,
    )  # fmt: skip


def taken_of(lines, rules, refunds):
    chosen = choose_rules(lines, rules)
    made = allocate(chosen, rules)
    return made, clawbacks(made, chosen, refunds)


def test_a_partial_refund_then_the_rest_returns_every_share_exactly():
    made, taken = taken_of(table({}), STANDARD, back(40_000, 88_499))
    first, rest = (taken.filter(pl.col("refund_id") == one) for one in ("F0", "F1"))
    assert dict(first.select("receiver_id", "delta_minor").rows()) == {"S1": -2_400, "A1": -1_599, "G1": -800}
    assert first["delta_minor"].sum() == -4_799
    assert dict(rest.select("receiver_id", "delta_minor").rows()) == {"S1": -5_310, "A1": -3_540, "G1": -1_771}
    assert dict(rest.select("receiver_id", "cumulative_minor").rows()) == {"S1": -7_710, "A1": -5_139, "G1": -2_571}
    assert made["amount_minor"].sum() + taken["delta_minor"].sum() == 0
    assert rest["refunded_on"].unique().to_list() == [dt.date(2026, 1, 21)]


def test_head_office_keeps_the_goods_and_bears_the_sub_units():
    made, taken = taken_of(table({}), STANDARD, back(40_000))
    assert pool_balance(made, taken).drop("source", "order_id", "rule_id").rows(named=True) == [
        {
            "base_minor": 128_499, "refunded_minor": 40_000, "pool_minor": 15_420, "kept_minor": 10_621,
            "head_office_minor": 77_878, "rounding_minor": 1,
        }
    ]  # fmt: skip
    untouched = pool_balance(made, taken.clear())
    assert untouched.select("refunded_minor", "kept_minor", "head_office_minor", "rounding_minor").row(0) == (
        0, 15_420, 113_079, 0,
    )  # fmt: skip


def test_splitting_the_net_amount_again_would_pay_somebody_on_a_refund_but_the_floor_never_does():
    weights = [50, 30, 15, 5]
    assert largest_remainder(12, weights) == [6, 4, 2, 0]
    assert largest_remainder(11, weights) == [5, 3, 2, 1]
    four = Rule("X", "", SINCE, 10_000, (("store", 5_000), ("agent", 3_000), ("guide", 1_500), ("upline", 500)))
    lines = table({"net_minor": 12, "upline_guide_id": "G2"})
    made, taken = taken_of(lines, (four,), back(*[1] * 12))
    assert made["amount_minor"].to_list() == [6, 4, 2]
    assert taken["delta_minor"].max() == 0
    assert dict(taken.group_by("receiver_id").agg(pl.col("delta_minor").sum()).rows()) == {"S1": -6, "A1": -4, "G1": -2}


def test_a_refund_of_a_line_touches_its_own_rule_alone():
    lines = table({"net_minor": 10_000}, {"net_minor": 4_000, "line_id": "2", "category": "scarf", "product_id": "P2"})
    _, taken = taken_of(lines, (COATS, SCARVES), back((4_000, "2")))
    assert taken["rule_id"].unique().to_list() == ["Y"]
    assert taken["cumulative_minor"].to_list() == [-140, -60]
    _, taken = taken_of(lines, (COATS, SCARVES), back((10_000, None, "P1")))
    assert taken["rule_id"].unique().to_list() == ["X"]


def test_a_refund_of_the_order_falls_on_its_rules_by_their_bases_even_on_one_without_a_pool():
    lines = table({"net_minor": 10_000}, {"net_minor": 5_000, "line_id": "2", "category": "shoe", "product_id": "P2"})
    chosen = choose_rules(lines, (COATS,))
    bases = refunded_bases(chosen, back(1_000, 14_000)).sort("rule_id", "refund_id")
    assert bases.select("rule_id", "refund_id", "refunded_minor").rows() == [
        ("", "F0", 333), ("", "F1", 5_000), ("X", "F0", 666), ("X", "F1", 10_000),
    ]  # fmt: skip


def test_a_refund_of_the_order_fills_what_its_lines_left():
    lines = table({"net_minor": 10_000}, {"net_minor": 4_000, "line_id": "2", "category": "scarf", "product_id": "P2"})
    chosen = choose_rules(lines, (COATS, SCARVES))
    for refunds in (back((3_000, "2"), 7_000), back(7_000, (3_000, "2"))):
        last = refunded_bases(chosen, refunds).filter(pl.col("refund_id") == "F1")
        assert dict(last.select("rule_id", "refunded_minor").rows()) == {"X": 6_000, "Y": 4_000}


def test_more_than_was_paid_takes_back_everything_and_no_more():
    made, taken = taken_of(table({}), STANDARD, back(100_000, 100_000, 5))
    assert made["amount_minor"].sum() + taken["delta_minor"].sum() == 0
    assert taken["refund_id"].unique().sort().to_list() == ["F0", "F1"]


def test_unlinked_returns_and_refunds_of_nothing_take_nothing():
    refunds = back(100, 0).with_columns(order_id=pl.Series([None, "O1"]))
    assert taken_of(table({}), STANDARD, refunds)[1].is_empty()
    assert taken_of(table({}), STANDARD, back())[1].is_empty()


amounts = st.integers(1, 5_000)
line_ids = st.sampled_from([None, "1", "2", "3", "gone"])


@settings(deadline=None, max_examples=80)
@given(
    st.tuples(*[st.integers(0, 5_000)] * 3),
    st.lists(st.tuples(amounts, line_ids), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_partial_refunds_in_any_order_end_alike_and_never_pay(nets, refunds, random):
    lines = table(*(
        {"net_minor": net, "line_id": str(at + 1), "category": category, "product_id": f"P{at}"}
        for at, (net, category) in enumerate(zip(nets, ("coat", "scarf", "shoe"), strict=True))
    ))  # fmt: skip
    made, taken = taken_of(lines, (COATS, SCARVES), back(*refunds))
    assert taken.filter(pl.col("delta_minor") > 0).is_empty()
    balance = pool_balance(made, taken)
    assert balance.filter((pl.col("rounding_minor") < 0) | (pl.col("rounding_minor") >= 2)).is_empty()
    shuffled = list(refunds)
    random.shuffle(shuffled)
    assert pool_balance(made, taken_of(lines, (COATS, SCARVES), back(*shuffled))[1]).equals(balance)
    done = taken_of(lines, (COATS, SCARVES), back(*refunds, sum(nets) or 1))[1]
    assert made["amount_minor"].sum() + done["delta_minor"].sum() == 0
    owed = made.join(
        done.group_by("rule_id", "receiver_id").agg(pl.col("delta_minor").sum()), on=["rule_id", "receiver_id"]
    )
    assert owed.filter(pl.col("amount_minor") + pl.col("delta_minor") != 0).is_empty()


@settings(deadline=None, max_examples=80)
@given(st.tuples(*[st.integers(0, 400)] * 3), st.lists(st.tuples(st.integers(1, 400), line_ids), max_size=6))
def test_bases_refunded_never_fall_and_lose_less_than_one_unit_a_rule(nets, refunds):
    lines = table(*(
        {"net_minor": net, "line_id": str(at + 1), "category": category, "product_id": f"P{at}"}
        for at, (net, category) in enumerate(zip(nets, ("coat", "scarf", "shoe"), strict=True))
    ))  # fmt: skip
    bases = refunded_bases(choose_rules(lines, (COATS, SCARVES)), back(*refunds))
    assert bases.filter(pl.col("refunded_minor") < pl.col("_before")).is_empty()
    sums = bases.group_by("refund_id").agg(pl.col("refunded_minor").sum()).sort("refund_id")["refunded_minor"].to_list()
    wanted = [min(sum(nets), so_far) for so_far in itertools.accumulate(goods for goods, _ in refunds)]
    assert all(0 <= want - one < 3 for one, want in zip(sums, wanted, strict=True))


def settled(count, seed):
    """Many orders of one line each with three refunds, some of nothing; half of the orders are given back whole."""
    random = np.random.default_rng(seed)
    nets = random.integers(1, 300_000, count)
    orders = pl.DataFrame({"order_id": [f"O{at}" for at in range(count)], "net_minor": nets})
    guided = pl.when(pl.Series(random.random(count) < 0.5)).then(pl.lit("G1"))
    lines = table({}).drop("order_id", "net_minor", "guide_id").join(orders, how="cross").with_columns(guide_id=guided)
    cuts = np.sort(random.integers(0, nets[:, None] + 1, (count, 2)), axis=1)
    ends = np.where(random.random(count) < 0.5, nets, cuts[:, 1])
    goods = np.stack([cuts[:, 0], cuts[:, 1] - cuts[:, 0], ends - cuts[:, 1]])
    one = back(1).drop("order_id", "refund_id", "goods_minor", "refunded_at")
    refunds = pl.concat(
        one.join(orders.select("order_id", goods_minor=pl.Series(part)), how="cross").with_columns(
            refund_id=pl.lit(f"F{at}"), refunded_at=pl.lit(NOON + dt.timedelta(days=at))
        )
        for at, part in enumerate(goods)
    )
    return lines, refunds.select(REFUNDS.keys()), orders.select("order_id", is_full=pl.Series(ends == nets))


def check_settlements(count):
    lines, refunds, full = settled(count, 20)
    made, taken = taken_of(lines, STANDARD, refunds)
    pools = made.group_by("order_id").agg(pl.col("amount_minor").sum(), pl.col("pool_minor").first())
    assert pools.filter(pl.col("amount_minor") != pl.col("pool_minor")).is_empty()
    assert taken.filter(pl.col("delta_minor") > 0).is_empty()
    balance = pool_balance(made, taken).join(full, on="order_id")
    assert balance.filter(pl.col("is_full") & (pl.col("kept_minor") != 0)).is_empty()
    assert balance.filter((pl.col("rounding_minor") < 0) | (pl.col("rounding_minor") > 2)).is_empty()
    total = pl.col("refunded_minor") + pl.col("kept_minor") + pl.col("head_office_minor")
    assert balance.filter(total != pl.col("base_minor")).is_empty()
    return balance.height


def test_twenty_thousand_settlements_balance_to_the_last_unit():
    assert check_settlements(20_000) > 19_900


@pytest.mark.long
def test_a_million_settlements_balance_to_the_last_unit():
    assert check_settlements(1_000_000) > 995_000


TWO = ({"net_minor": 10_000}, {"net_minor": 4_000, "line_id": "2", "category": "scarf"})


def bases(lines, refunds):
    found = refunded_bases(choose_rules(lines, (COATS, SCARVES)), refunds)
    return found.select("refund_id", "rule_id", "base_minor", "refunded_minor", "_before").sort("refund_id", "rule_id")


def test_a_product_under_two_rules_is_refunded_under_both():
    assert bases(table(*TWO), back((7_000, None, "P1"))).rows() == [
        ("F0", "X", 10_000, 5_000, 0),
        ("F0", "Y", 4_000, 2_000, 0),
    ]


def test_each_refund_is_one_row_a_rule_and_one_of_nothing_or_less_or_of_no_order_is_none():
    assert bases(table({"net_minor": 900}), back(100, 0, -1, 200)).rows() == [
        ("F0", "X", 900, 100, 0),
        ("F3", "X", 900, 300, 100),
    ]
    lost = back(100).with_columns(order_id=pl.lit(None, pl.String))
    assert bases(table({"net_minor": 900}), lost).is_empty()


def test_what_was_worth_nothing_or_less_has_nothing_to_give_back():
    nothing = table(TWO[0] | {"net_minor": 0}, TWO[1] | {"net_minor": -50})
    assert bases(nothing, back(100)).rows() == [("F0", "X", 0, 0, 0), ("F0", "Y", 0, 0, 0)]
    half = table(TWO[0] | {"net_minor": 0}, TWO[1])
    assert bases(half, back(100)).rows() == [("F0", "X", 0, 0, 0), ("F0", "Y", 4_000, 100, 0)]
