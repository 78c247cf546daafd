"""A file that lacks a column says nothing about it: an ownership list does not take the stores' positions away."""

import polars as pl
import pytest

from schema.scope import LOCAL_OWNER
from warehouse import api

STORES = "store_id,name,lat,lng,datum,opened_on,area_m2\nS1,Harbour,1.3,103.8,WGS-84,2020-01-01,90\n"
OWNERS = "store_id,agent_id,type\nS1,A1,franchise\n"
PEOPLE = "customer_id,registered_at,home_lat,home_lng,home_precision_m\nC1,2026-01-10 10:00:00,1.301,103.8,20\n"


@pytest.fixture
def load(data_folder):
    """Import typed files as one batch, each read as the shape that its name says."""

    def taken(**texts):
        paths = []
        for name, text in texts.items():
            path = data_folder / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return api.import_files(paths, zone="UTC", currency="EUR", trusted=True)

    return taken


def row(table, key):
    return api.open_snapshot("real").read(table).row(by_predicate=pl.col("store_id") == key, named=True)


def person():
    return api.open_snapshot("real").read("customers").row(0, named=True)


def test_a_list_of_owners_keeps_names_positions_and_days(load):
    load(stores=STORES)
    assert load(owners=OWNERS).sources[0].updated == 1
    store = row("stores", "S1")
    assert (store["agent_id"], store["type"]) == ("A1", "franchise")
    assert (store["name"], store["lat"], store["lng"], store["area_m2"]) == ("Harbour", 1.3, 103.8, 90.0)
    assert (str(store["opened_on"]), store["datum_raw"]) == ("2020-01-01", "WGS-84")


def test_both_lists_in_one_drop_join_in_either_order(load):
    load(a=STORES, b=OWNERS)
    store = row("stores", "S1")
    assert (store["agent_id"], store["lat"]) == ("A1", 1.3)
    api.reset("real", LOCAL_OWNER)
    load(a=OWNERS, b=STORES)
    store = row("stores", "S1")
    assert (store["agent_id"], store["lat"]) == ("A1", 1.3)


def test_the_same_part_again_is_a_duplicate(load):
    load(stores=STORES)
    load(owners=OWNERS)
    again = load(owners=OWNERS)
    assert (again.snapshot, again.sources[0].duplicate) == (None, 1)
    assert load(stores=STORES).sources[0].duplicate == 1


def test_an_empty_value_in_a_column_that_is_there_takes_the_old_one_away(load):
    load(stores=STORES)
    load(owners=OWNERS)
    load(later="store_id,agent_id\nS1,\nS2,A2\n")
    assert (row("stores", "S1")["agent_id"], row("stores", "S1")["type"]) == (None, "franchise")
    assert (row("stores", "S2")["agent_id"], row("stores", "S2")["lat"]) == ("A2", None)


def test_customers_keep_when_they_registered_and_a_new_home_forgets_the_old_ones_precision(load):
    load(customers=PEOPLE)
    load(consent="customer_id,consent_marketing_at\nC1,2026-02-01 09:00:00\n")
    kept = person()
    assert (str(kept["registered_at"]), kept["home_lat"]) == ("2026-01-10 10:00:00+00:00", 1.301)
    load(moved="customer_id,home_lat,home_lng\nC1,1.4,103.9\n")
    moved = person()
    assert (moved["home_lat"], moved["home_precision_m"]) == (1.4, None)
    assert str(moved["registered_at"]) == "2026-01-10 10:00:00+00:00"


def test_a_flag_that_the_file_lacks_stays_as_it_was(load):
    load(stores="store_id,name,lat,lng,accepts_binding\nS1,Harbour,1.3,103.8,no\n")
    load(owners=OWNERS)
    assert row("stores", "S1")["accepts_binding"] is False


def test_a_store_is_closed_by_a_file_of_two_columns(load):
    load(stores=STORES)
    assert load(closed="store_id,closed_on\nS1,2026-11-10\n").sources[0].shape == "stores"
    store = row("stores", "S1")
    assert (str(store["closed_on"]), store["lat"]) == ("2026-11-10", 1.3)
