"""What an agent's frames hold, beside a plain reading of the rules, row by row, on a drawn company."""

import itertools
import random

import pytest

from schema.errors import StorageError
from schema.marts import MARTS
from schema.scope import ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE, Scope
from tests.answers.tiny import (
    GOODS,
    PLACES,
    SNAPSHOT,
    STORES,
    attempt,
    entry,
    goods,
    line,
    marts,
    order,
    owned,
    person,
    settled,
    spell,
    visit,
)
from warehouse.frames import load_marts, narrow

PLACES_OF = ("S1", "S2", "S3", None)
NAMES = {ANOTHER_STORE: ("store_id", "fulfil_store_id", "owner_store_id", "nearest_store_id", "bound_store_id",
                         "selling_store_id"),
         ANOTHER_AGENT: ("agent_id", "owner_agent_id"), ANOTHER_CITY: ("city", "owner_city")}  # fmt: skip


def sales():
    """An order for every seller, handing store, owner, and known or unknown customer; its line and refund."""
    places = itertools.product(PLACES_OF, PLACES_OF, PLACES_OF, (True, False))
    for key, (seller, hands, owner, is_known) in enumerate(places, start=1):
        yield order(key, key if is_known else None, "2026-10-05", 100 * key, store=seller, owner=owner,
                    fulfil_store_id=hands)  # fmt: skip


def company():
    rng = random.Random(3)  # noqa: S311  (a company, not a secret)
    orders = list(sales())
    lines = [{**line(row, "P1"), "product_id": f"L{row['order_key']}"} for row in orders]
    returns = [
        {**row, "order_local_on": row["local_on"], "product_id": "P1", "goods_minor": 5, "shipping_minor": 0}
        for row in orders
    ]
    loose = [{**row, "order_key": None, "order_local_on": None} for row in returns]
    views = [
        {**visit(row["customer_key"], "2026-10-05", "P1", 20, owner=row["owner_store_id"], store=row["store_id"],
                 visitor=row["order_key"]), "product_id": f"V{row['order_key']}"} for row in orders
    ]  # fmt: skip
    acts = [{**row, "type": "cart", "product_id": f"A{row['visitor']}"} for row in views]
    people = [
        {**person(row["order_key"], 31.3, 120.6, "S1", 10.0), **owned(rng.choice(PLACES_OF)),
         "nearest_store_id": rng.choice(PLACES_OF[:3])} for row in orders
    ]  # fmt: skip
    spells = [
        spell(n, n, store, "2026-01-10", runner_store_id=runner, runner_dist_m=7.0)
        for n, (store, runner) in enumerate(itertools.product(PLACES_OF, PLACES_OF), start=1)
    ]
    tries = [
        {**attempt(n, "2026-03-01", claimed or "S1", owner or "S1", "accepted"), "guide_id": f"G{n}",
         **({} if claimed else {"claimed_store_id": None, "claimed_agent_id": None}),
         **({} if owner else {"owner_store_id": None, "owner_agent_id": None}), "protected_until": orders[0]["paid_at"]}
        for n, (claimed, owner) in enumerate(itertools.product(PLACES_OF, PLACES_OF), start=1)
    ]  # fmt: skip
    receivers = ["S1", "AG1", "G1@S1", "S2", "AG2", "HQ", "S3", "G2@S3"]
    shares = [
        entry(n, "accrual", receiver, n, "2026-10-05", of=orders[n], pool=50)
        for n, receiver in enumerate(receivers * 3, start=1)
    ]
    kinds = ["L", "V", "A", "O"]
    named = [
        {**goods("P1"), "product_id": f"{kind}{n}", "is_described": False} for kind in kinds for n in range(1, 129)
    ]
    return {
        "orders": orders, "lines": lines, "refunds": [*returns, *loose], "visits": views, "actions": acts,
        "people": people, "places": PLACES, "goods": [*GOODS, *named], "bindings": spells, "attempts": tries,
        "shares": shares, "statements": [settled("2026-09", receiver, 0, 1, 0, 0, 1) for receiver in receivers],
        "stock_outs": [{"product_id": f"O{n}", "size": "L", "store_id": store, "from_on": orders[0]["local_on"]}
                       for n, store in enumerate(PLACES_OF, start=1)],
        "territories": [{"territory_id": f"T{n}", "agent_id": agent, "store_id": store, "kind": "radius_m", "value": "9"}
                        for n, (agent, store) in enumerate(itertools.product(("AG1", "AG2", None), PLACES_OF))],
        "travel": [{"cell": 1, "store_id": store, "distance_m": 5.0} for store in PLACES_OF[:3]],
    }  # fmt: skip


ROWS = company()
WHOLE = marts(**ROWS)


def own(agent):
    return {store for store, (of, *_) in STORES.items() if of == agent}


