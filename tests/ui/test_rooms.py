"""Who may know whom, read from the source: Streamlit stays in its room, pages stay apart, and no text ever runs."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOMS = ("schema", "metrics", "loaders", "warehouse", "answers", "charts", "demo", "exports", "ui", "pages")
NOT_A_PAGES_BUSINESS = {"polars", "plotly", "pydeck", "h3", "numpy", "pandas", "pages", "warehouse", "loaders"}
MAY_DRAW = {"ui", "pages"}
OUTERMOST = {"ui/faults.py", "schema/commands.py", "loaders/child.py", "loaders/faults.py"}
"""A page's frame, a command, and the child process that reads untrusted files: each turns any fault into words."""

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib"}


def sources(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [*found, ROOT / "dashboard.py"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def test_only_ui_and_pages_know_streamlit() -> None:
    others = [room for room in ROOMS if room not in MAY_DRAW]
    knows = [name_of(path) for path in sources(*others) if "streamlit" in set(imports(parsed(path)))]
    assert knows == ["dashboard.py"]


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_a_page_only_arranges(path: Path) -> None:
    assert set(imports(parsed(path))) & NOT_A_PAGES_BUSINESS == set()


def test_no_module_of_ui_is_named_like_a_room_or_a_standard_module() -> None:
    names = {path.stem for path in (ROOT / "ui").glob("*.py")} - {"__init__"}
    # The main script's folder comes first on the path: such a name would hide a room or the standard library.
    assert names & (set(sys.stdlib_module_names) | {"streamlit", "polars", "plotly", "pydeck", "h3", "numpy"}) == set()
    rooms = set(ROOMS)
    assert {path.name for path in (ROOT / "ui").iterdir() if path.is_dir() and path.name in rooms} == set()
    assert names & rooms == set()


def faults(path: Path) -> Iterator[str]:
    tree = parsed(path)
    for module in set(imports(tree)) & FORBIDDEN_MODULES:
        yield f"{name_of(path)} imports {module}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        where = f"{name_of(path)}:{node.lineno}"
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield f"{where} calls {node.func.id}"
        for word in node.keywords:
            value = word.value.value if isinstance(word.value, ast.Constant) else None
            if (word.arg, value) in {("persist", "disk"), ("persist", True), ("shell", True)}:
                yield f"{where} {word.arg}={value}"
            if word.arg in {"unsafe_allow_html", "unsafe_allow_javascript"}:
                yield f"{where} {word.arg}"


def test_no_text_runs_and_nothing_is_unpickled() -> None:
    assert [fault for path in sources(*ROOMS) for fault in faults(path)] == []


def catches_everything(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})


def test_only_the_outermost_handlers_catch_everything() -> None:
    broad = {name_of(path) for path in sources(*ROOMS) if any(map(catches_everything, ast.walk(parsed(path))))}
    assert broad <= OUTERMOST


def test_a_planted_fault_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "planted.py"
    path.write_text("import pickle\nst.markdown(x, unsafe_allow_html=True)\neval(x)\nst.cache_data(persist='disk')\n")
    monkeypatch.setattr("tests.ui.test_rooms.name_of", lambda _: "planted.py")
    assert len(list(faults(path))) == 4
