"""The browser and the frame that the other tests use, for names and files that mean harm."""

from tests.browser.conftest import browser
from tests.ui.conftest import app, shop

__all__ = ["app", "browser", "shop"]
