import pytest


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch):
    """A test that forgets its data folder writes nowhere."""
    monkeypatch.setenv("CATCHLIGHT_HOME", "/proc/nowhere")
