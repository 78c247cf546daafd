import pytest


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    return tmp_path


def pytest_collection_modifyitems(config, items):
    """Full figures run only when they are asked for: ``pytest -m long``."""
    if "long" in config.getoption("markexpr", default=""):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="full figure; run pytest -m long"))
