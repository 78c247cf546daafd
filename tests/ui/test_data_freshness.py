"""Tables of the warehouse are called in the reader's language, and what is no table stays as it is."""

import polars as pl

from schema.language import speaking
from ui.data_freshness import named


def test_tables_are_called_as_people_call_them() -> None:
    rows = pl.DataFrame({"shape": ["orders", "location_fixes", "mystery", None], "n": [1, 2, 3, 4]})
    assert named(rows, "shape")["shape"].to_list() == ["Orders", "Location Fixes", "mystery", None]
    with speaking("es"):
        assert named(rows, "shape")["shape"][0] == "Pedidos"
    assert named(rows, "table").equals(rows)
