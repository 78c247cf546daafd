"""Every input row is counted once, whatever the rows hold."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.load import Defaults, Loaded, load_file
from schema.errors import CatchlightError
from schema.mapping import Mapping
from schema.tables import CANONICAL

if TYPE_CHECKING:
    from pathlib import Path

JUNK = st.sampled_from(
    ["", "x", "nan", "-", "1e400", "9" * 30, "订单", "12,5", "\u3000", "0", "-1", "=1+1", "1,234.50", "２０"]
)
IDS = st.sampled_from(["1", "2", "03", "C1", "C2", "7.0", ""])
TIMES = st.sampled_from(
    ["2020-01-02 03:04:05", "2020-01-02", "2020-02-30", "1763179384", "1.1.1970", "2999-01-01", "2020-03-29 02:30:00"]
)
NUMBERS = st.sampled_from(["1", "2.5", "-3", "0", "1.005", "99999999999999"])
PLACES = st.sampled_from(["31.2", "121.5", "0", "95", "-200", "40.7", "-74.0"])

SHAPES: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "order_lines": {"order_id": IDS, "line_id": IDS, "customer_id": IDS, "placed_at": TIMES, "product_id": IDS,
                    "qty": NUMBERS, "unit_price": NUMBERS, "order_discount": NUMBERS, "status": st.sampled_from(["paid", "??"]),
                    "refunded": NUMBERS, "shipping": NUMBERS},
    "orders": {"order_id": IDS, "customer_id": IDS, "placed_at": TIMES, "paid": NUMBERS, "shipping": NUMBERS,
               "refunded": NUMBERS, "updated_at": TIMES, "lat": PLACES, "lng": PLACES, "currency": st.sampled_from(["USD", "JPY", ""])},
    "events": {"event_id": IDS, "occurred_at": TIMES, "anon_id": IDS, "customer_id": IDS, "type": IDS, "fg_s": NUMBERS,
               "product_id": IDS, "lat": PLACES, "lng": PLACES},
    "stores": {"store_id": IDS, "name": IDS, "lat": PLACES, "lng": PLACES, "opened_on": TIMES, "accepts_binding": IDS,
               "area_m2": NUMBERS},
    "customers": {"customer_id": IDS, "registered_at": TIMES, "home_lat": PLACES, "home_lng": PLACES, "updated_at": TIMES},
    "products": {"product_id": IDS, "name": IDS, "list_price": NUMBERS},
    "refunds": {"refund_id": IDS, "order_id": IDS, "refunded_at": TIMES, "goods": NUMBERS},
    "location_fixes": {"customer_id": IDS, "fixed_at": TIMES, "lat": PLACES, "lng": PLACES, "accuracy_m": NUMBERS},
    "availability": {"product_id": IDS, "size": IDS, "from_on": TIMES},
    "identities": {"id_type": IDS, "id_hash": IDS, "customer_id": IDS, "verified": IDS},
    "agents": {"agent_id": IDS, "name": IDS, "rail_cap_bps": NUMBERS},
    "guides": {"guide_id": IDS, "store_id": IDS, "active_from": TIMES},
}  # fmt: skip


@st.composite
def files(draw: st.DrawFn, shape: str) -> tuple[list[str], list[list[str]], str]:
    """The header, the rows and the rule of returns of a small file."""
    columns = SHAPES[shape]
    required = {"order_lines": {"order_id", "placed_at", "unit_price", "qty"}, "orders": {"placed_at", "paid"},
                "events": {"occurred_at"}, "refunds": {"refunded_at", "goods"}}.get(shape, set())  # fmt: skip
    header = [name for name in columns if name in required or draw(st.booleans())] or list(columns)
    cell = {name: st.one_of(*[columns[name]] * 9, JUNK) for name in header}
    rows = draw(st.lists(st.tuples(*(cell[name] for name in header)), max_size=12))
    rule = draw(st.sampled_from(["", "negative_qty", "prefix:C"])) if shape == "order_lines" else ""
    return header, [list(row) for row in rows], rule


def check_sums(loaded: Loaded) -> None:
    """Rows and money add up, and every row number is there once."""
    counted = [row for frame in loaded.tables.values() for row in frame["_row"].drop_nulls().to_list()]
    aside = loaded.quarantine["_row"].to_list()
    everywhere = sorted(counted + aside)
    assert len(set(everywhere)) == len(everywhere)
    assert len(everywhere) + loaded.duplicate == loaded.rows_in
    accepted = sum(int(frame["_minor"].sum()) for frame in loaded.tables.values())
    money = accepted + int(loaded.quarantine["_minor"].sum()) + loaded.duplicate_minor
    assert money == loaded.rows_in_minor
    for name, frame in loaded.tables.items():
        rows = frame.drop("_row", "_minor")
        assert rows.columns == list(CANONICAL[name].columns())
        CANONICAL[name].validate(rows)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_row_of_a_random_file_is_counted_once(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "random.csv"

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(files(shape))
    def check(drawn: tuple[list[str], list[list[str]], str]) -> None:
        header, rows, rule = drawn
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerows([header, *rows])
        mapping = Mapping(shape, columns={name: name for name in header}, date_order="dmy", decimal=".", datum="WGS-84",
                          returns=rule)  # fmt: skip
        try:
            found = load_file(path, mappings=mapping, defaults=Defaults("Europe/Berlin", "EUR"))
        except CatchlightError as error:
            assert str(error).startswith("random.csv")  # noqa: PT017  (a refusal must say which file)
            return
        for loaded in found:
            assert loaded.rows_in <= len(rows)
            check_sums(loaded)

    check()
