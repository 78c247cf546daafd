import pytest

from records import database


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    monkeypatch.delenv("CATCHLIGHT_DATABASE", raising=False)
    yield tmp_path
    monkeypatch.delenv("CATCHLIGHT_DATABASE", raising=False)
    database.dispose("real")
