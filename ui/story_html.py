"""What stands on a slide, as HTML of our own making: every word from data or people is escaped."""

from __future__ import annotations

import base64
import re
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from charts.marks import text_px
from schema.language import plural, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exports.story import Slide
    from exports.story_found import Grid, Number, Said

WIDE: Final = 1436
"""Pixels of the stage between its edges."""
_SIZES: Final = (66, 58, 50, 44)
_BOLD: Final = 1.07
_STARS: Final = re.compile(r"\*([^*]+)\*")
_MOST_DOTS: Final = 40
_TONES: Final = {1: " good", -1: " bad", 0: ""}


def starred(words: str) -> str:
    """Words with what stands between stars in the finding's colour."""
    return _STARS.sub(r"<em>\1</em>", escape(words))


def head(slide: Slide, company: str) -> str:
    """Company and page, the sentence as large as its line allows, and what the picture is."""
    size = next((size for size in _SIZES if text_px(slide.plain_caption, size) * _BOLD <= WIDE), _SIZES[-1])
    return (
        f'<div class="slide-head"><p>{escape(company)} · {escape(slide.page)}</p>'
        f'<h2 class="slide-{size}">{starred(slide.caption)}</h2><p class="slide-about">{escape(slide.about)}</p></div>'
    )


def foot(slide: Slide, steps: int) -> str:
    """Where the numbers are from, and how far the story is."""
    if steps > _MOST_DOTS:
        told = f'<span class="slide-count">{slide.number} / {steps}</span>'
    else:
        marks = (" class='here'" if number == slide.number else "" for number in range(1, steps + 1))
        told = "".join(f"<i{mark}></i>" for mark in marks)
    where = say("Step {step} of {steps}", step=slide.number, steps=steps)
    return (
        f'<div class="slide-foot"><p>{escape(slide.source)}</p>'
        f'<div class="slide-dots" role="img" aria-label="{escape(where)}">{told}</div></div>'
    )


def numbers(found: Sequence[Number]) -> str:
    """Figures, three in a row."""
    cells = (
        f"<div><p>{escape(one.label)}</p><strong>{escape(one.value)}</strong>"
        f'<span class="slide-change{_TONES[one.tone]}">{escape(one.change)}</span></div>'
        for one in found
    )
    return f'<div class="slide-numbers">{"".join(cells)}</div>'


def sentences(found: Sequence[Said]) -> str:
    """Findings one below the other, each with its number."""
    rows = (
        f"<li><strong>{escape(one.number)}</strong><div>{escape(one.sentence)}<p>{escape(one.detail)}</p></div></li>"
        for one in found
    )
    return f'<ol class="slide-said">{"".join(rows)}</ol>'


def table(grid: Grid) -> str:
    """A table of few rows."""
    sides = ["number" if is_number else "word" for is_number in grid.is_number]
    heads = "".join(f'<th class="{side}">{escape(name)}</th>' for name, side in zip(grid.heads, sides, strict=True))
    rows = "".join(
        "<tr>" + "".join(f'<td class="{s}">{escape(c)}</td>' for c, s in zip(row, sides, strict=True)) + "</tr>"
        for row in grid.rows
    )
    left = plural("and {n} more row", "and {n} more rows", grid.left_out)
    more = f"<p>{escape(left)}</p>" if grid.left_out else ""
    return f'<div class="slide-table"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}</div>'


def image(png: bytes, alt: str) -> str:
    """A picture that travels inside the page."""
    coded = base64.b64encode(png).decode()
    return f'<img class="slide-map" src="data:image/png;base64,{coded}" alt="{escape(alt)}">'


def problem(words: str) -> str:
    """In place of a picture: why there is none."""
    return f'<p class="slide-problem">{escape(words)}</p>'


def edited(caption: str, word: str) -> str:
    """A step's sentence where it is edited, after a word that says which picture it is."""
    return f'<h3 class="story-said">{escape(word)}{starred(caption)}</h3>'


def framed(picture: str, frame: Literal["story-small", "slide-box"]) -> str:
    """A picture made here, in the frame of the page it is on."""
    return f'<div class="{frame}">{picture}</div>'


def spoken(caption: str) -> str:
    """For the speaker: what is on screen."""
    return f'<h2 class="speak-now">{starred(caption)}</h2>'


def coming(caption: str, word: str) -> str:
    """For the speaker: what the next key shows."""
    return f'<p class="speak-next">{escape(word)}: <b>{starred(caption)}</b></p>'


def clock(spent: str, place: str) -> str:
    """For the speaker: the time spent, then where the story is."""
    return f'<p class="speak-clock"><b>{escape(spent)}</b> · {escape(place)}</p>'
