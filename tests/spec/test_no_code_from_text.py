"""Text stays text: nothing in the product evaluates, unpickles, interprets or pastes into SQL what somebody wrote."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent
ROOMS: Final = (
    "answers", "benchmarks", "charts", "demo", "exports", "ledger", "loaders", "metrics", "pages", "records", "schema",
    "ui", "warehouse",
)  # fmt: skip
MODULES: Final = {
    "pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml", "ruamel", "jinja2",
    "mako", "code", "codeop", "runpy", "telnetlib", "ftplib",
}  # fmt: skip
NAMES: Final = {"eval", "exec", "compile", "__import__", "execfile"}
METHODS: Final = {
    "system", "popen", "spawnl", "spawnv", "literal_eval", "SQLContext", "sql", "read_pickle", "to_pickle",
    "deserialize", "executescript", "import_string",
}  # fmt: skip
WORDS: Final = {
    "unsafe_allow_html",
    "unsafe_allow_javascript",
    "allow_unsafe_jinja",
    "allow_pickle",
    "allow_dangerous_deserialization",
}
RUNS_SQL: Final = {"execute", "exec_driver_sql", "executemany", "text", "read_database", "read_database_uri", "DDL"}
PATTERNS: Final = {
    "contains",
    "replace",
    "replace_all",
    "extract",
    "extract_all",
    "extract_groups",
    "count_matches",
    "find",
    "split_regex",
}
SQL: Final = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|ATTACH|COPY|LOCK|GRANT)\b")
MAY_SHOW_HTML: Final = {
    "ui/page_list.py": "f'<style>.stApp{{{words}}}", "ui/cards.py": "legend_html(", "ui/shell.py": "_HERE / 'looks.css'", "ui/story_edit.py": "story_html.",
    "ui/story_present.py": "story_html.", "ui/story_speaker.py": "story_html.",
    "ui/uploads_words.py": 'f"""<style>{_BUTTON}',
}  # fmt: skip
"""Where HTML of our own making is shown, and by what it is made; their tests give them hostile words."""

OWN_NAMES_IN_SQL: Final = {
    "records/chain.py": {"table.name", "names", "marks"},
    "records/guards.py": {"name", "act", "schema", "column", "where", "function", "said", "act.lower()", "first"},
    "records/database.py": {"pragma"},
    "records/locking.py": set(),
}
"""What is pasted into SQL there: names of our own tables, columns and triggers, never a value. Nowhere else anything."""


