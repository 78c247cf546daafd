"""Answers never read the data of whoever runs the tests."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_data_home(tmp_path_factory):
    """An empty data folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        yield
