"""The PNG of a card: a chart's is made by the browser from what it shows, a map's on the server."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.language import say
from ui.downloads import noted, seen_leaving
from ui.view import current_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlit.delta_generator import DeltaGenerator

    from charts.maps import MapView

_PARTS: Final = Path(__file__).parent / "components" / "save_picture"


def _part(kind: str) -> str:
    return (_PARTS / f"save_picture.{kind}").read_text(encoding="utf-8")


_BUTTON: Final = st.components.v2.component("save_picture", html=_part("html"), css=_part("css"), js=_part("js"))


@dataclass(frozen=True)
class Frame:
    """What a card's pictures carry, and where its ⓘ keeps room for their buttons."""

    title: str
    subtitle: str
    source: str
    file: str
    buttons: DeltaGenerator
    address: str = ""
    rows: int = 0


_FRAME: ContextVar[Frame | None] = ContextVar("frame", default=None)


@contextmanager
def framed(frame: Frame | None) -> Iterator[None]:
    """Whatever is drawn inside belongs to this frame."""
    before = _FRAME.set(frame)
    try:
        yield
    finally:
        _FRAME.reset(before)


def offer_chart(chart: str) -> None:
    """A PNG button for the chart with this key, in the ⓘ of the card it stands in."""
    frame, theme = _FRAME.get(), current_view().theme
    if frame is None:
        return
    with frame.buttons:
        _BUTTON(
            key=f"png-{chart}",
            width="content",
            data={
                "chart": chart,
                "title": frame.title,
                "subtitle": frame.subtitle,
                "source": frame.source,
                "file": f"{frame.file}.png",
                "words": {
                    "save": say('Save the chart "{title}" as PNG', title=frame.title),
                    "failed": say("The picture could not be made: {reason}"),
                    "hidden": say("the chart is not on the page; switch “As table” off."),
                    "empty": say("this browser gave no image."),
                },
                "page": theme.page,
                "ink": theme.ink,
                "caption": theme.caption,
            },
            on_saved_change=seen_leaving(address=frame.address, rows=frame.rows, form="png"),
        )


def offer_map(found: MapView, key: str) -> None:
    """A PNG button for a map, in the ⓘ of the card it stands in; the picture is made when it is asked for."""
    frame, theme = _FRAME.get(), current_view().theme
    if frame is None:
        return

    def picture() -> bytes:
        from charts.map_picture import map_png  # noqa: PLC0415  (Pillow and the basemap load only when asked for)

        return map_png(found, theme, title=frame.title, subtitle=frame.subtitle, source=frame.source)

    frame.buttons.download_button(
        "PNG",
        data=noted(picture, address=f"{current_view().page}/map", rows=0, form="png"),
        file_name=f"{frame.file}.png",
        mime="image/png",
        key=f"png-{key}",
        icon=":material/download:",
        on_click="ignore",
    )
