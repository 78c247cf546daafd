"""The Sync page's queue: the owner decides, sees what was decided, and takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from answers.registry import Result
from ui import sync_conflicts
from ui.sync_conflicts import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

ORDERS = "order_id,customer_id,order_date,channel,amount\nT1,A,2026-03-02 10:00:00,pos,10.00\nT2,B,2026-03-02 11:00:00,pos,10.00\n"
SHARED = "id_type,id_hash,customer_id,app_id,verified\nphone,H1,A,,true\nunionid,U1,A,,true\nphone,H1,B,,true\nunionid,U2,B,,true\n"


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two WeChat accounts that share a telephone."""
    shop.load("orders.csv", ORDERS)
    shop.load("identities.csv", SHARED)
    return shop


def titles(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.success, at.error)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "").replace("\u2060", "")


def press(at: AppTest, key: str) -> AppTest:
    at.button(key).click()
    at.run()
    assert not at.exception
    return at


def test_one_press_makes_two_accounts_one_person_and_another_takes_it_back(
    company: Shop, app: Callable[..., AppTest]
) -> None:
    assert company
    at = app("sync")
    assert "1 identity is of people who cannot be one" in titles(at)
    at = press(at, "decide-one")
    assert "They are one person from now on." in titles(at)
    assert "One conflict was decided" in titles(at)
    assert "2 customers with an identity are 1 people" in titles(at)
    at = press(at, "undo-decision")
    assert "1 identity is of people who cannot be one" in titles(at)
    assert "One conflict was decided" not in titles(at)


def test_who_is_kept_apart_leaves_the_queue(company: Shop, app: Callable[..., AppTest]) -> None:
    assert company
    at = press(app("sync"), "decide-apart")
    assert "No identity is of two people" in titles(at)
    assert "2 customers with an identity are 2 people" in titles(at)


@pytest.mark.parametrize(("rows", "said"), [(MOST_ROWS, "belong together"), (3_210, "1,000 of 3,210 rows are shown")])
def test_a_long_queue_says_how_much_of_it_is_shown(rows: int, said: str) -> None:
    shown = sync_conflicts._shown
    assert said in shown(Result(pl.DataFrame({"conflict": range(rows)}), rows, "conflicts"))  # type: ignore[arg-type]


def test_a_bill_beside_the_orders_is_told_with_what_explains_it(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    assert "Paid by day and shop system" in titles(app("sync"))
    shop.load("bills.csv", "day,source,amount,orders,fees\n2026-03-02,main,19.88,2,0.12\n")
    at = app("sync")
    assert not at.exception
    assert "1 of 1 days differ from the bill, 0 without a cause" in titles(at)
