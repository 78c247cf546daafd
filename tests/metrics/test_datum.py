from __future__ import annotations

import polars as pl
import pytest

from metrics.datum import datum_suspects

SQUARE = (39.9087, 116.3975)
SQUARE_ON_A_MAP = (39.910103, 116.403744)


def stores(*rows: tuple[str, float | None, float | None]) -> pl.DataFrame:
    schema = {"store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def fixes(store: str, at: tuple[float, float], count: int = 5) -> pl.DataFrame:
    """Fixes on a small cross around a place: the median is the place."""
    steps = [0.0, 0.0002, -0.0002, 0.0001, -0.0001, 0.0003, -0.0003][:count]
    return stores(*((store, at[0] + step, at[1] - step) for step in steps))


def test_t20_a_store_off_by_the_shift_of_a_mainland_map_is_suspect() -> None:
    table = datum_suspects(stores(("S1", *SQUARE_ON_A_MAP)), fixes("S1", SQUARE))
    assert table.select("store_id", "witnesses", "matches_gcj").row(0) == ("S1", 5, True)
    assert table["offset_m"].item() == pytest.approx(554.9, abs=0.1)


def test_t20_a_store_where_its_witnesses_are_is_not_suspect() -> None:
    table = datum_suspects(stores(("S1", *SQUARE)), fixes("S1", SQUARE))
    assert table["matches_gcj"].item() is False
    assert table["offset_m"].item() == pytest.approx(0.0, abs=0.001)


def test_a_store_off_by_something_else_is_not_suspect() -> None:
    moved = datum_suspects(stores(("S1", SQUARE[0] + 0.005, SQUARE[1])), fixes("S1", SQUARE))
    assert moved["matches_gcj"].item() is False
    assert moved["offset_m"].item() == pytest.approx(555.97, abs=0.01)


def test_the_match_ends_thirty_metres_from_the_shifted_place() -> None:
    near = stores(("S1", SQUARE_ON_A_MAP[0] + 0.00026, SQUARE_ON_A_MAP[1]))
    far = stores(("S1", SQUARE_ON_A_MAP[0] + 0.00028, SQUARE_ON_A_MAP[1]))
    assert datum_suspects(near, fixes("S1", SQUARE))["matches_gcj"].item() is True
    assert datum_suspects(far, fixes("S1", SQUARE))["matches_gcj"].item() is False


def test_one_wild_witness_does_not_move_the_median() -> None:
    wild = pl.concat([fixes("S1", SQUARE, 6), stores(("S1", 31.2, 121.5))])
    assert datum_suspects(stores(("S1", *SQUARE_ON_A_MAP)), wild)["matches_gcj"].item() is True


def test_four_witnesses_are_too_few_to_tell() -> None:
    table = datum_suspects(stores(("S1", *SQUARE_ON_A_MAP)), fixes("S1", SQUARE, 4))
    assert table.select("witnesses", "matches_gcj").row(0) == (4, None)


def test_outside_the_mainland_nothing_is_suspect() -> None:
    paris = (48.8566, 2.3522)
    assert datum_suspects(stores(("S1", *paris)), fixes("S1", paris))["matches_gcj"].item() is False


def test_stores_without_position_or_witness_are_left_out() -> None:
    table = datum_suspects(stores(("S1", None, None), ("S2", *SQUARE)), fixes("S1", SQUARE))
    assert table.is_empty()
    assert table.columns == ["store_id", "witnesses", "offset_m", "matches_gcj"]
