"""Every address keeps its promise: columns, order, types; on no rows, on one and on many."""

import pytest

from answers.registry import ADDRESSES, ask
from schema.errors import RefusedError, UsageError
from schema.scope import Scope
from schema.tables import CANONICAL
from schema.wording import KPIS
from tests.answers.tiny import COMPANY, GOODS, NOTHING, PEOPLE, PLACES, answer, asked, line, marts, order, visit

PROMISED = {
    "overview/kpis": "kpi value previous unit n",
    "dwell/heatmap": "group hour_of_week views known_views dwell_s index",
    "dwell/products": "product_id views known_views customers median_dwell_s linger_rate conversion_rate",
    "purchases/summary": "orders order_days buyers orders_without_customer gross_minor refunds_minor net_minor "
    "average_order_value_minor repeat_rate repeat_rate_orders currency",
    "purchases/frequency": "orders customers",
    "purchases/rfm": "r f m segment customers net_minor",
    "purchases/btyd": "r alpha a b log_likelihood customers p q v",
    "products/buyers": "cell customers",
    "products/hours": "hour_of_week orders",
    "catchment/cells": "store_id cell customers tier",
    "catchment/overlap": "a b overlap_index jaccard a_in_b b_in_a customers_b_in_ta_a shared_buyers n_a n_b",
    "catchment/nearest": "customer_id store_id distance_m",
    "sharing/bindings": "customer_id store_id agent_id valid_from valid_to status confidence",
    "sharing/statement": "agent_id month currency opening_minor accrued_minor clawback_minor paid_minor adjust_minor "
    "closing_minor",
    "sharing/simulation": "agent_id before_minor after_minor delta_minor",
    "sync/match": "store_id channel orders identified unified",
    "sync/reconciliation": "day source ours_minor theirs_minor difference_minor",
    "data/report": "source rows_in accepted updated duplicate quarantined rows_in_minor accepted_minor updated_minor "
    "duplicate_minor quarantined_minor",
    "data/profile": "column rows distinct nulls",
}
ONE = marts(
    orders=[order(1, 1, "2026-11-02", 10_000)],
    lines=[line(order(1, 1, "2026-11-02", 10_000), "P1", size="M")],
    visits=[visit(1, "2026-11-01", "P1", 30, linger=True)],
    people=PEOPLE[:1],
    places=PLACES[:1],
    goods=GOODS[:1],
)


def every_option():
    for name, entry in sorted(ADDRESSES.items()):
        yield pytest.param(name, {}, id=name)
        for option, allowed in entry.options.items():
            for value in (allowed or ())[1:]:
                yield pytest.param(name, {option: value}, id=f"{name}-{option}-{value}")


@pytest.mark.parametrize(("name", "columns"), list(PROMISED.items()))
def test_the_promised_columns_are_those_of_the_contract(name, columns):
    assert list(ADDRESSES[name].columns)[: len(columns.split())] == columns.split()


@pytest.mark.parametrize(("name", "options"), list(every_option()))
@pytest.mark.parametrize("rows", [NOTHING, ONE, COMPANY], ids=["no rows", "one row", "a company"])
def test_every_address_gives_its_columns_in_order(name, options, rows):
    found = answer(name, rows=rows, **options)
    promised = list(ADDRESSES[name].columns)
    assert [column for column in found.table.columns if column in promised] == promised
    assert found.snapshot == 7
    assert found.definition


ALWAYS_ROWS = {
    "overview/kpis",  # every key figure has a row; unknown ones are null
    "overview/weekly",
    "data/freshness",  # every table has a row
    "data/profile",
    "products/distance",  # every band has a row
    "sharing/rules",  # the standard rules hold until others are saved
    "sharing/policies",  # and so does the standard policy
}


@pytest.mark.parametrize(("name", "options"), list(every_option()))
def test_nothing_loaded_gives_an_empty_table_and_no_error(name, options):
    found = answer(name, rows=NOTHING, **options)
    assert found.is_empty or name in ALWAYS_ROWS
    assert found.coverage is None


@pytest.mark.parametrize(("name", "options"), list(every_option()))
@pytest.mark.parametrize("query", ["store=S9", "city=Atlantis", "from=whenever", "segment=friends", "currency=EUR"])
def test_a_value_that_is_not_here_selects_nothing_and_is_named(name, options, query):
    found = answer(name, query, **options)
    assert found.is_empty or name in ALWAYS_ROWS or name.startswith("data/")
    said = {
        "store=S9": "No store S9 here.",
        "city=Atlantis": "No city Atlantis here.",
        "from=whenever": "The date from=whenever is not a day like 2026-10-31.",
        "segment=friends": "No segment friends here.",
        "currency=EUR": "No sales in EUR here.",
    }
    assert found.notes[0] == said[query]


def test_the_key_figures_of_an_unknown_store_are_unknown_not_zero():
    table = answer("overview/kpis", "store=S9").table
    assert table["value"].null_count() == table.height
    assert table["kpi"].to_list() == list(KPIS)


def test_nothing_loaded_makes_every_key_figure_unknown_not_zero():
    assert answer("overview/kpis", rows=NOTHING).table["value"].null_count() == len(KPIS)


def test_an_unknown_address_names_the_known_ones():
    with pytest.raises(UsageError, match=r"No address 'overview/nothing'; the addresses are audiences/<name>, "):
        ask("overview/nothing", asked())


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(UsageError) as error:
        answer("dwell/heatmap", colour="red")
    assert str(error.value) == "dwell/heatmap has no option 'colour'; its options are: group, medians."


def test_an_unknown_value_of_an_option_names_the_known_ones():
    with pytest.raises(UsageError) as error:
        answer("dwell/heatmap", group="shape")
    assert str(error.value) == "dwell/heatmap: group='shape' is none of category, product."


@pytest.mark.parametrize(
    "name", ["catchment/cells", "catchment/overlap", "catchment/sales", "catchment/customers", "products/buyers"]
)
@pytest.mark.parametrize("resolution", ["fine", "3", "10", 12])
def test_a_resolution_no_map_has_is_refused(name, resolution):
    with pytest.raises(UsageError) as error:
        answer(name, resolution=resolution)
    assert str(error.value) == f"resolution={resolution!r} is none of 4, 5, 6, 7, 8, 9."


@pytest.mark.parametrize("name", ["data/report", "data/profile", "data/quarantine", "data/codes"])
@pytest.mark.parametrize("role", ["agent", "presenter"])
def test_loads_and_rows_set_aside_are_the_owners_alone(name, role):
    with pytest.raises(RefusedError, match=r"Only the owner may see "):
        answer(name, scope=Scope(role, "someone", "AG1"))


def test_every_table_may_be_profiled():
    assert ADDRESSES["data/profile"].options["table"] == tuple(CANONICAL)
