"""What members lingered on and did not buy is told from numbers as the views and lines themselves tell it."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import narrow
from answers.lingered_looks import not_bought
from answers.periods import ending
from metrics.conversion import lingered_not_bought
from schema.scope import LOCAL_OWNER
from tests.answers.test_cubes import DAY, FILTERS, views
from tests.answers.test_product_attention import AGENT, of, sales
from tests.answers.tiny import asked, noon, visit

QUERIES = (*FILTERS, "to=2026-10-30", "from=2026-10-21&to=2026-11-08&as_of=2026-10-30", "from=2026-10-01&to=2026-10-23")


def told(question):
    """From numbers, and from the views and lines one by one."""
    recent = ending(question, 14)
    end = recent.to_on + dt.timedelta(days=1)
    expected = lingered_not_bought(narrow.visits(recent), narrow.later_lines(recent), as_of=end, days=14)
    return not_bought(recent, end), expected


@pytest.mark.parametrize("is_ordered", [True, False], ids=["in order", "in no order"])
@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(views(), max_size=40),
    lines=st.lists(sales(), max_size=12),
    query=st.sampled_from(QUERIES),
)
def test_what_people_nearly_bought_is_told_as_views_and_lines_tell_it(is_ordered, scope, rows, lines, query):
    made = of(rows, sorted(lines, key=lambda row: row["paid_at"]), scope, is_ordered=is_ordered)
    found, expected = told(asked(query, page="dwell", rows=made, scope=scope))
    assert_frame_equal(found, expected, check_exact=True, check_dtypes=True)


@pytest.mark.parametrize(("days", "people"), [(13, 1), (14, 0)])
def test_two_short_looks_are_one_interest_only_within_the_days(days, people):
    looks = [
        visit(1, (DAY + dt.timedelta(days=back)).isoformat(), "P1", 40.0, linger=False, at=noon(DAY + dt.timedelta(days=back)))
        for back in (0, days)
    ]  # fmt: skip
    found, expected = told(asked(f"to={DAY + dt.timedelta(days=days)}", page="dwell", rows=of(looks, [], LOCAL_OWNER)))
    assert found["people"].sum() == people
    assert_frame_equal(found, expected, check_exact=True)
