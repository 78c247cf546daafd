"""Territories and ways: what people promise agents, and how far it is by road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from loaders.detect import detect
from loaders.load import Loaded, build
from loaders.shape_areas import h3_text
from loaders.table import RawTable
from loaders.work import Defaults
from schema.errors import NeedsAnswerError
from schema.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingLike
    from collections.abc import Sequence

R9, R9B, R5, R4 = "89309a6d2cbffff", "89309a6d2cfffff", "85309a6ffffffff", "84309a7ffffffff"


def table(columns: MappingLike[str, Sequence[str | None]], name: str = "areas.csv") -> RawTable:
    """A text file as read."""
    return RawTable(name, pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))


def found(columns: MappingLike[str, Sequence[str | None]]) -> Loaded:
    """Detect and load."""
    raw = table(columns)
    return build(raw, detect(raw).mapping, Defaults())


def reasons(loaded: Loaded) -> list[tuple[int, str, str]]:
    """Row, code and message of what was set aside."""
    return loaded.quarantine.select("_row", "code", "message").rows()


def test_cells_are_read_as_text_and_as_numbers_of_64_bits() -> None:
    number = str(int(R9, 16))
    cells = h3_text(pl.Series([R9.upper(), number, f"0x{R9}", "wtw3sj", "", None, "12", "8" + "f" * 14]))
    assert cells.to_list() == [R9, R9, R9, None, None, None, None, None]


def test_three_kinds_of_territories_are_found_and_read() -> None:
    loaded = found(
        {
            "territory_id": ["T1", "T2", "T3"],
            "agent_id": ["A1", "A1", "A2"],
            "store_id": ["S1", None, None],
            "kind": ["radius", "H3", "District"],
            "value": ["3,000", f"{R9B}, {R9} {R9}", " Jing'an "],
            "protects": ["binding;opening", "Delivery", None],
            "valid_from": ["2026-01-01", "2026-02-01", None],
            "valid_to": [None, "2027-01-01", None],
        }
    )
    assert (loaded.shape, loaded.quarantine.height) == ("territories", 0)
    rows = loaded.tables["territories"].select("territory_id", "kind", "value", "protects").rows()
    assert rows == [
        ("T1", "radius_m", "3000", "opening binding"),
        ("T2", "h3_set", f"{R9} {R9B}", "delivery"),
        ("T3", "district", "Jing'an", None),
    ]
    assert loaded.tables["territories"]["valid_from"].cast(pl.String).to_list() == ["2026-01-01", "2026-02-01", None]


def test_a_chinese_list_of_radii_needs_neither_ids_nor_kinds() -> None:
    columns = {
        "代理商编号": ["A1", "A2"],
        "门店编号": ["S1", "S2"],
        "保护半径(米)": ["2500", "1500.5"],
        "保护内容": ["开店、绑定", "配送"],
        "生效日期": ["2026年1月1日", "2026-03-01"],
    }
    loaded = found(columns)
    areas = loaded.tables["territories"]
    assert (loaded.shape, loaded.rows_in, areas["territory_id"].n_unique()) == ("territories", 2, 2)
    assert areas.select("agent_id", "store_id", "kind", "value", "protects").rows() == [
        ("A1", "S1", "radius_m", "2500", "opening binding"),
        ("A2", "S2", "radius_m", "1500.5", "delivery"),
    ]
    assert found(columns).tables["territories"]["territory_id"].equals(areas["territory_id"])


def test_territories_that_cannot_be_used_are_set_aside_with_their_reason() -> None:
    loaded = found(
        {
            "territory_id": ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T1"],
            "store_id": ["S1", None, "S1", "S1", None, None, "S1", "S1", "S1"],
            "kind": [
                "radius_m",
                "radius_m",
                "radius_m",
                "radius_m",
                "h3_set",
                "moon",
                "radius_m",
                "radius_m",
                "radius_m",
            ],
            "value": ["500", "500", "0", "near", f"{R9} 12", "x", None, "500", "500"],
            "protects": [None, None, None, None, None, None, None, "parking", None],
        }
    )
    assert loaded.tables["territories"]["territory_id"].to_list() == ["T1"]
    assert reasons(loaded) == [
        (2, "E01", "store_id is empty: a radius lies around a store."),
        (3, "E02", "value is not a positive number of metres."),
        (4, "E02", "value is not a positive number of metres."),
        (5, "E02", "value holds what is no H3 cell."),
        (6, "E02", "kind is none of radius_m, h3_set, district."),
        (7, "E01", "value is empty."),
        (8, "E02", "protects names something else than opening, binding, delivery."),
    ]
    assert (loaded.rows_in, loaded.duplicate) == (9, 1)


def test_a_territory_of_no_kind_is_asked_about() -> None:
    raw = table({"territory_id": ["T1"], "value": ["500"]})
    with pytest.raises(NeedsAnswerError) as asked:
        build(raw, Mapping("territories", columns={"territory_id": "territory_id", "value": "value"}), Defaults())
    assert asked.value.key == "columns.kind"


def test_ways_are_found_and_read_in_metres_and_seconds() -> None:
    loaded = found({"H3": [R9, R5], "门店": ["S1", "S1"], "距离(公里)": ["1.25", None], "duration_min": ["4", "12.5"]})
    assert (loaded.shape, loaded.quarantine.height) == ("travel", 0)
    assert loaded.tables["travel"].select("cell", "store_id", "distance_m", "duration_s").rows() == [
        (R9, "S1", 1250.0, 240.0),
        (R5, "S1", None, 750.0),
    ]


def test_ways_that_cannot_be_used_are_set_aside_with_their_reason() -> None:
    loaded = found(
        {
            "cell": [R9, R9B, R4, "89zz", R5, R9, R9],
            "store_id": ["S1", "S1", "S1", "S1", None, "S1", "S2"],
            "distance_m": ["100", None, "5", "5", "5", "100", "-1"],
        }
    )
    assert loaded.tables["travel"].select("cell", "store_id").rows() == [(R9, "S1")]
    assert reasons(loaded) == [
        (2, "E01", "distance_m is empty: a way needs a distance or a time."),
        (3, "E02", "cell has a resolution outside 5 to 9."),
        (4, "E02", "cell is no H3 cell."),
        (5, "E01", "store_id is empty."),
        (7, "E02", "distance_m is negative."),
    ]
    assert loaded.duplicate == 1


def test_two_distances_for_one_way_contradict_each_other() -> None:
    loaded = found({"cell": [R9, R9], "store_id": ["S1", "S1"], "distance_m": ["100", "200"]})
    assert [row[1] for row in reasons(loaded)] == ["E03", "E03"]


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        ({"store_id": ["S1"], "name": ["A"], "city": ["B"], "type": ["direct"], "value": ["3"]}, "stores"),
        ({"cell": ["555-123"], "store_id": ["S1"], "distance": ["12"], "name": ["A"], "city": ["B"]}, "stores"),
    ],
)
def test_other_tables_with_such_words_are_what_they_were(columns: dict[str, list[str]], shape: str) -> None:
    assert detect(table(columns)).mapping.shape == shape
