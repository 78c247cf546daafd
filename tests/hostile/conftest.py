"""The frame that the other tests use, for names and files that mean harm."""

from tests.ui.conftest import _rooms_are_drawn, app, shop

__all__ = ["_rooms_are_drawn", "app", "shop"]
