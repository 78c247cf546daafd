"""A document as one HTML file: it opens without a network, asks for nothing, and prints without cutting a chart."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from charts.theme import FONT, theme_of
from exports.pictures import ALONE, card_picture
from exports.slide_strokes import clean
from exports.words import heads_of, numeric, rows_of
from schema.language import language, plural, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Theme
    from exports.document import Card, Document

_MOST_ROWS: Final = 500
"""Of a table behind a chart; all of them are in the CSV and XLSX."""
_SHOWN: Final = 40
"""Of a table that is shown itself."""


def html_bytes(document: Document, progress: Callable[[float], None] | None = None) -> bytes:
    """The document as one HTML file.

    Args:
        document: what to show.
        progress: told the done part, 0 to 1.
    """
    theme = theme_of(document.theme)
    style = _style(theme)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    cards = []
    for index, card in enumerate(document.cards):
        cards.append(_card(document, card))
        if progress is not None:
            progress((index + 1) / len(document.cards))
    told = " · ".join(part for part in (document.whose, document.days, document.filters) if part)
    head = (
        f'<!DOCTYPE html>\n<html lang="{language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{_e(document.title)}</title><style>{style}</style></head><body><main>"
        f"<header><h1>{_e(document.title)}</h1><p>{_e(document.question)}</p><p>{_e(told)}</p></header>"
    )
    snapshot = say("Snapshot {number}", number=str(document.snapshot))
    foot = f"<footer>{_e(snapshot)} · {_e(document.address)} · Catchlight</footer></main></body></html>\n"
    notes = "".join(f"<p class=note>{_e(note)}</p>" for note in document.notes)
    grid = f'<div class="{"cards" if len(cards) > 1 else "one"}">{"".join(cards)}</div>'
    return f"{head}{_figures(document)}{grid}{notes}{foot}".encode()


def _e(text: object) -> str:
    return escape(clean(text), quote=True)


def _figures(document: Document) -> str:
    if not document.figures:
        return ""
    cells = []
    for one in document.figures:
        kind = "" if one.is_good is None else "good" if one.is_good else "bad"
        change = f'<span class="change {kind}">{_e(one.change)}</span>' if one.change else ""
        cells.append(f"<div><dt>{_e(one.label)}</dt><dd>{_e(one.value)}{change}</dd></div>")
    return f"<dl>{''.join(cells)}</dl>"


def _card(document: Document, card: Card) -> str:
    answer = card.answer
    if card.empty:
        body = f"<p class=empty>{_e(card.empty)}</p>"
    elif card.figure is None and card.map is None:
        table = card.shown if card.shown is not None else answer.table
        body = html_table(table, document.currency, most=table.height if card.is_whole else _SHOWN)
    else:
        body = _drawing(document, card)
    said = "".join(f"<p>{_e(words)}</p>" for words in card.said)
    about = f"<p class=about>{_e(document.source(card))}</p>"
    behind = ""
    if not card.empty and not card.is_whole:
        behind = (
            f"<details><summary>{_e(say('Definition and table'))}</summary><p>{_e(say(answer.definition))}</p>"
            f"{html_table(answer.table, document.currency, most=_MOST_ROWS)}</details>"
        )
    return (
        f'<article id="{_e(card.key)}"><h2>{_e(card.title)}</h2><p class=sub>{_e(card.subtitle)}</p>{body}{said}{about}{behind}'
        "</article>"
    )


def _drawing(document: Document, card: Card) -> str:
    """The picture as SVG, without the words that stand around it as text already."""
    from dataclasses import replace  # noqa: PLC0415  (used here alone)

    bare = replace(card, title="", subtitle="")
    picture = card_picture(document, bare, width=ALONE // 2, bare=True)
    title = (
        card.figure.layout.meta["alt"]
        if card.figure is not None
        else card.map.alt
        if card.map is not None
        else card.title
    )
    return picture.svg(title=str(title))


def html_table(table: object, currency: str, *, most: int) -> str:
    """A table as HTML, its numbers to the right; every word is escaped."""
    import polars as pl  # noqa: PLC0415  (its type alone is needed)

    if not isinstance(table, pl.DataFrame) or table.is_empty():
        return ""
    right = numeric(table)
    heads = "".join(
        f"<th{' class=n' if right[at] else ''}>{_e(head)}</th>" for at, head in enumerate(heads_of(table, currency))
    )
    lines = [_row(row, right) for row in rows_of(table, currency, most=most)]
    left = table.height - most
    told = plural("{n} more row in the CSV and XLSX.", "{n} more rows in the CSV and XLSX.", left)
    more = f"<p class=about>{_e(told)}</p>" if left > 0 else ""
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>{more}'
    )


def _row(row: list[str], right: list[bool]) -> str:
    cells = (f"<td{' class=n' if right[at] else ''}>{_e(one)}</td>" for at, one in enumerate(row))
    return f"<tr>{''.join(cells)}</tr>"


def _style(theme: Theme) -> str:
    """The page's own look; printed, each card stays whole and the tables behind the charts stay away."""
    return (
        f":root{{color-scheme:{theme.name}}}*{{box-sizing:border-box}}"
        f"body{{margin:0;background:{theme.panel};color:{theme.ink};font:15px/1.45 {FONT};-webkit-print-color-adjust:exact;"
        "print-color-adjust:exact}"
        "main{max-width:1500px;margin:0 auto;padding:2rem}h1{font-size:1.75rem;margin:0 0 .2rem}"
        f"header p,.sub,.about,.note,footer{{color:{theme.caption};margin:.1rem 0}}"
        ".about,.note,footer{font-size:.8rem}h2{font-size:1.15rem;line-height:1.3;margin:0}.sub{font-size:.9rem}"
        ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:1rem;margin:1.2rem 0}"
        ".one{margin:1.2rem 0}"
        f"article{{background:{theme.page};border:1px solid {theme.border};border-radius:.5rem;padding:1rem 1.2rem;min-width:0}}"
        "svg{display:block;width:100%;height:auto;margin:.4rem 0}.scroll{overflow-x:auto}"
        "table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}"
        f"th{{text-align:left;color:{theme.caption};font-weight:600;border-bottom:1px solid {theme.caption}}}"
        f"td{{border-bottom:1px solid {theme.border}}}th,td{{padding:.28rem .6rem .28rem 0;vertical-align:top}}.n{{text-align:right}}"
        f"dl{{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:.8rem;margin:1.2rem 0}}dl div{{background:"
        f"{theme.page};border:1px solid {theme.border};border-radius:.5rem;padding:.7rem 1rem}}dt{{color:{theme.caption};"
        "font-size:.85rem}dd{margin:0;font-size:1.6rem;font-weight:600}.change{font-size:.85rem;font-weight:400;margin-left:.5rem;"
        f"color:{theme.caption}}}.good{{color:{theme.good}}}.bad{{color:{theme.bad}}}summary{{cursor:pointer;font-size:.85rem;"
        f"color:{theme.primary};margin-top:.4rem}}code{{overflow-wrap:anywhere}}"
        "@page{size:A4 landscape;margin:12mm}@media print{body{background:none;font-size:11px}main{padding:0;max-width:none}"
        "article,dl div,tr,svg{break-inside:avoid}.cards{display:block}article{margin:0 0 5mm;border:0;border-top:1px solid}"
        "svg{max-height:120mm;width:auto;max-width:100%}details{display:none}h2{break-after:avoid}.scroll{overflow:visible}}"
    )
