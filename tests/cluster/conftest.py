"""A main module for the cluster's client to find."""

import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def main_module():
    """The client takes a main module without a file, as parallel test workers have, for a doctest and wants all of Spark."""
    with pytest.MonkeyPatch.context() as patch:
        main = sys.modules["__main__"]
        if not hasattr(main, "__file__"):
            patch.setattr(main, "__file__", __file__, raising=False)
        yield
