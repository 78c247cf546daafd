"""Splits and clawbacks against the plain reading of the specification in ``oracle.py``, over small orders."""

import datetime as dt

import hypothesis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.sharing import allocate
from metrics.sharing_refunds import clawbacks
from metrics.sharing_rules import choose_rules
from schema.sharing import ROLES, Rule
from tests.ledger import oracle
from tests.metrics.test_sharing_refunds import LINE, REFUNDS, SCHEMA

DAY = dt.date(2024, 2, 29)
AT = dt.datetime(2024, 2, 29, 15, 59, 59, tzinfo=dt.UTC)
_store = st.sampled_from([None, "S1", "S2", "S3"])
_minor = st.one_of(st.integers(0, 3), st.integers(0, 99_999), st.integers(0, 10**13))


@st.composite
def _rules(draw):
    made = []
    for n in range(draw(st.integers(0, 4))):
        roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=7, unique=True))
        cuts = sorted(draw(st.integers(0, 10_000)) for _ in roles[1:])
        weights = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        made.append(
            Rule(
                f"R{n}", "", DAY + dt.timedelta(days=draw(st.integers(-3, 1))),
                draw(st.sampled_from([0, 1, 1_200, 3_000, 10_000])), tuple(zip(roles, weights, strict=True)),
                priority=draw(st.sampled_from([0, 0, 9])),
                effective_to=draw(st.sampled_from([None, DAY, DAY + dt.timedelta(days=1)])),
                sold=draw(st.sampled_from(["any", "online", "own_store", "other_store"])),
                fulfilled=draw(st.sampled_from(["any", "any", "own_store", "other_store", "nobody"])),
                bound=draw(st.sampled_from(["any", "bound", "unassigned"])),
                categories=draw(st.sampled_from([(), ("coat",), ("scarf", "Unmapped")])),
                channels=draw(st.sampled_from([(), (), ("pos", "app")])),
                products=draw(st.sampled_from([(), (), (), ("P0",)])),
                agents=draw(st.sampled_from([(), (), ("A1",)])),
            )
        )  # fmt: skip
    return made


@st.composite
def _orders(draw):
    bound = draw(_store)
    who = draw(st.sampled_from([None, 7, 7, 7])) if bound is None else 7
    channel = draw(st.sampled_from(["pos", "app"]))
    header = {
        "who": who, "shop": draw(_store), "hands": draw(_store), "channel": channel, "online": channel != "pos",
        "day": DAY, "guide": draw(st.sampled_from([None, "G1"])), "bound_guide": draw(st.sampled_from([None, "G2"])),
        "upline": draw(st.sampled_from([None, "G1", "G3"])), "bound": bound,
        "agent": draw(st.sampled_from([None, "A1", "A2"])) if bound else None,
    }  # fmt: skip
    lines = [
        {"line": f"L{n}", "product": f"P{n % 3}", "category": draw(st.sampled_from(["coat", "scarf", None])),
         "net": draw(_minor)} for n in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    refunds = [
        {"line": draw(st.sampled_from([None, None, "L0", "L1", "L9"])), "goods": draw(_minor)}
        for _ in range(draw(st.integers(0, 5)))
    ]
    return header, lines, refunds


def _frames(header, lines, refunds):
    about = {
        "channel": header["channel"], "is_online": header["online"], "customer_key": header["who"], "paid_at": AT,
        "local_on": DAY, "selling_store_id": header["shop"], "fulfil_store_id": header["hands"],
        "guide_id": header["guide"], "bound_guide_id": header["bound_guide"], "upline_guide_id": header["upline"],
        "bound_store_id": header["bound"], "bound_agent_id": header["agent"], "bound_agent_level": None,
        "bound_status": "exact" if header["bound"] else ("unassigned" if header["who"] else None),
    }  # fmt: skip
    rows = [
        LINE | about | {"line_id": one["line"], "product_id": one["product"], "category": one["category"],
                        "net_minor": one["net"]} for one in lines
    ]  # fmt: skip
    back = [
        {"source": "shop", "order_id": "O1", "line_id": one["line"], "product_id": None, "refund_id": f"F{n}",
         "refunded_at": AT + dt.timedelta(days=n), "local_on": DAY, "goods_minor": one["goods"]}
        for n, one in enumerate(refunds)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA), pl.DataFrame(back, schema=REFUNDS)


def _receivers(header):
    return {"store": header["bound"], "fulfiller": header["hands"], "seller": header["shop"], "agent": header["agent"],
            "guide": header["guide"] or header["bound_guide"], "upline": header["upline"], "fund": "HQ"}  # fmt: skip


def _compare(rules, world):
    header, lines, refunds = world
    frame, back = _frames(header, lines, refunds)
    chosen = choose_rules(frame, rules)
    given_out = allocate(chosen, rules)
    key = ["rule_id", "role", "receiver_kind", "receiver_id"]
    parts, bases = oracle.shared(rules, header, lines, _receivers(header))
    assert {row[:4]: row[4] for row in given_out.select(*key, "amount_minor").rows()} == parts
    taken = clawbacks(given_out, chosen, back)
    assert (taken["delta_minor"] <= 0).all()
    for n in range(len(refunds) + 1):
        so_far = (
            taken.filter(pl.col("refunded_at") < AT + dt.timedelta(days=n))
            .group_by(key)
            .agg(pl.col("delta_minor").sum())
        )
        gone = {row[:4]: row[4] for row in so_far.rows()}
        wanted = oracle.kept(parts, bases, lines, refunds[:n])
        assert {who: part + gone.get(who, 0) for who, part in parts.items()} == wanted


@settings(max_examples=80, deadline=None)
@given(_rules(), _orders())
def test_every_part_and_every_clawback_is_what_a_plain_reading_says(rules, world):
    _compare(rules, world)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@given(_rules(), _orders())
def test_ten_thousand_orders_are_shared_as_a_plain_reading_says(rules, world):
    _compare(rules, world)
