"""How is a picture drawn without a browser? Shapes and words on a canvas twice as fine as the picture."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

FINE: Final = 2
"""Shapes are drawn so much larger and then shrunk, which smooths their edges."""
Colour = str | tuple[int, ...]
Point = tuple[float, float]

_LATIN: Final = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf")
_LATIN_BOLD: Final = ("DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf")
_EAST_ASIAN: Final = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("msyh.ttc", 0),
    ("wqy-microhei.ttc", 0),
)
"""Files that hold Chinese and where in them; of the first one, place 2 has the simplified forms."""
_HEAVY: Final = 600


class Pen:
    """A canvas of ``width`` × ``height`` picture pixels; every length and place is given in these."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        """Start with an even ground."""
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), _solid(ground))
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def png(self) -> bytes:
        """The picture as a file."""
        out = BytesIO()
        self._image.reduce(FINE).save(out, "PNG")
        return out.getvalue()

    def paste(self, other: Pen, x: int, y: int) -> None:
        """Lay another canvas onto this one, with its upper left corner at (x, y)."""
        self._image.paste(other._image, (x * FINE, y * FINE))

    def area(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled polygon; fewer than three corners are nothing."""
        if len(points) > 2:  # noqa: PLR2004  (a triangle is the smallest area)
            self._draw.polygon(_fine(points), fill=fill)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line through the points."""
        if len(points) > 1:
            self._draw.line(_fine(points), fill=colour, width=max(1, round(width * FINE)), joint="curve")

    def dot(self, x: float, y: float, radius: float, *, fill: Colour, ring: Colour, width: float) -> None:
        """A filled circle with a ring half inside and half outside of it, as deck.gl draws it."""
        for size, colour in ((radius + width / 2, ring), (radius - width / 2, fill)):
            self._draw.ellipse([v * FINE for v in (x - size, y - size, x + size, y + size)], fill=colour)

    def plate(self, box: tuple[float, float, float, float], fill: Colour, radius: float = 0) -> None:
        """A filled box (left, top, right, bottom) with round corners."""
        self._draw.rounded_rectangle([v * FINE for v in box], radius=radius * FINE, fill=fill)

    def text(
        self, x: float, y: float, words: str, colour: Colour, size: float, *, bold: bool = False, turned: bool = False,
        across: str = "left",
    ) -> None:  # fmt: skip
        """One line of words; y is the middle of its capitals, and x its ``left`` end, ``center`` or ``right`` end.

        Turned words run upwards from there.
        """
        if across != "left":
            x -= width_of(words, size, bold=bold) / (1 if across == "right" else 2)
        if turned:
            self._upwards(x, y, words, colour, size, bold=bold)
            return
        base = (y + size * 0.33) * FINE
        for run, font in _runs(words, size, bold=bold):
            self._draw.text((x * FINE, base), run, fill=colour, font=font, anchor="ls")
            x += font.getlength(run) / FINE

    def _upwards(self, x: float, y: float, words: str, colour: Colour, size: float, *, bold: bool) -> None:
        """Words written level on a clear sheet of their own, which is turned and laid on."""
        long, high = width_of(words, size, bold=bold), size * 1.4
        sheet = Image.new("RGBA", (max(1, round(long * FINE)), max(1, round(high * FINE))), (0, 0, 0, 0))
        draw = ImageDraw.Draw(sheet)
        at = 0.0
        for run, font in _runs(words, size, bold=bold):
            draw.text((at, (high / 2 + size * 0.33) * FINE), run, fill=colour, font=font, anchor="ls")
            at += font.getlength(run)
        turned = sheet.rotate(90, expand=True)
        self._image.paste(turned, (round((x - high / 2) * FINE), round((y - long) * FINE)), turned)


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """How many picture pixels wide is a line of words?"""
    return sum(font.getlength(run) for run, font in _runs(words, size, bold=bold)) / FINE


def fitting(words: str, size: float, room: float, *, bold: bool = False) -> str:
    """As much of the words as has room, ended by ``…`` where something is left off."""
    if width_of(words, size, bold=bold) <= room:
        return words
    short = words
    while short and width_of(f"{short}…", size, bold=bold) > room:
        short = short[:-1].rstrip()
    return f"{short}…"


def _runs(words: str, size: float, *, bold: bool) -> list[tuple[str, ImageFont.FreeTypeFont | ImageFont.ImageFont]]:
    """Words in runs of one font each; East Asian signs are left out where no font on this machine has them."""
    pixels = max(1, round(size * FINE))
    flat = " ".join(words.split())
    runs = [(wide, "".join(signs)) for wide, signs in groupby(flat, _is_wide)]
    east = _east_asian(pixels) if any(wide for wide, _ in runs) else None
    plain = _latin(pixels, bold=bold)
    return [(text, east if wide and east else plain) for wide, text in runs if east or not wide or len(runs) == 1]


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


@lru_cache(maxsize=64)
def _latin(pixels: int, *, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The page's own Source Sans as Streamlit brings it, else what the machine has, else Pillow's own."""
    for path in _bundled():
        font = _opened(str(path), pixels)
        if font is not None:
            font.set_variation_by_axes([_HEAVY if bold else 400])
            return font
    for name in _LATIN_BOLD if bold else _LATIN:
        if font := _opened(name, pixels):
            return font
    return ImageFont.load_default(pixels)


@lru_cache(maxsize=32)
def _east_asian(pixels: int) -> ImageFont.FreeTypeFont | None:
    found = (_opened(name, pixels, index) for name, index in _EAST_ASIAN)
    return next((font for font in found if font is not None), None)


def _opened(name: str, pixels: int, index: int = 0) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, pixels, index)
    except OSError:  # not on this machine, or compressed in a way this FreeType cannot read
        return None


def _bundled() -> list[Path]:
    """Streamlit's file of the page's font; found without importing Streamlit, which this room does not know."""
    spec = find_spec("streamlit")
    folders = spec.submodule_search_locations if spec else None
    return [path for folder in folders or () for path in Path(folder).glob("static/static/media/SourceSansVF-Upright*")]


def _solid(colour: Colour) -> str | tuple[int, int, int]:
    return colour if isinstance(colour, str) else (colour[0], colour[1], colour[2])


def _fine(points: Sequence[Point]) -> list[Point]:
    return [(x * FINE, y * FINE) for x, y in points]
