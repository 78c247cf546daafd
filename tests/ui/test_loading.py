"""After an import on the Data page: where customers have owners, new ones get theirs at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ledger import api as ledger
from records.locking import writing
from schema.scope import LOCAL_OWNER
from ui.loading import _bind

if TYPE_CHECKING:
    from tests.ui.conftest import Shop

STORES = (
    "store_id,lat,lng,datum,opened_on\nS1,1.3000,103.8000,WGS-84,2020-01-01\nS2,1.4000,103.9000,WGS-84,2020-01-01\n"
)
HEAD = "customer_id,registered_at,home_lat,home_lng,datum,home_src\n"
FIRST = HEAD + "C1,2026-01-10 10:00:00,1.3010,103.8000,WGS-84,address\n"
SECOND = HEAD + "C2,2026-01-11 10:00:00,1.4010,103.9000,WGS-84,address\n"


def company(shop: Shop) -> None:
    shop.load("stores.csv", STORES)
    shop.load("customers.csv", FIRST)


def test_new_customers_get_their_owner_where_others_have_one(shop: Shop) -> None:
    company(shop)
    ledger.run("real", by=LOCAL_OWNER)
    shop.load("more.csv", SECOND)
    steps: list[str] = []
    assert (
        _bind(LOCAL_OWNER, lambda _share, step: steps.append(step)) == "New customers are bound: 1 binding was added."
    )
    assert {step.split(":")[0] for step in steps} == {"Binding new customers"}
    assert ledger.sequence("real")["bindings"] == 2
    assert _bind(LOCAL_OWNER, lambda _share, _step: None) == "Nobody's owner changed."


def test_nobody_is_bound_before_head_office_began_it(shop: Shop) -> None:
    company(shop)
    assert _bind(LOCAL_OWNER, lambda _share, _step: None) == ""
    assert ledger.sequence("real")["bindings"] == 0


def test_while_another_run_is_writing_the_data_are_loaded_all_the_same(shop: Shop) -> None:
    company(shop)
    ledger.run("real", by=LOCAL_OWNER)
    shop.load("more.csv", SECOND)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with writing("real"):
            held.set()
            done.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        said = _bind(LOCAL_OWNER, lambda _share, _step: None)
    finally:
        done.set()
        other.join()
    assert said.startswith("New customers are not bound yet (")
    assert said.endswith("Press Bind what is new on the Sharing page.")
