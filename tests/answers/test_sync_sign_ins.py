"""What devices did before their member signed in, as the Sync page tells it."""

import pytest

from answers import sync_headlines as headlines
from schema.scope import Scope
from tests.answers.tiny import COMPANY, NOTHING, answer, marts, visit
from warehouse.frames import narrow

LOOKS = [
    visit(1, "2026-11-01", "P1", 30, before_sign_in=True),
    visit(1, "2026-11-01", "P2", 5),
    visit(3, "2026-11-04", "P2", 5, owner="S3", before_sign_in=True),
    visit(3, "2026-11-05", "P2", 5, owner="S3", before_sign_in=True, channel="web"),
    visit(None, "2026-11-06", "P1", None, owner=None, visitor=-5),
    visit(None, "2026-11-07", "P1", None, owner=None, visitor=-5),
    visit(None, "2026-11-07", "P1", None, owner=None, visitor=-6),
]
CARTS = [LOOKS[0] | {"type": "cart"}, LOOKS[6] | {"type": "share"}, LOOKS[1] | {"type": "cart"}]
SHOP = marts(visits=LOOKS, actions=CARTS, people=COMPANY.people.to_dicts(), places=COMPANY.places.to_dicts())


def test_looks_before_sign_in_and_devices_that_stay_anonymous_are_counted():
    found = answer("sync/sign_ins", rows=SHOP)
    # 3 views and a cart joined customers 1 and 3; devices -5 and -6 looked 3 times and shared once
    assert found.table.rows() == [(4, 2, 2, 4)]
    assert (found.n, found.coverage) == (10, 0.5)
    assert headlines.sign_ins(found) == "4 looks before sign-in are those of 2 customers"


def test_filters_and_periods_narrow_them():
    assert answer("sync/sign_ins", "channel=web", rows=SHOP).table.rows() == [(1, 1, 0, 0)]
    assert answer("sync/sign_ins", "from=2026-11-06&to=2026-11-06", rows=SHOP).table.rows() == [(0, 0, 1, 1)]
    nobody = answer("sync/sign_ins", "from=2026-11-06&to=2026-11-06", rows=SHOP)
    assert headlines.sign_ins(nobody) == "No look before sign-in is anybody's"


@pytest.mark.parametrize(("agent", "row"), [("AG1", (2, 1, None, None)), ("AG2", (2, 1, None, None))])
def test_an_agent_reads_their_own_customers_and_no_device(agent, row):
    scope = Scope("agent", agent_id=agent)
    found = answer("sync/sign_ins", rows=narrow(SHOP, scope), scope=scope)
    assert found.table.rows() == [row]
    assert found.notes == ("Anonymous devices are head office's to count.",)
    assert found.coverage is None


def test_a_presenter_reads_nothing_of_so_few():
    assert answer("sync/sign_ins", rows=SHOP, scope=Scope("presenter")).is_empty


def test_without_looks_there_is_nothing_to_tell():
    found = answer("sync/sign_ins", rows=NOTHING)
    assert found.is_empty
    assert headlines.sign_ins(found) == "Looks before sign-in"
