"""Several unusable files in one drop are named together."""

import pytest

from schema.errors import SourceError
from warehouse.api import has_rows, import_files


def test_every_unusable_file_is_named_at_once_and_nothing_is_imported(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 a")
    (tmp_path / "b.csv").write_bytes(b"")
    good = tmp_path / "orders.csv"
    good.write_text("order_id,customer_id,paid_at,total\n1,c1,2026-01-05 10:00,12.50\n")
    with pytest.raises(SourceError) as caught:
        import_files([tmp_path / "a.pdf", good, tmp_path / "b.csv"], zone="UTC", currency="EUR")
    said = str(caught.value).splitlines()
    assert said[0] == "2 of 3 files cannot be used, so none was imported. Leave these out, or mend them:"
    assert said[1].startswith("- a.pdf: ")
    assert said[2].startswith("- b.csv: ")
    assert not has_rows("real")
