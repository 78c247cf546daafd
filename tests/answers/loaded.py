"""Companies of a few files, imported as anybody's are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.scope import Scope
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AGENT = Scope("agent", "wang", "AG1")
STORES = """store_id,name,type,agent_id,city,lat,lng,datum
S1,One,franchise,AG1,Suzhou,48.30,10.60,WGS-84
S2,Two,franchise,AG2,Wuxi,48.57,10.29,WGS-84
"""
"""Two agents with a store each, 40 km apart."""


def load(home: Path, files: Mapping[str, str]) -> Path:
    """Write the files and import them; no row is put aside. Returns the data folder; the files stay beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(home / "data"))
        for name, text in files.items():
            (home / f"{name}.csv").write_text(text, encoding="utf-8")
        paths = [home / f"{name}.csv" for name in files]
        report = warehouse.import_files(paths, zone="UTC", currency="EUR", trusted=True)
    assert sum(source.quarantined for source in report.sources) == 0, report
    return home / "data"
