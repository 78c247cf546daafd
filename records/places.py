"""Which database a mode's SQL lies in."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schema.errors import UsageError
from schema.language import say
from schema.settings import DataMode, data_home

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """One database.

    Attributes:
        mode: whose data.
        file: the SQLite file; None for PostgreSQL.
        url: how to connect, with the password.
        schema: the schema on PostgreSQL.
    """

    mode: DataMode
    file: Path | None
    url: sa.URL = field(repr=False)
    schema: str

    @property
    def shown(self) -> str:
        """How messages call it; never with a password."""
        if self.file is not None:
            return str(self.file)
        server = f"{self.url.host or 'local socket'}{f':{self.url.port}' if self.url.port else ''}"
        return say(
            "PostgreSQL database {database} at {server}", database=self.url.database or say("(default)"), server=server
        )


def place(mode: DataMode) -> Place:
    """Where a mode's database is: ``CATCHLIGHT_DATABASE``, else ``catchlight.db`` in the mode's folder.

    Raises:
        UsageError: the setting is not a PostgreSQL address, or the driver is not installed.
    """
    written = os.environ.get("CATCHLIGHT_DATABASE", "").strip()
    schema = f"catchlight_{mode}"
    if not written:
        file = data_home(mode) / "catchlight.db"
        return Place(mode, file, sa.URL.create("sqlite+pysqlite", database=str(file)), schema)
    wanted = say("CATCHLIGHT_DATABASE must be an address such as postgresql://user:password@host:5432/database.")
    try:
        url = sa.make_url(written)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError(wanted) from None  # the cause would show the password
    if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise UsageError(wanted)
    if importlib.util.find_spec("psycopg") is None:
        msg = say(
            "CATCHLIGHT_DATABASE is set, and the PostgreSQL driver is missing: pip install -r requirements-postgres.txt"
        )
        raise UsageError(msg)
    return Place(mode, None, url.set(drivername="postgresql+psycopg"), schema)
