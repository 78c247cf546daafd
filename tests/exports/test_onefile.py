"""One HTML file, read back: complete, offline, printable, and nothing in it runs."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from exports.desk import plain_card
from exports.document import Document
from exports.onefile import html_bytes
from exports.pages import PAGES
from exports.words import rows_of
from tests.answers.tiny import answer
from tests.exports.opened import document

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Seen(HTMLParser):
    """Tags with their attributes, cells row by row, and headings."""

    def __init__(self):
        super().__init__()
        self.tags, self.rows, self.heads, self.texts, self._in = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "h2":
            self.heads.append("")

    def handle_endtag(self, tag):
        while self._in and self._in.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append(data)
        if {"td", "th"} & set(self._in):
            self.rows[-1][-1] += data
        if "h2" in self._in:
            self.heads[-1] += data


def read(content):
    seen = Seen()
    seen.feed(content.decode())
    return seen


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_is_whole_and_asks_for_nothing_from_elsewhere(page):
    made = document(page)
    seen = read(html_bytes(made))
    assert seen.heads == [card.title for card in made.cards]
    for tag, attributes in seen.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form", "img"}
        assert not {"src", "href", "srcset", "action"} & set(attributes), tag
    assert re.findall(rb"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", html_bytes(made)) == []


def test_its_policy_lets_only_its_own_style_in():
    seen = read(html_bytes(document("overview")))
    policy = next(a["content"] for tag, a in seen.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any("style" in attributes for _, attributes in seen.tags)


def test_a_charts_table_stands_behind_it_in_the_words_of_the_screen():
    found = answer("overview/ranking")
    seen = read(html_bytes(document("overview/ranking")))
    assert seen.rows[1:] == rows_of(found.table, "CNY")
    assert any(tag == "svg" for tag, _ in seen.tags)


def test_markup_in_a_name_stays_words():
    found = replace(answer("overview/ranking"), table=pl.DataFrame({"label": [EVIL], "net_minor": [100]}))
    base = document("overview/ranking")
    made = Document(**{**{name: getattr(base, name) for name in base.__dataclass_fields__},
                       "title": EVIL, "filters": EVIL, "cards": (plain_card(found, title=EVIL, subtitle=EVIL),)})  # fmt: skip
    seen = read(html_bytes(made))
    assert seen.heads == [EVIL]
    assert seen.rows[1][0] == EVIL
    assert not {"script", "img"} & {tag for tag, _ in seen.tags}


def test_printed_no_card_is_cut_and_the_tables_behind_charts_stay_away():
    style = html_bytes(document("overview")).decode()
    printed = style[style.index("@media print") :]
    assert "break-inside:avoid" in printed
    assert "details{display:none}" in printed
