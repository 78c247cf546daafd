"""The server keeps its promises by its settings."""

from __future__ import annotations

import tomllib

import pytest

from schema.settings import MAX_UPLOAD_BYTES
from tests.ui.conftest import ROOT

SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "name", "wanted"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "fileWatcherType", "none"),
        ("server", "maxUploadSize", MAX_UPLOAD_BYTES // 1024**2),
        ("server", "enableXsrfProtection", True),
        ("server", "enableCORS", True),
        ("server", "enableStaticServing", True),
        ("runner", "postScriptGC", False),
        ("runner", "magicEnabled", False),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
        ("client", "toolbarMode", "minimal"),
        ("client", "disableDataExport", True),
    ],
)
def test_the_server_is_set_to(section: str, name: str, wanted: object) -> None:
    assert SETTINGS[section][name] == wanted


def test_the_agent_interface_is_not_switched_on() -> None:
    assert SETTINGS["server"].get("enableAgentApi", False) is False


def test_static_files_are_the_basemap_and_nothing_of_a_customer() -> None:
    kinds = {path.suffix for path in (ROOT / "ui" / "static").rglob("*") if path.is_file()}
    assert kinds <= {".json", ".geojson", ".pbf", ".md", ".txt"}
    assert not (ROOT / "static").exists()


def test_the_dark_theme_repeats_every_colour_of_the_light_one() -> None:
    theme = SETTINGS["theme"]
    colours = {name for name, value in theme.items() if isinstance(value, str) and value.startswith("#")}
    assert colours <= set(theme["dark"])
    assert set(theme["sidebar"]) <= set(theme["dark"]["sidebar"])


def test_no_font_or_picture_comes_from_elsewhere() -> None:
    assert "http" not in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert "http" not in (ROOT / "ui" / "looks.css").read_text(encoding="utf-8")
