import pytest


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    return tmp_path
