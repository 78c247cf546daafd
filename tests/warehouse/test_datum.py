import polars as pl
import pytest

from schema.errors import UsageError
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import customer, fix, marts, store, table, take
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")

GATE = (39.9087, 116.3975)
ON_A_MAP = (39.910103, 116.403744)
"""The same square as a mainland map draws it: 554.9 m away (GCJ-02)."""
ON_THE_OTHER = (39.916442, 116.410117)
SCANS = [fix(f"F{n}", *GATE, src="store_scan", context_store_id="S1", row=n) for n in range(1, 6)]


def shifted(store_id="S1", raw=ON_A_MAP, *, datum="WGS-84", **more):
    """A store as a loader gives it: declared WGS-84 and so taken as it is."""
    return store(store_id, *raw, lat_raw=raw[0], lng_raw=raw[1], datum_raw=datum, **more)


def stores(*rows, file="stores.csv"):
    return table("stores", *rows, file=file)


def loaded():
    take(
        stores(shifted(), shifted("S2", (31.2, 121.4), row=2)),
        table("customers", customer("C1", home_lat=GATE[0], home_lng=GATE[1])),
        table("location_fixes", *SCANS),
    )


def where(store_id="S1"):
    row = marts().places.row(by_predicate=pl.col("store_id") == store_id, named=True)
    return round(row["lat"], 4), round(row["lng"], 4)


def is_suspect():
    return marts().places["is_datum_suspect"].to_list()


def test_a_corrected_datum_moves_the_store_and_clears_the_flag():
    loaded()
    assert (is_suspect(), round(marts().people["nearest_m"][0], -1)) == ([True, False], 550.0)
    assert api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER) == 2
    assert (where(), is_suspect()) == (GATE, [False, False])
    assert marts().people["nearest_m"][0] < 1.0  # metres, to the rounding of the published numbers
    assert where("S2") == (31.2, 121.4)


def test_bd_09_is_two_offsets_away():
    take(stores(shifted(raw=ON_THE_OTHER)))
    api.fix_datum("real", ["S1"], "BD-09", LOCAL_OWNER)
    assert where() == GATE


def test_the_declared_datum_undoes_the_correction():
    loaded()
    before = marts().places
    api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER)
    assert api.fix_datum("real", ["S1"], "WGS-84", LOCAL_OWNER) == 3
    assert marts().places.equals(before)
    assert "datum_fixes" not in dict(api.open_snapshot("real").read("settings").iter_rows())


def test_what_is_so_already_publishes_nothing():
    loaded()
    assert api.fix_datum("real", ["S2"], "WGS-84", LOCAL_OWNER) == 1
    assert (
        api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER),
        api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER),
    ) == (2, 2)


def test_the_same_file_again_keeps_the_correction_and_says_so():
    loaded()
    api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER)
    again = take(stores(shifted(), shifted("S2", (31.2, 121.4), row=2), file="again.csv"))
    assert (again.snapshot, again.sources[0].duplicate, again.sources[0].codes) == (None, 2, {})
    assert again.sources[0].notes == ("1 store keeps the datum that was corrected after an earlier import.",)
    renamed = take(stores(shifted(name="Gate"), file="b.csv"))
    assert (renamed.snapshot, where(), is_suspect()) == (3, GATE, [False, False])
    assert api.rebuild("real") == 4
    assert where() == GATE


def test_a_file_with_another_position_or_datum_is_believed():
    loaded()
    api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER)
    take(stores(shifted(raw=(39.95, 116.4)), file="moved.csv"))
    assert where() == (39.95, 116.4)
    take(stores(shifted(datum="BD-09", raw=ON_A_MAP), file="declared.csv"))
    assert where() == (39.9101, 116.4037)  # as its loader converted it
    take(stores(shifted(), file="old.csv"))
    assert where() == GATE


def test_settings_of_a_later_import_keep_the_correction():
    loaded()
    api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER)
    take(table("customers", customer("C2"), file="more.csv"))
    assert "S1" in dict(api.open_snapshot("real").read("settings").iter_rows())["datum_fixes"]


@pytest.mark.parametrize(
    ("ids", "datum", "message"),
    [
        (["S1"], "unknown", "datum: 'unknown' is not known; it must be one of WGS-84, GCJ-02, BD-09."),
        (["S1", "S9"], "GCJ-02", "No store S9 here (1 of 2 are not known)."),
        (["S3"], "GCJ-02", "1 stores have no position as given: S3. Leave them out."),
    ],
)
def test_what_cannot_be_corrected_is_refused(ids, datum, message):
    loaded()
    take(stores(store("S3", None, None), file="c.csv"))
    with pytest.raises(UsageError) as caught:
        api.fix_datum("real", ids, datum, LOCAL_OWNER)
    assert str(caught.value) == message


def test_without_data_there_is_nothing_to_correct():
    with pytest.raises(UsageError, match=r"^There are no real data yet"):
        api.fix_datum("real", ["S1"], "GCJ-02", LOCAL_OWNER)
