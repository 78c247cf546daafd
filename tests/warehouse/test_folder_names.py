"""The data folder may be called what people call folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.scope import LOCAL_OWNER
from warehouse import api

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = "order_id,customer_id,placed_at,amount\n{n},7,2026-01-0{n} 10:00:00,5.00\n"


@pytest.mark.parametrize("name", ["My data", "100% real", "Zürich #1", "数据", "x & y; z"])
def test_data_lie_in_a_folder_of_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / name))
    for n in (1, 2):
        (tmp_path / f"{n}.csv").write_text(ORDERS.format(n=n))
        api.import_files([tmp_path / f"{n}.csv"], zone="UTC", currency="EUR")
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    assert snapshot.read("orders")["order_id"].sort().to_list() == ["1", "2"]
    assert api.load_marts(snapshot, LOCAL_OWNER).orders["net_minor"].to_list() == [500, 500]
