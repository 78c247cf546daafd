"""Every page in Chinese and Spanish: nothing of ours is left in English, and data stay what they are."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from schema import catalogues
from schema.language import LANGUAGES, speaking
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

OTHERS = tuple(code for code in LANGUAGES if code != "en")
PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    ("overview", {}),
    ("overview", {"rank": "channel"}),
    ("dwell", {}),
    ("dwell", {"by": "segment", "rows": "products", "measure": "minutes"}),
    ("purchases", {}),
    ("products", {}),
    ("products", {"returns": "size"}),
    *(("catchment", {"layer": layer}) for layer in ("customers", "penetration", "tiers", "overlap", "contested")),
    *(("catchment", {"section": part}) for part in ("flows", "openings", "territories", "whatif", "neighbours")),
    *(("sharing", {"tab": tab}) for tab in ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")),
    ("audiences", {}),
    ("story", {}),
    ("sync", {}),
    ("data", {}),
    *(("people", {"section": part}) for part in ("viewers", "log", "viewas")),
)
SILENT = frozenset(
    [
        "id",
        "element_id",
        "key",
        "user_key",
        "icon",
        "url",
        "css",
        "form_id",
        "page_script_hash",
        "script_hash",
        "page_icon",
        "favicon",
        "default_elements_hash",
        "fragment_id",
        "format",
        "url_pathname",
        "url_path",
        "main_script_path",
        "file_url",
        "download_filename",
        "image_type",
        "proto_hash",
        "extension",
        "spec_hash",
        "page",
        "query_string",
        "js_content",
        "css_content",
        "html_content",
        "mime",
        "type",
        "template",
        "src",
        "value_id",
        "active_script_hash",
        "session_id",
        "element_type",
        "language",
        "placeholder_id",
    ]
)
"""Fields of the framework's messages that nobody reads."""
ENGLISH = re.compile(
    r"\b(the|of|and|by|is|are|with|not|from|their|was|were|which|this|that|has|have|than|who|what|where|when|each|every|nobody|"
    r"nothing|here|there|your|its|it|days|months|customers|orders|stores|buyers|members)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"Hazel & Wool|Power BI|Natural Earth[^.]*|Made with[^.]*|customer_id|order_id|store_id|product_id|[\w.]+@[\w.]+"
)
"""Names that are the same in every language."""
PICTURED = frozenset(
    {
        "text",
        "hovertext",
        "hovertemplate",
        "title",
        "name",
        "label",
        "ticktext",
        "alt",
        "texttemplate",
        "tooltip",
        "html",
    }
)


@pytest.fixture
def read(demo: Path, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Opens a place in a language, and gives every text that is sent to the window."""
    assert demo
    sent: list[Any] = []
    enqueue = ForwardMsgQueue.enqueue

    def kept(queue: ForwardMsgQueue, msg: Any) -> None:
        sent.append(msg)
        enqueue(queue, msg)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", kept)

    def looked(page: str, query: dict[str, str], code: str) -> list[str]:
        sent.clear()
        with speaking(code):  # options of widgets are looked up in this thread too, by what they say
            at = app(page, **query, lang=code)
        assert not at.exception
        assert not at.error
        return [text for msg in sent for text in texts(msg)]

    return looked


def texts(message: Any) -> Iterator[str]:
    """Every text of a message that somebody may read: words of widgets, charts, maps and headings of tables."""
    for field, value in message.ListFields():
        if field.name in SILENT:
            continue
        for one in value if field.is_repeated else [value]:
            if field.type == field.TYPE_MESSAGE:
                if field.message_type.GetOptions().map_entry:
                    continue
                yield from texts(one)
            elif field.type == field.TYPE_STRING:
                yield from _words(one)


def _words(text: str) -> Iterator[str]:
    if text[:1] in "{[" and text[-1:] in "}]":
        try:
            yield from _pictured(json.loads(text))
        except ValueError:
            yield text
        else:
            return
    for part in re.split(r"<[^>]*>|\n", re.sub(r"(?s)<style.*?</style>|<svg.*?</svg>", " ", text)):
        plain = re.sub(r":material/\w+:|&\w+;|\\|\*\*|`[^`]*`|\S*https?://\S+|[/\w]*\?\w+=\S+", " ", part).strip()
        if plain:
            yield plain


def _pictured(found: Any, *, is_read: bool = False) -> Iterator[str]:
    if isinstance(found, dict):
        for name, one in found.items():
            yield from _pictured(one, is_read=name in PICTURED)
    elif isinstance(found, list):
        for one in found:
            yield from _pictured(one, is_read=is_read)
    elif isinstance(found, str) and is_read:
        yield from _words(found)


@cache
def _data() -> frozenset[str]:
    """Names that are data: of goods, stores, agents, cities, people's files."""
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    found: set[str] = set()
    for mart in ("stores", "products", "agents"):
        table = getattr(marts, mart, None)
        for name in [] if table is None else table.columns:
            if not table.schema[name].is_numeric():
                found |= {str(one) for one in table[name].unique().to_list() if one}
    return frozenset(found)


@cache
def _same(code: str) -> frozenset[str]:
    """Sentences that are the same in a language, such as Total."""
    return frozenset(
        message
        for message, (_, forms) in catalogues.translated(code).items()
        if isinstance(message, str) and forms == (message,)
    )


def left_over(english: list[str], other: list[str], code: str) -> list[str]:
    """Texts in which words of ours are English still."""
    known = {message for message in catalogues.spoken() if isinstance(message, str)} - _same(code)
    found = set()
    for text in dict.fromkeys(other):
        plain = NAMES.sub(" ", text)
        for name in sorted(_data(), key=len, reverse=True):
            if len(name) > 3 and name in plain:
                plain = plain.replace(name, " ")
        is_sentence = len(ENGLISH.findall(plain)) >= 2 and (code != "es" or text in set(english))
        if is_sentence or text in known:
            found.add(text)
    return sorted(found)


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize(
    ("page", "query"), PLACES, ids=lambda one: one if isinstance(one, str) else "-".join(one.values()) or "all"
)
def test_nothing_of_ours_is_left_in_english(
    page: str, query: dict[str, str], code: str, read: Callable[..., list[str]]
) -> None:
    english = read(page, query, "en")
    other = read(page, query, code)
    assert "\n".join(left_over(english, other, code)) == ""
    assert set(other) - set(english), "the page says the same in both languages"
