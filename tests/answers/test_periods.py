"""Which days a question is about, when nobody said, and which it is compared with."""

import datetime as dt
from dataclasses import replace

import pytest

from answers.overview import _a_year_ago
from answers.periods import before, ending, mature
from tests.answers.tiny import SNAPSHOT, answer, asked, day, marts, order


@pytest.mark.parametrize(
    ("page", "from_on"),
    [
        ("overview", "2026-10-18"),  # 28 complete days
        ("dwell", "2026-08-16"),  # 91
        ("purchases", "2025-11-15"),  # 365
        ("products", "2025-11-15"),
        ("catchment", "2024-11-15"),  # 24 months
    ],
)
def test_each_page_has_its_default_period(page, from_on):
    found = asked(page=page)
    assert (found.from_on, found.to_on) == (day(from_on), day("2026-11-14"))


def test_the_default_period_ends_with_the_last_complete_day():
    assert asked("as_of=2026-11-08").to_on == day("2026-11-07")
    assert asked("as_of=2026-11-08").from_on == day("2026-10-11")
    assert asked("as_of=2026-11-08").as_of == day("2026-11-08")


def test_a_period_in_the_link_is_taken_as_it_is():
    found = asked("from=2026-11-02&to=2026-11-03")
    assert (found.from_on, found.to_on, found.days) == (day("2026-11-02"), day("2026-11-03"), 2)


def test_a_start_alone_reaches_to_the_last_complete_day():
    assert asked("from=2026-11-02").to_on == day("2026-11-14")


def test_a_start_after_the_data_is_one_day_not_a_backward_period():
    found = asked("from=2027-01-01")
    assert (found.from_on, found.to_on) == (day("2027-01-01"), day("2027-01-01"))


def test_an_end_before_the_default_start_is_one_day_not_a_backward_period():
    found = asked("to=2026-01-31")
    assert (found.from_on, found.to_on) == (day("2026-01-31"), day("2026-01-31"))


def test_on_the_command_line_no_period_means_all_days():
    found = asked(all_data=True)
    assert (found.from_on, found.to_on) == (day("2026-09-20"), day("2026-11-14"))


def test_all_days_reach_past_a_last_day_that_was_cut_off():
    cut = replace(SNAPSHOT, last_on=day("2026-11-15"))
    found = asked(all_data=True, snapshot=cut)
    assert found.to_on == day("2026-11-15")
    assert found.as_of == day("2026-11-16")


def test_all_days_of_an_instant_end_before_it():
    cut = replace(SNAPSHOT, last_on=day("2026-11-15"))
    found = asked("as_of=2026-11-08", all_data=True, snapshot=cut)
    assert (found.from_on, found.to_on, found.as_of) == (day("2026-09-20"), day("2026-11-07"), day("2026-11-08"))


def test_all_days_of_nothing_is_the_default_period():
    nothing = replace(SNAPSHOT, first_on=None, last_on=None)
    assert asked(all_data=True, snapshot=nothing).from_on == day("2026-10-18")


def test_all_days_with_one_end_named_keep_the_other_open():
    assert asked("to=2026-10-31", all_data=True).from_on == day("2026-09-20")
    assert asked("from=2026-10-01", all_data=True).to_on == day("2026-11-14")


def test_the_period_before_is_as_long_and_touches():
    found = before(asked("from=2026-11-01&to=2026-11-14"))
    assert (found.from_on, found.to_on) == (day("2026-10-18"), day("2026-10-31"))


def test_a_year_earlier_falls_on_the_same_weekdays():
    found = _a_year_ago(asked("from=2026-11-01&to=2026-11-14"))
    assert (found.from_on, found.to_on) == (day("2025-11-02"), day("2025-11-15"))
    assert found.from_on.weekday() == day("2026-11-01").weekday()


def test_the_mature_window_is_the_latest_of_that_length_that_is_old_enough():
    found = mature(asked(), 30)
    assert (found.from_on, found.to_on) == (day("2026-09-18"), day("2026-10-15"))
    assert (found.as_of - found.to_on) == dt.timedelta(days=31)  # even its last order is 30 days old


