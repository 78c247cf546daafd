"""What somebody with the database's password could do to the company's book."""

from __future__ import annotations

import sqlite3

from records import audit, database
from records.places import place
from records.viewer_table import viewers

CHAINS = (viewers, audit.audit)


def behind_the_back(statement, *values):
    """As somebody with the database's password would."""
    where = place("real")
    if where.file is None:
        with database.engine("real").begin() as raw:
            for table in CHAINS:
                raw.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
            raw.exec_driver_sql(statement.replace("?", "%s"), values)
        return
    raw = sqlite3.connect(where.file)
    with raw:
        for table in CHAINS:
            for what in ("no_update", "no_delete", "next_row"):
                raw.execute(f"DROP TRIGGER IF EXISTS {table.name}_{what}")
        raw.execute(statement, values)
    raw.close()
