"""Rows of the ledger with all that a test does not care about filled in."""

import datetime as dt


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def assertion(customer, valid_from, store="S1", **more):
    start = at(valid_from)
    row = {
        "customer_key": customer,
        "store_id": store,
        "agent_id": None if store is None else f"A-{store}",
        "status": "exact" if store else "unassigned",
        "method": "geo" if store else None,
        "cause": "registered",
        "tie_break": "",
        "registered_at": start,
        "bound_at": start,
        "valid_from": start,
        "policy_version": 1,
    }
    return row | more


def entry(key, amount, *, month="2026-10", receiver=("agent", "A1"), **more):
    row = {
        "entry_key": key,
        "kind": "accrual",
        "receiver_kind": receiver[0],
        "receiver_id": receiver[1],
        "role": receiver[0],
        "agent_id": receiver[1] if receiver[0] == "agent" else None,
        "amount_minor": amount,
        "currency": "CNY",
        "at": at(f"{month}-05 12:00:00"),
        "local_on": dt.date.fromisoformat(f"{month}-05"),
        "month": month,
        "source": "shop",
        "order_id": "O1",
        "customer_key": 7,
        "rule_id": "R1",
        "rule_version": 1,
        "base_minor": 128_499,
        "pool_minor": 15_420,
    }
    return row | more


def statement(month="2026-10", receiver=("agent", "A1"), closing=5_139, **more):
    row = {
        "statement_id": f"{month}|{receiver[0]}|{receiver[1]}|CNY",
        "month": month,
        "receiver_kind": receiver[0],
        "receiver_id": receiver[1],
        "store_id": None,
        "agent_id": receiver[1] if receiver[0] == "agent" else None,
        "currency": "CNY",
        "opening_minor": 0,
        "accrued_minor": closing,
        "clawback_minor": 0,
        "paid_minor": 0,
        "adjust_minor": 0,
        "closing_minor": closing,
        "held_minor": closing,
        "payable_minor": 0,
        "entries": 1,
        "digest": "d" * 64,
        "chain_head": "0" * 64,
        "settled_at": at("2026-11-01 00:00:00"),
    }
    return row | more