def expected(agent):
    """Which rows are an agent's, told as plainly as the rules are."""
    mine = own(agent)
    orders = [
        row for row in ROWS["orders"]
        if row["customer_key"] and (row["store_id"] in mine or row["fulfil_store_id"] in mine
                                    or row["owner_agent_id"] == agent)
    ]  # fmt: skip
    keys = {row["order_key"] for row in orders}
    bought = {row["customer_key"] for row in orders if row["store_id"] in mine}
    found = {
        "orders": orders,
        "lines": [row for row in ROWS["lines"] if row["order_key"] in keys],
        "refunds": [
            row for row in ROWS["refunds"]
            if row["customer_key"] and (row["order_key"] in keys if row["order_key"] else row["owner_agent_id"] == agent)
        ],
        "people": [row for row in ROWS["people"] if row["owner_agent_id"] == agent or row["customer_key"] in bought],
        "stock_outs": [row for row in ROWS["stock_outs"] if row["store_id"] in mine or row["store_id"] is None],
        "travel": [row for row in ROWS["travel"] if row["store_id"] in mine],
        "territories": [
            row for row in ROWS["territories"]
            if row["agent_id"] == agent or (row["agent_id"] is None and row["store_id"] in mine)
        ],
    }  # fmt: skip
    for name in ("visits", "actions"):
        found[name] = [
            row for row in ROWS[name]
            if row["customer_key"] and (row["owner_agent_id"] == agent or row["store_id"] in mine)
        ]  # fmt: skip
    for name in ("places", "bindings", "shares", "statements"):
        found[name] = [row for row in ROWS[name] if row["agent_id"] == agent]
    named = {row["product_id"] for name in ("lines", "visits", "actions", "stock_outs") for row in found[name]}
    found["goods"] = [row for row in ROWS["goods"] if row["is_described"] or row["product_id"] in named]
    return found


def blinded(row, agent):
    """The row without the names of others."""
    cities = {STORES[store][1] for store in own(agent)}
    may = {ANOTHER_STORE: own(agent), ANOTHER_AGENT: {agent}, ANOTHER_CITY: cities}
    hidden = {
        column: another
        for another, columns in NAMES.items()
        for column in columns
        if row.get(column) is not None and row[column] not in may[another]
    }
    return {**row, **hidden}


@pytest.mark.parametrize("agent", ["AG1", "AG2"])
@pytest.mark.parametrize("name", ["orders", "lines", "refunds", "visits", "actions", "people", "shares"])
def test_rows_of_others_are_not_there_and_names_of_others_neither(agent, name):
    wanted = [blinded(row, agent) for row in expected(agent)[name]]
    for number, row in enumerate(wanted, start=1):
        if name == "shares":
            row["seq"] = number
        if name == "people" and row["nearest_store_id"] == ANOTHER_STORE:
            row["nearest_m"] = None
    found = getattr(narrow(WHOLE, Scope("agent", "x", agent)), name)
    columns = [column for column in found.columns if any(column in row for row in wanted)]
    assert len(columns) > 5
    assert found.select(columns).rows() == [tuple(row.get(column) for column in columns) for row in wanted]


@pytest.mark.parametrize("agent", ["AG1", "AG2"])
@pytest.mark.parametrize("name", ["places", "goods", "stock_outs", "statements", "territories", "travel"])
def test_the_other_tables_hold_ones_own_alone(agent, name):
    found = getattr(narrow(WHOLE, Scope("agent", "x", agent)), name)
    wanted = expected(agent)[name]
    columns = [column for column in found.columns if column in wanted[0]]
    assert found.select(columns).rows() == [tuple(row.get(column) for column in columns) for row in wanted]


@pytest.mark.parametrize("agent", ["AG1", "AG2"])
def test_spells_are_numbered_among_themselves_and_hide_the_rival(agent):
    wanted = [
        (f"own-{n}", row["customer_key"], row["runner_store_id"] if row["runner_store_id"] in own(agent) - {None} else None,
         7.0 if row["runner_store_id"] in own(agent) else None)
        for n, row in enumerate(expected(agent)["bindings"], start=1)
    ]  # fmt: skip
    found = narrow(WHOLE, Scope("agent", "x", agent)).bindings
    assert found.select("binding_id", "customer_key", "runner_store_id", "runner_dist_m").rows() == wanted


@pytest.mark.parametrize("agent", ["AG1", "AG2"])
def test_attempts_show_one_side(agent):
    of = expected(agent)
    known = {row["customer_key"] for row in [*of["people"], *of["bindings"]]}
    wanted = []
    for row in ROWS["attempts"]:
        claimed, mine = row["claimed_agent_id"] == agent, row["owner_agent_id"] == agent
        if claimed or mine:
            wanted.append((
                row["customer_key"] if mine or row["customer_key"] in known else None,
                *(row[name] if claimed else None for name in ("claimed_store_id", "claimed_agent_id", "guide_id")),
                *(row[name] if mine else None for name in ("owner_store_id", "owner_agent_id", "protected_until")),
            ))  # fmt: skip
    columns = ["customer_key", "claimed_store_id", "claimed_agent_id", "guide_id", "owner_store_id", "owner_agent_id",
               "protected_until"]  # fmt: skip
    assert narrow(WHOLE, Scope("agent", "x", agent)).attempts.select(columns).rows() == wanted


def test_head_office_sees_all_and_a_role_that_nobody_knows_nothing():
    assert narrow(WHOLE, Scope("owner")) is WHOLE
    assert narrow(WHOLE, Scope("presenter")) is WHOLE
    nobody = narrow(WHOLE, Scope("stranger", agent_id="AG1"))
    assert [getattr(nobody, name).height for name in MARTS] == [0] * len(MARTS)


def test_marts_that_are_gone_are_said_to_be():
    with pytest.raises(StorageError, match="was replaced over a day ago"):
        load_marts(SNAPSHOT, Scope("owner"))
