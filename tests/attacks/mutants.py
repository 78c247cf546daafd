"""Mutation testing: would the tests notice if a guard were a little wrong?

``python -m tests.attacks.mutants [TARGET …]`` (``split/3``: every third change alone) changes one thing at a time of the code in memory (a comparison, a constant,
and/or, a dropped condition, an inverted truth, a function that returns at once), runs the target's tests with it and
lists the changes that nothing noticed.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
TARGETS: dict[str, tuple[str, list[str]]] = {
    "scope": ("warehouse/frames.py", ["tests/attacks/test_scope_rows.py"]),
    "suppression": ("metrics/suppression.py", ["tests/metrics/test_suppression.py", "tests/attacks/test_spans.py"]),
    "neighbours": ("metrics/neighbours.py", ["tests/metrics/test_neighbours.py"]),
    "split": ("metrics/sharing.py", ["tests/metrics/test_sharing.py"]),
    "refunds": ("metrics/sharing_refunds.py", ["tests/metrics/test_sharing_refunds.py"]),
}  # fmt: skip
"""Target → the file that is changed, and the tests that must notice."""

_OTHER = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
          ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
          ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr,
          ast.BitOr: ast.BitAnd}  # fmt: skip
_LIMIT_S = 60
_OURS = ("schema", "metrics", "loaders", "records", "warehouse", "ledger", "answers", "exports")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change: where, what, and the whole changed module."""

    line: int
    what: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every change of a module, one at a time; annotations, texts and what only checks types stay."""
    tree = ast.parse(source)
    said = _annotations(tree)
    for place, node in enumerate(ast.walk(tree)):
        if node in said:
            continue
        for number, what in enumerate(_changes(node)):
            other = copy.deepcopy(tree)
            twin = next(found for at, found in enumerate(ast.walk(other)) if at == place)
            _apply(twin, number)
            changed = ast.unparse(ast.fix_missing_locations(other))
            if changed != ast.unparse(tree):
                yield Mutant(getattr(node, "lineno", 0), what, changed)


def _annotations(tree: ast.AST) -> set[ast.AST]:
    """The nodes of the annotations, which nothing runs."""
    notes = [
        note for node in ast.walk(tree) for note in (getattr(node, "annotation", None), getattr(node, "returns", None))
    ]
    return {part for note in notes if note is not None for part in ast.walk(note)}


def _changes(node: ast.AST) -> list[str]:
    """What can be changed about a node, in words."""
    found: list[str] = []
    match node:
        case ast.Compare(ops=[op]) | ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in _OTHER:
            found = [f"{type(op).__name__} becomes {_OTHER[type(op)].__name__}"]
        case ast.UnaryOp(op=ast.Invert() | ast.Not()):
            found = ["not dropped"]
        case ast.Constant(value=bool()):
            found = [f"{node.value!r} becomes {not node.value}"]
        case ast.Constant(value=int()):
            found = [f"{node.value!r} + 1", f"{node.value!r} - 1"]
        case ast.Call(func=ast.Attribute(attr="filter"), args=[_, *_] as given):
            found = [f"condition {at} dropped" for at in range(len(given))]
        case ast.FunctionDef(args=ast.arguments(args=[first, *_])) if not _is_doc_alone(node):
            found = [f"{node.name} returns {first.arg} at once"]
    return found


def _is_doc_alone(node: ast.FunctionDef) -> bool:
    return len(node.body) == 1 and isinstance(node.body[0], ast.Expr)


def _apply(node: ast.AST, number: int) -> None:
    match node:
        case ast.Compare():
            node.ops = [_OTHER[type(node.ops[0])]()]  # type: ignore[list-item]
        case ast.BinOp() | ast.BoolOp():
            node.op = _OTHER[type(node.op)]()  # type: ignore[assignment]
        case ast.UnaryOp():
            node.op = ast.UAdd() if isinstance(node.op, ast.Invert) else ast.Not()
            node.operand = node.operand if isinstance(node.op, ast.UAdd) else ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() as value):
            node.value = value + (1, -1)[number]
        case ast.Call():
            node.args[number] = ast.parse("pl.lit(True)", mode="eval").body
        case ast.FunctionDef():
            node.body.insert(0, ast.Return(ast.Name(node.args.args[0].arg, ast.Load())))


def survives(source: str, module: ModuleType, tests: list[str]) -> bool:
    """Whether all the tests pass while a module, and whoever took something out of it, has other code."""
    before = dict(vars(module))
    for name in [one for one in sys.modules if one.startswith("tests.") and one != __name__]:
        del sys.modules[name]  # they took their functions from what was changed last
    holders = [one for name, one in sys.modules.items() if name.split(".")[0] in _OURS and one is not module]
    try:
        with _at_most(_LIMIT_S), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
            exec(compile(source, str(module.__file__), "exec"), vars(module))  # noqa: S102
            for one in holders:
                _pass_on(one, before, vars(module))
            return pytest.main(["-x", "-q", "--no-header", *tests]) == 0
    except Exception:  # noqa: BLE001  (a change that breaks the import, or takes for ever, was noticed)
        return False
    finally:
        now = dict(vars(module))
        vars(module).update(before)
        for one in holders:
            _pass_on(one, now, before)


def _pass_on(holder: ModuleType, old: dict[str, object], new: dict[str, object]) -> None:
    for name, value in list(vars(holder).items()):
        if name in old and value is old[name] and callable(value):
            setattr(holder, name, new[name])


@contextlib.contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def tried(target: str, step: int = 1) -> tuple[int, list[Mutant]]:
    """How many changes of a target were tried, and those that nothing noticed."""
    file, tests = TARGETS[target]
    source = (ROOT / file).read_text(encoding="utf-8")
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    if not survives(source, module, tests):
        raise SystemExit(f"{target}: its tests fail as it is.")  # noqa: EM102, TRY003
    every = list(mutants(source))[::step]
    return len(every), [one for one in every if survives(one.source, module, tests)]


def main(targets: list[str]) -> None:
    """Try the targets and say what survived."""
    if wrong := [one for one in targets if one.partition("/")[0] not in TARGETS]:
        raise SystemExit(f"{', '.join(wrong)}: the targets are {', '.join(TARGETS)}.")  # noqa: EM102, TRY003
    for said in targets or list(TARGETS):
        target, _, step = said.partition("/")
        count, left = tried(target, step=int(step or 1))
        print(f"{target}: {count - len(left)} of {count} noticed ({(count - len(left)) / count:.1%})", flush=True)  # noqa: T201
        for one in left:
            print(f"  {TARGETS[target][0]}:{one.line}: {one.what}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
