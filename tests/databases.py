"""Fixtures that run the same tests on SQLite and on a real PostgreSQL; every room may ask for them."""

from __future__ import annotations

import pytest

from records import database
from tests.ledger import postgres


@pytest.fixture(scope="session")
def postgres_address():
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed (requirements-postgres.txt)")
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL programs here (initdb, pg_ctl): apt-get install postgresql")
    with postgres.server() as address:
        yield address


def _fresh(tmp_path, monkeypatch, address):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    if address is None:
        monkeypatch.delenv("CATCHLIGHT_DATABASE", raising=False)
    else:
        monkeypatch.setenv("CATCHLIGHT_DATABASE", address)
        for mode in ("real", "demo"):
            database.forget(mode)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path, monkeypatch):
    """An empty database; every test that asks for it runs once on each kind. None is SQLite."""
    address = request.getfixturevalue("postgres_address") if request.param == "postgresql" else None
    _fresh(tmp_path, monkeypatch, address)
    yield address
    for mode in ("real", "demo"):
        database.dispose(mode)


@pytest.fixture
def sqlite_home(tmp_path, monkeypatch):
    """An empty data folder on SQLite."""
    _fresh(tmp_path, monkeypatch, None)
    yield tmp_path
    database.dispose("real")