OWN_PATTERNS: Final = {
    "loaders/dates.py": {"words"},
    "loaders/numbers.py": {"thousands", "other", "mark"},
    "warehouse/forget_text.py": {"patterns"},
}
"""Patterns put together from fixed signs, or from words that `re.escape` went over; their tests try hostile words."""


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_fixed(node: ast.expr) -> bool:
    """A literal, or a constant of a module, which no visitor writes."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(part, ast.Constant) or is_fixed(part.value) for part in node.values)  # type: ignore[attr-defined]
    if isinstance(node, ast.BinOp):
        return is_fixed(node.left) and is_fixed(node.right)
    return bool(re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name_of(node)))


def called(node: ast.Call, path: str) -> Iterator[str]:
    name = name_of(node.func)
    if isinstance(node.func, ast.Name) and name in NAMES:
        yield name
    if isinstance(node.func, ast.Attribute) and name in METHODS:
        yield f".{name}"
    for word in node.keywords:
        value = word.value.value if isinstance(word.value, ast.Constant) else None
        if word.arg in WORDS or (word.arg, value) in {("shell", True), ("persist", True), ("persist", "disk")}:
            yield f"{word.arg}="
    if name in {"html", "iframe"} and isinstance(node.func, ast.Attribute) and name_of(node.func.value) in {"st", "v1"}:
        shown = ast.unparse(node.args[0]) if node.args else ""
        if path not in MAY_SHOW_HTML or not shown.startswith(MAY_SHOW_HTML[path]):
            yield f"HTML from {shown}"
    yield from asked(node, name, path)


def asked(node: ast.Call, name: str, path: str) -> Iterator[str]:
    """SQL and patterns that are put together."""
    if name in RUNS_SQL and node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
        yield from (f"SQL with {part}" for part in pasted(node.args[0], path))
    if name in RUNS_SQL and node.args and isinstance(node.args[0], ast.Call) and name_of(node.args[0].func) == "format":
        yield "SQL by format"
    is_expression = isinstance(node.func, ast.Attribute) and name_of(node.func.value) == "str"
    is_literal = any(word.arg == "literal" and ast.unparse(word.value) == "True" for word in node.keywords)
    if is_expression and name in PATTERNS and node.args and not is_literal and not is_fixed(node.args[0]):
        parts = {one.id for one in ast.walk(node.args[0]) if isinstance(one, ast.Name)}
        if not parts <= OWN_PATTERNS.get(path, set()):
            yield f"a pattern from {ast.unparse(node.args[0])}"


def pasted(node: ast.expr, path: str) -> Iterator[str]:
    """What an SQL text is made of besides its own words."""
    allowed = OWN_NAMES_IN_SQL.get(path, set())
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue):
            said = ast.unparse(part.value)
            if said not in allowed and not is_fixed(part.value):
                yield said
    words = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if isinstance(node, ast.BinOp) and words and not is_fixed(node):
        yield ast.unparse(node)


def faults(source: str, path: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(source, filename=path)):
        if isinstance(node, ast.Import):
            found += [f"import {one.name}" for one in node.names if one.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] in MODULES:
                found.append(f"import {node.module}")
        elif isinstance(node, ast.Call):
            found += called(node, path)
        elif isinstance(node, ast.JoinedStr):
            head = node.values[0] if node.values else None
            if isinstance(head, ast.Constant) and SQL.match(str(head.value)):
                found += [f"SQL with {part}" for part in pasted(node, path)]
    return found


@pytest.mark.parametrize("room", [*ROOMS, "dashboard.py"])
def test_no_text_becomes_code(room: str) -> None:
    paths = [ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py"))
    assert paths
    wrong = {}
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if found := faults(path.read_text(encoding="utf-8"), name):
            wrong[name] = found
    assert wrong == {}


PLANTED: Final = (
    "eval(x)",
    "exec(x)",
    "compile(x, '', 'exec')",
    "__import__(x)",
    "import pickle",
    "from pickle import loads",
    "import yaml",
    "import marshal",
    "from joblib import load",
    "import jinja2",
    "ast.literal_eval(x)",
    "os.system(x)",
    "subprocess.run(x, shell=True)",
    "pl.sql(x)",
    "pl.SQLContext(a=x)",
    "frame.sql(x)",
    "pl.read_pickle(x)",
    "np.load(x, allow_pickle=True)",
    "st.markdown(x, unsafe_allow_html=True)",
    "st.html(x)",
    "st.html(f'<b>{x}</b>')",
    "st.components.v1.html(x)",
    "st.cache_data(persist='disk')",
    "st.cache_data(persist=True)",
    "connection.execute(f'select * from {x}')",
    "connection.execute('select * from ' + x)",
    "connection.execute('select {}'.format(x))",
    "sa.text(f'drop table {x}')",
    "pl.read_database(f'select {x}', c)",
    "asked = f'SELECT {x} FROM stores'",
    "connection.executescript(x)",
    "pl.col('a').str.contains(x)",
    "pl.col('a').str.replace_all(x, '')",
    "frame['a'].str.extract(f'{x}')",
)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_seen(planted: str) -> None:
    assert faults(f"def page(x):\n    {planted}\n", "ui/page.py") != []


@pytest.mark.parametrize(
    "sound",
    [
        "connection.execute('select 1')",
        "connection.execute(sa.select(table).where(table.c.a == x))",
        "connection.exec_driver_sql('select ?', (x,))",
        "pl.col('a').str.contains(x, literal=True)",
        "pl.col('a').str.contains(_PATTERN)",
        "pl.col('a').str.replace_all(rf'{_SIGNS}+', '')",
        "'text'.replace(x, '')",
        "message = f'Select a store in {x}'",
        "st.markdown(x)",
    ],
)
def test_what_is_sound_is_left_alone(sound: str) -> None:
    assert faults(f"def page(x):\n    {sound}\n", "ui/page.py") == []
