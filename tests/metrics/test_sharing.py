import dataclasses
import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.sharing import ALLOCATION_COLUMNS, _exact, allocate, largest_remainder
from schema.errors import UsageError
from schema.sharing import ROLES, Rule, standard_rules

SINCE = dt.date(2024, 11, 15)
STANDARD = standard_rules(SINCE)
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


def table(*changes):
    return pl.DataFrame([LINE | change for change in changes], schema=SCHEMA)


def rule(weights, pool_bps=1_200, **scope):
    return Rule("X", "Test", SINCE, pool_bps, tuple(weights.items()), **scope)


def parts(lines, rules):
    return allocate(lines, rules).select("role", "receiver_kind", "receiver_id", "amount_minor").rows()


def test_a_coat_sold_online_is_split_between_store_agent_and_guide():
    assert parts(table({}), STANDARD) == [
        ("store", "store", "S1", 7_710),
        ("agent", "agent", "A1", 5_139),
        ("guide", "guide", "G1", 2_571),
    ]


def test_without_a_guide_the_weight_goes_to_the_store_before_the_split():
    assert parts(table({"guide_id": None}), STANDARD) == [
        ("store", "store", "S1", 10_281),
        ("agent", "agent", "A1", 5_139),
    ]


def test_three_equal_parts_of_a_hundred_give_the_odd_unit_to_the_first():
    thirds = rule({"store": 1, "agent": 1, "guide": 1}, pool_bps=10_000)
    assert [row[3] for row in parts(table({"net_minor": 100}), (thirds,))] == [34, 33, 33]


def test_a_coupon_is_shared_out_over_three_prices():
    assert largest_remainder(10_000, [129_900, 59_900, 19_900]) == [6_195, 2_856, 949]
    assert largest_remainder(-10_000, [129_900, 59_900, 19_900]) == [-6_195, -2_856, -949]
    assert largest_remainder(0, [1, 2]) == [0, 0]


@pytest.mark.parametrize(("weights", "shown"), [([], "(none)"), ([0, 0], "0, 0"), ([2, -1], "2, -1")])
def test_weights_that_divide_nothing_are_refused(weights, shown):
    with pytest.raises(UsageError) as caught:
        largest_remainder(10, weights)
    assert str(caught.value) == f"The weights {shown} cannot divide anything; give at least one above 0."


def test_the_pool_is_rounded_half_up_once_per_order_and_rule():
    half = rule({"store": 10_000}, pool_bps=1_250)
    lines = table({"net_minor": 2}, {"net_minor": 2, "line_id": "2"}, {"net_minor": 3, "order_id": "O2"})
    made = allocate(lines, (half,)).select("order_id", "base_minor", "pool_minor", "amount_minor")
    assert made.rows() == [("O1", 4, 1, 1)]
    assert allocate(table({"net_minor": 12}), (half,))["pool_minor"].to_list() == [2]


def test_lines_of_one_order_under_two_rules_have_two_pools():
    coats = rule({"store": 10_000}, pool_bps=1_000, categories=("coat",))
    rest = dataclasses.replace(rule({"agent": 10_000}, pool_bps=500), rule_id="Y")
    lines = table({"net_minor": 10_000}, {"net_minor": 4_000, "line_id": "2", "category": "scarf"})
    made = allocate(lines, (rest, coats)).select("rule_id", "base_minor", "pool_minor", "receiver_id", "amount_minor")
    assert made.rows() == [("X", 10_000, 1_000, "S1", 1_000), ("Y", 4_000, 200, "A1", 200)]


def test_a_missing_receiver_is_replaced_along_the_chain_to_the_fund():
    weights = {"store": 4_000, "fulfiller": 1_000, "seller": 1_000, "agent": 2_000, "guide": 1_000, "upline": 1_000}
    lone = {"guide_id": None, "upline_guide_id": None, "net_minor": 100_000}
    split = (rule(weights, pool_bps=1_000),)
    assert parts(table(lone), split) == [("store", "store", "S1", 8_000), ("agent", "agent", "A1", 2_000)]
    direct = lone | {"bound_agent_id": None}
    assert parts(table(direct), split) == [("store", "store", "S1", 8_000), ("fund", "fund", "HQ", 2_000)]
    nobodys = direct | {"bound_store_id": None, "bound_status": "unassigned"}
    assert parts(table(nobodys), split) == [("fund", "fund", "HQ", 10_000)]


