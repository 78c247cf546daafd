"""A company of hostile names on every page, without a browser: what may be read as markup is escaped where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st

from tests.hostile.company import load
from tests.ui.conftest import look_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

WHERE = [
    ("overview", {}),
    ("dwell", {"rows": "product"}),
    ("dwell", {"rows": "category"}),
    ("purchases", {}),
    ("products", {}),
    *(("catchment", {"layer": layer}) for layer in ("customers", "nearest", "overlap", "tiers", "datum", "flows")),
    *(("catchment", {"layer": layer}) for layer in ("openings", "territories", "whatif")),
    *(("sharing", {"tab": tab}) for tab in ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")),
    ("data", {}),
    ("people", {}),
]
SHOWS_TEXT = {
    "BidiComponent.json", "Dataframe.columns", "DeckGlJsonChart.alt", "MultiSelect.options", "MultiSelect.raw_values",
    "PageLink.query_string", "PlotlyChart.alt", "Selectbox.options", "Selectbox.raw_value", "ButtonGroup.raw_values",
    "ButtonGroup.default", "TextInput.value", "TextInput.default", "DateInput.value", "Html.body", "DeckGlJsonChart.json", "PlotlyChart.spec",
}  # fmt: skip
"""Fields that the browser shows as they are, and three that have a test of their own below. Any other reads Markdown."""

HELD_BACK = r"\*b\*\_i\_\<img src\=x onerror\=window.\_\_hit\=1\>\[a\]("


def word(what: str, number: int) -> str:
    """A name that is emphasis, HTML, a link, an icon, mathematics, two templates and a formula at once."""
    return (
        f"Zq{what}{number}*b*_i_<img src=x onerror=window.__hit=1>[a](javascript:x):material/home:$x$ {{t}} %{{x}} =1+1"
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CATCHLIGHT_HOME", str(home))
        load(home, word)
    yield home
    st.cache_resource.clear()


def strings(message: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in what is sent to the browser, with the field that holds it."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from ((f"{path}.{field.name}", held) for held in value.values() if isinstance(held, str))
            continue
        is_one = isinstance(value, str | bytes) or hasattr(value, "ListFields") or not hasattr(value, "__iter__")
        for held in [value] if is_one else value:
            if hasattr(held, "ListFields"):
                yield from strings(held, f"{path}.{field.name}")
            elif isinstance(held, str):
                yield f"{path}.{field.name}", held


def sent(block: Any) -> Iterator[tuple[str, str]]:
    for child in block.children.values():
        message = getattr(child, "proto", None)
        if hasattr(message, "ListFields"):
            yield from strings(message, type(message).__name__)
        if hasattr(child, "children"):
            yield from sent(child)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, held in value.items():
            yield from leaves(held, name)
    elif isinstance(value, list):
        for held in value:
            yield from leaves(held, key)
    elif isinstance(value, str):
        yield key, value


def faults(found: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Where a name could be read as something else than text."""
    for field, text in found:
        if "Zq" not in text:
            continue
        if field == "Html.body":
            is_fault = "<img" in text
        elif field == "PlotlyChart.spec":
            is_fault = any(
                key not in {"customdata", "alt", "name"} and "Zq" in held and ("<img" in held or "%{x}" in held)
                for key, held in leaves(json.loads(text))
            )
        elif field == "DeckGlJsonChart.json":
            deck = json.loads(text)
            is_fault = any("Zq" in held for _, held in leaves({**deck, "layers": []})) or any(
                "Zq" in held for layer in deck["layers"] for _, held in leaves({**layer, "data": []})
            )
        else:
            is_fault = field not in SHOWS_TEXT and text.count("*b*") > 0
        if is_fault:
            yield field, text[max(0, text.index("Zq") - 40) :][:160]


@pytest.mark.parametrize(("page", "query"), WHERE, ids=[f"{page}-{'-'.join(q.values())}" for page, q in WHERE])
def test_no_name_is_read_as_markup(
    page: str,
    query: dict[str, str],
    company: Path,
    app: Callable[..., AppTest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_at(company, monkeypatch)
    at = app(page, data="real", **query)
    assert not at.exception
    found = [one for root in at._tree.children.values() for one in sent(root)]
    assert list(faults(found)) == []
    assert at.header
    if page in {"dwell", "products", "catchment"}:
        assert sum("Zq" in text for _, text in found) > 1


def test_a_name_that_is_not_escaped_is_seen() -> None:
    name = word("store", 1)
    planted = [
        ("Markdown.body", name),
        ("Metric.label", name),
        ("ButtonGroup.options.content", name),
        ("Html.body", name),
        ("PlotlyChart.spec", json.dumps({"data": [{"hovertext": [name]}]})),
        ("PlotlyChart.spec", json.dumps({"layout": {"annotations": [{"text": f"<b>{name}</b>"}]}})),
        ("PlotlyChart.spec", json.dumps({"data": [{"hovertemplate": f"Zq {name.replace('<', '&lt;')}"}]})),
        ("DeckGlJsonChart.json", json.dumps({"layers": [], "tooltip": {"html": name}})),
        ("DeckGlJsonChart.json", json.dumps({"layers": [{"getText": name}]})),
    ]
    assert [field for field, _ in faults(planted)] == [field for field, _ in planted]
    assert list(faults([("Markdown.body", f"Zqstore1{HELD_BACK}"), ("Selectbox.options", name)])) == []
