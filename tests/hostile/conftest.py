"""The frame that the other tests use, for names and files that mean harm."""

from tests.ui.conftest import app, shop

__all__ = ["app", "shop"]