def test_a_period_that_is_old_enough_is_its_own_mature_window():
    found = mature(asked("from=2026-06-01&to=2026-06-30"), 30)
    assert (found.from_on, found.to_on) == (day("2026-06-01"), day("2026-06-30"))


def test_a_window_may_end_with_the_period():
    found = ending(asked("from=2026-11-01&to=2026-11-10"), 14)
    assert (found.from_on, found.to_on) == (day("2026-10-28"), day("2026-11-10"))


def test_key_figures_say_which_days_they_are_about():
    table = answer("overview/kpis").table
    days = {row["kpi"]: (row["from_on"], row["to_on"]) for row in table.iter_rows(named=True)}
    assert days["net_minor"] == (day("2026-10-18"), day("2026-11-14"))
    assert days["return_rate"] == (day("2026-09-18"), day("2026-10-15"))
    assert days["conversion_rate"] == (day("2026-10-04"), day("2026-10-31"))
    assert days["repeat_rate"] == (day("2025-11-15"), day("2026-11-14"))


def test_key_figures_are_compared_with_the_28_days_before():
    table = answer("overview/kpis").table
    values = {row["kpi"]: (row["value"], row["previous"]) for row in table.iter_rows(named=True)}
    assert values["net_minor"] == (25_000, 3_000)
    assert values["orders"] == (5, 1)
    assert values["buyers"] == (2, 1)
    assert values["average_order_value_minor"] == (5_000, 3_000)
    assert values["new_members"] == (1, 0)
    assert values["return_rate"][0] == 0.0  # only the order of 20 September is mature
    assert values["repeat_rate"][0] == 0.5
    assert values["online_share"][0] == 6_000 / 25_000
    assert values["linger_rate"][0] == 2 / 3
    assert values["dwell_minutes"][0] == pytest.approx(1.6)
    assert values["binding_coverage"] == (3 / 4, 2 / 3)


def test_nobody_is_counted_where_no_order_says_who_bought():
    orders = [order(n, None, f"2026-11-0{n}", 1_000) for n in (1, 2)]
    values = dict(answer("overview/kpis", rows=marts(orders=orders)).table.select("kpi", "value").iter_rows())
    assert (values["orders"], values["buyers"]) == (2, None)


def test_a_shop_whose_refunds_were_never_loaded_has_no_return_rate():
    sold = [order(1, 1, "2026-09-20", 1_000), order(2, 2, "2026-09-21", 3_000)]
    back = [order(3, 3, "2026-09-22", 1_000, back=1_000)]

    def rate(orders):
        return dict(answer("overview/kpis", rows=marts(orders=orders)).table.select("kpi", "value").iter_rows())[
            "return_rate"
        ]

    assert rate(sold) is None
    assert rate(sold + back) == 0.2
    weekly = answer("overview/weekly", rows=marts(orders=sold)).table
    assert weekly.filter(weekly["kpi"] == "return_rate")["value"].drop_nulls().is_empty()


def test_the_trend_lays_the_period_before_beside_it_day_by_day():
    table = answer("overview/trend").table
    assert table.height == 28
    assert table.filter(pl_day(table, "2026-10-18")).row(0) == (day("2026-10-18"), 0, 3_000, 0, 1)
    assert table.filter(pl_day(table, "2026-11-10")).row(0) == (day("2026-11-10"), 5_000, 0, 1, 0)


def pl_day(table, text):
    return table["local_on"] == day(text)


def test_twelve_weeks_end_with_the_period():
    table = answer("overview/weekly").table
    assert table["week_on"].n_unique() == 12
    assert table["week_on"].max() == day("2026-11-08")
    assert table["week_on"].min() == day("2026-08-23")
    last = table.filter(week_on=day("2026-11-08"), kpi="net_minor")
    assert last["value"].to_list() == [11_000]


def test_overlap_looks_at_24_months_whatever_the_period():
    assert answer("catchment/overlap", "from=2026-11-14&to=2026-11-14").n == 2
    assert answer("catchment/overlap").notes == (
        "Overlap is measured over the last 24 months, whatever the period chosen.",
        "Distances are straight-line (great-circle).",
    )
