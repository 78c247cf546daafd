import pytest


@pytest.fixture(autouse=True)
def key_of_identities(monkeypatch):
    """E-mail addresses in these files are hashed with a key of the tests, never with one of this machine."""
    monkeypatch.setenv("CATCHLIGHT_HASH_KEY", "the key of the tests alone")
