"""A presenter has nothing to subtract with: one period a page, no filters, cells of one size."""

import datetime as dt

import pytest

from answers import all_addresses
from answers.registry import ADDRESSES
from schema.scope import Scope
from tests.answers.tiny import answer, asked
from tests.attacks.attacker import DAYS, NARROW

all_addresses()

GUEST = Scope("presenter", "guest")


def day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("page", "first"),
    [("overview", "2026-10-01"), ("dwell", "2026-08-01"), ("purchases", "2025-11-01"), ("catchment", "2024-11-01")],
)
def test_a_presenter_sees_the_closed_months_of_a_page(page, first):
    found = asked("", page=page, scope=GUEST)  # the snapshot is complete to 14 November 2026
    assert (found.from_on, found.to_on, found.as_of) == (day(first), day("2026-10-31"), day("2026-11-01"))
    assert asked("", page=page, scope=GUEST, all_data=True) == found
    assert found.unknown == ()


@pytest.mark.parametrize("query", [query for query in [*DAYS, *NARROW] if query and not query.startswith("currency")])
def test_a_link_with_days_or_filters_selects_nothing(query):
    found = answer("overview/kpis", query, scope=GUEST)
    assert found.table["n"].to_list() == [0] * found.table.height
    assert "cannot be chosen" in found.notes[0]
    assert not answer("overview/kpis", query).notes or "cannot" not in answer("overview/kpis", query).notes[0]


def test_the_link_that_a_presenter_copies_works():
    own = asked("", scope=GUEST).filters.key
    assert asked(own, scope=GUEST).unknown == ()
    assert asked(own, scope=GUEST, page="dwell").unknown == (
        "Presenters see closed months of the whole company: from cannot be chosen.",
    )


@pytest.mark.parametrize("name", [name for name, entry in sorted(ADDRESSES.items()) if "resolution" in entry.options])
def test_every_map_has_cells_of_one_size(name):
    fixed = answer(name, scope=GUEST)
    for size in ("5", "8", "9"):
        assert answer(name, scope=GUEST, resolution=size).table.equals(fixed.table)


def test_head_office_still_chooses_the_size():
    coarse, fine = (answer("catchment/customers", resolution=size).table["cell"].to_list() for size in ("5", "9"))
    assert coarse != fine