def test_one_store_in_two_roles_has_one_part():
    handed = rule({"store": 4_000, "fulfiller": 4_000, "agent": 2_000}, pool_bps=1_000)
    own = table({"net_minor": 100_000, "fulfil_store_id": "S1"})
    assert parts(own, (handed,)) == [("store", "store", "S1", 8_000), ("agent", "agent", "A1", 2_000)]
    other = table({"net_minor": 100_000, "fulfil_store_id": "S2"})
    assert parts(other, (handed,))[1] == ("fulfiller", "store", "S2", 4_000)


def test_the_guide_who_brought_the_customer_stands_in_for_a_missing_one():
    row = table({"guide_id": None, "bound_guide_id": "G9"})
    assert parts(row, STANDARD)[2] == ("guide", "guide", "G9", 2_571)


def test_a_receiver_knows_its_store_and_its_agent():
    handed = rule({"store": 4_000, "fulfiller": 4_000, "guide": 2_000})
    stores = pl.DataFrame({"store_id": ["S1", "S2"], "agent_id": ["A1", "A2"]})
    row = table({"fulfil_store_id": "S2", "guide_store_id": "S2"})
    made = allocate(row, (handed,), stores).select("role", "store_id", "agent_id")
    assert made.rows() == [("store", "S1", "A1"), ("fulfiller", "S2", "A2"), ("guide", "S2", "A2")]
    assert allocate(row, (handed,))["agent_id"].to_list() == ["A1", None, None]


def test_a_pool_of_nothing_and_a_negative_order_give_no_rows():
    assert allocate(table({"net_minor": -500}, {"order_id": "O2", "net_minor": 0}), STANDARD).is_empty()
    bought = table({"is_online": False, "selling_store_id": "S1"})
    assert allocate(bought, STANDARD).columns == list(ALLOCATION_COLUMNS)
    assert allocate(bought, STANDARD).is_empty()
    assert allocate(table(), STANDARD).is_empty()


def test_an_unknown_rule_on_a_line_is_refused():
    lines = table({}).with_columns(rule_id=pl.lit("R9"), rule_version=pl.lit(3, pl.Int64))
    with pytest.raises(UsageError) as caught:
        allocate(lines, STANDARD)
    assert str(caught.value) == (
        "Rules named by 1 of the orders are not among the rules: R9 version 3. Give every version."
    )


def test_amounts_of_the_size_of_a_country_are_exact():
    row = table({"net_minor": 900_000_000_000_000_001})
    assert sum(one[3] for one in parts(row, STANDARD)) == 108_000_000_000_000_000


weight_lists = st.dictionaries(st.sampled_from(ROLES), st.integers(1, 10_000), min_size=1)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(st.integers(-50, 10**13), st.integers(0, 2**6 - 1)), min_size=1, max_size=30),
    weight_lists,
    st.integers(1, 10_000),
    st.randoms(use_true_random=False),
)
def test_parts_sum_to_the_pool_and_are_fair_in_any_row_order(orders, weights, pool_bps, random):
    names = ("bound_store_id", "bound_agent_id", "guide_id", "upline_guide_id", "fulfil_store_id", "selling_store_id")
    held = ("S1", "A1", "G1", "G2", "S2", "S1")
    rows = [
        {"order_id": f"O{at}", "net_minor": net}
        | {name: one if mask >> bit & 1 else None for bit, (name, one) in enumerate(zip(names, held, strict=True))}
        for at, (net, mask) in enumerate(orders)
    ]
    split = rule(weights, pool_bps=pool_bps)
    made = allocate(table(*rows), (split,))
    sums = made.group_by("order_id").agg(pl.col("amount_minor").sum(), pl.col("pool_minor").first())
    assert sums.filter(pl.col("amount_minor") != pl.col("pool_minor")).is_empty()
    pools = {f"O{at}": (net * pool_bps + 5_000) // 10_000 for at, (net, _) in enumerate(orders) if net > 0}
    assert dict(sums.select("order_id", "pool_minor").rows()) == {key: pool for key, pool in pools.items() if pool}
    assert not made.select("order_id", "rule_id", "receiver_kind", "receiver_id").is_duplicated().any()
    full = made.filter(pl.col("order_id").is_in([f"O{at}" for at, (_, mask) in enumerate(orders) if mask == 0]))
    assert set(full["receiver_id"].to_list()) <= {"HQ"}
    random.shuffle(rows)
    assert allocate(table(*rows), (split,)).equals(made)


@settings(deadline=None)
@given(st.integers(0, 10**15), st.lists(st.integers(0, 10_000), min_size=1, max_size=7).filter(any))
def test_each_part_is_within_one_unit_of_its_share(total, weights):
    split = largest_remainder(total, weights)
    assert sum(split) == total
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(split, weights, strict=True))
    chain = {
        "store": "S1",
        "fulfiller": "S2",
        "seller": "S3",
        "agent": "A1",
        "guide": "G1",
        "upline": "G2",
        "fund": "HQ",
    }
    named = dict(zip(chain, weights, strict=False))
    row = table({"net_minor": total, "fulfil_store_id": "S2", "selling_store_id": "S3", "upline_guide_id": "G2"})
    made = allocate(row, (rule(named, pool_bps=10_000),))
    assert dict(made.select("role", "amount_minor").rows()) == {
        role: part for role, part in zip(chain, split, strict=False) if part
    }


