import h3
import polars as pl
import pytest

from tests.warehouse.typed import UTC, at, customer, marts, store, table, take
from warehouse.homes import homes

PLACES = pl.DataFrame({"store_id": ["S1"], "lat": [31.0], "lng": [121.0]})
"""0.00134° of latitude are 149.0 m, 0.00136° are 151.2 m."""


def people(*rows):
    columns = {
        "customer_key": pl.Int64, "home_lat": pl.Float64, "home_lng": pl.Float64, "home_src": pl.String,
        "home_precision_m": pl.Float64, "city": pl.String, "registered_at": UTC,
    }  # fmt: skip
    return pl.DataFrame([dict.fromkeys(columns) | {"customer_key": 1} | row for row in rows], schema=columns)


def fixes(*rows):
    columns = {
        "fix_id": pl.String, "customer_key": pl.Int64, "fixed_at": UTC, "lat": pl.Float64, "lng": pl.Float64,
        "src": pl.String, "context_store_id": pl.String, "accuracy_m": pl.Float64,
    }  # fmt: skip
    shaped = [dict.fromkeys(columns) | {"fix_id": f"F{n}", "customer_key": 1} | row for n, row in enumerate(rows)]
    return pl.DataFrame(shaped, schema=columns)


def home(customers, seen, zone="Asia/Shanghai"):
    found = homes(customers, seen, PLACES, zone)
    return found.select("home_src", "home_lat", "home_precision_m").rows()


NIGHT = {"fixed_at": at("2026-03-01 15:00"), "lat": 31.5, "lng": 121.0, "src": "gps"}  # 23:00 in Shanghai
REGISTRATION = {"fixed_at": at("2026-02-01 05:00"), "lat": 31.4, "lng": 121.0, "src": "gps", "accuracy_m": 40.0}
ADDRESS = {"fixed_at": at("2026-02-20 05:00"), "lat": 31.3, "lng": 121.0, "src": "address"}
SOMEBODY = {"registered_at": at("2026-02-01 04:00"), "city": "Shanghai"}


def test_an_address_beats_registration_which_beats_the_night_which_beats_the_city():
    assert home(people(SOMEBODY), fixes(NIGHT, REGISTRATION, ADDRESS)) == [("address", 31.3, 100.0)]
    assert home(people(SOMEBODY), fixes(NIGHT, REGISTRATION)) == [("registration", 31.4, 40.0)]
    assert home(people(SOMEBODY), fixes(NIGHT)) == [("night", 31.5, 200.0)]
    assert home(people(SOMEBODY), fixes())[0][0] == "city"


def test_a_home_that_the_customers_table_gives_stands_below_an_address_alone():
    given = SOMEBODY | {"home_lat": 31.2, "home_lng": 121.0}
    assert home(people(given), fixes(REGISTRATION)) == [("given", 31.2, 200.0)]
    assert home(people(given), fixes(ADDRESS)) == [("address", 31.3, 100.0)]


def test_a_fix_a_day_after_registration_no_longer_shows_where_somebody_registered():
    late = REGISTRATION | {"fixed_at": at("2026-02-02 04:01")}
    assert home(people({"registered_at": SOMEBODY["registered_at"]}), fixes(late)) == []


def test_night_is_night_in_the_business_zone():
    assert home(people({}), fixes(NIGHT), zone="Europe/London") == []
    assert home(people({}), fixes(NIGHT | {"fixed_at": at("2026-03-01 21:59")})) == [("night", 31.5, 200.0)]
    assert home(people({}), fixes(NIGHT | {"fixed_at": at("2026-03-01 22:00")})) == []


def test_the_cell_of_most_nights_counts_and_not_the_newest():
    other = NIGHT | {"lat": 31.6, "fixed_at": at("2026-03-09 15:00")}
    assert home(people({}), fixes(NIGHT, NIGHT, other)) == [("night", 31.5, 200.0)]


@pytest.mark.parametrize(("lat", "found"), [(31.00134, []), (31.00136, [("night", 31.00136, 200.0)])])
def test_nobody_lives_within_150_m_of_a_store(lat, found):
    assert home(people({}), fixes(NIGHT | {"lat": lat})) == found


@pytest.mark.parametrize("seen", [{"src": "store_scan"}, {"context_store_id": "S9"}, {"src": "ip"}])
def test_a_scan_in_a_store_or_a_network_address_is_no_home(seen):
    assert home(people({}), fixes(NIGHT | seen)) == []


def test_a_city_alone_is_a_coarse_cell_around_its_centre():
    found = homes(people({"city": "上海市"}, {"customer_key": 2, "city": "Nowhere at all"}), fixes(), PLACES, "UTC")
    assert found.select("home_lat", "home_lng", "home_precision_m").rows() == [(31.22222, 121.45806, 5000.0)]
    assert h3.get_resolution(h3.int_to_str(found["home_cell"].item())) == 5


@pytest.mark.usefixtures("data_folder")
def test_a_described_customer_gets_a_fine_cell_and_the_nearest_store():
    take(
        table("stores", store("S1", 31.0, 121.0)),
        table("customers", customer("C1", home_lat=31.01, home_lng=121.0)),
    )
    person = marts().people.row(0, named=True)
    assert h3.get_resolution(h3.int_to_str(person["home_cell"])) == 9
    assert (person["nearest_store_id"], round(person["nearest_m"], 2)) == ("S1", 1111.95)
