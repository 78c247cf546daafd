"""A segment is the same people for every period of a page."""

from answers import narrow
from answers.periods import over
from tests.answers.tiny import asked, day, marts, order, person


def test_a_segment_names_the_same_people_in_the_period_and_in_the_one_before():
    # c1 bought last in the period: recent now, though nobody had bought by the end of the period before
    rows = marts(
        orders=[order(1, 1, "2026-06-20", 50_000), order(2, 1, "2026-10-20", 50_000)],
        people=[person(1, 31.2, 121.4, "S1", 900.0)],
    )
    page = asked("from=2026-10-01&to=2026-10-31", rows=rows)
    earlier = over(page, day("2026-05-01"), day("2026-05-31"))
    now = narrow.scored(page)
    assert now["customer_key"].to_list() == [1]
    assert now["segment"].to_list() == ["promising"]  # of the first order alone it would be fading
    assert narrow.scored(earlier).equals(now)