def test_a_single_unit_below_zero_is_divided_like_one_above():
    assert largest_remainder(-1, [1, 1]) == [-1, 0]
    assert largest_remainder(5, [1]) == [5]


def test_a_single_unit_of_base_under_the_smallest_weights_is_one_part():
    one_each = rule({"store": 1, "fulfiller": 1}, pool_bps=10_000)
    assert parts(table({"net_minor": 1, "fulfil_store_id": "S1"}), (one_each,)) == [("store", "store", "S1", 1)]
    least = rule({"store": 10_000}, pool_bps=1)
    assert parts(table({"net_minor": 10_000}), (least,)) == [("store", "store", "S1", 1)]


def test_orders_that_were_worth_nothing_or_less_have_no_parts():
    lines = table({"net_minor": 0}, {"order_id": "O2", "net_minor": -100_000}, {"order_id": "O3", "net_minor": 100})
    assert allocate(lines, STANDARD)["order_id"].unique().to_list() == ["O3"]
    assert parts(table({}), (rule({"store": 10_000}, pool_bps=0),)) == []


def test_a_store_has_the_name_of_the_role_it_is_paid_for():
    handed = rule({"fulfiller": 4_000, "agent": 6_000}, pool_bps=10_000)
    row = table({"net_minor": 10_000, "fulfil_store_id": "S1"})
    assert parts(row, (handed,)) == [("fulfiller", "store", "S1", 4_000), ("agent", "agent", "A1", 6_000)]


def test_a_store_of_nobodys_customer_is_named_with_its_agent_and_an_agent_with_itself():
    stores = pl.DataFrame({"store_id": ["S1", "S2"], "agent_id": ["A1", "A2"]})
    handed = rule({"fulfiller": 4_000, "agent": 6_000}, pool_bps=10_000)
    nobodys = {"bound_store_id": None, "bound_agent_id": None, "bound_status": "unassigned", "fulfil_store_id": "S2"}
    made = allocate(table(nobodys), (handed,), stores)
    assert made.select("role", "store_id", "agent_id").rows() == [("fulfiller", "S2", "A2"), ("fund", None, None)]
    made = allocate(table({"fulfil_store_id": "S2"}), (handed,), stores)
    assert made.select("role", "store_id", "agent_id").rows() == [("fulfiller", "S2", "A2"), ("agent", None, "A1")]


def test_lines_that_were_found_to_be_under_no_rule_are_left_out():
    lines = table({}, {"order_id": "O2"}).with_columns(
        rule_id=pl.Series(["X", None]), rule_version=pl.Series([1, None], dtype=pl.Int64)
    )
    assert allocate(lines, (rule({"store": 10_000}),))["order_id"].to_list() == ["O1"]


def test_numbers_are_64_bits_wide_as_long_as_every_product_fits():
    """20 000 times 230 584 300 921 369 is the last multiple below 2 to the 62nd; 32 768 times 2 to the 47th is it."""

    def width(base, weights):
        return _exact(pl.DataFrame({"base_minor": [base]}), (rule(weights),))

    assert width(230_584_300_921_369, {"store": 10_000}) == pl.Int64
    assert width(230_584_300_921_370, {"store": 10_000}) == pl.Int128
    assert width(-230_584_300_921_370, {"store": 10_000}) == pl.Int128
    assert width(140_737_488_355_328, {"store": 32_768}) == pl.Int128
    assert width(140_737_488_355_327, {"store": 32_768}) == pl.Int64
