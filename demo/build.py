"""Build the demo: draw the company, write its exports, import them as anybody's, publish by a folder rename."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from typing import TYPE_CHECKING, Final

from demo.books import keep_books
from demo.campaigns import draw_campaigns, keep_campaigns
from demo.files import write_files
from demo.truth import build_truth
from demo.world import SEED, build_world
from records import database
from schema.errors import BusyError, StorageError
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schema.mapping import Mapping

    Progress = Callable[[float, str], None]

MODE: Final = "demo"
TRUTH: Final = "truth.json"
_KEY_SEED: Final = 20_261_115
_IMPORT_FROM: Final = 0.15
_IMPORT_TO: Final = 0.6
_BOOKS_TO: Final = 0.98


def source_files(folder: Path, seed: int = SEED) -> dict[str, Mapping]:
    """Write the company's exports only; which file is what?

    Args:
        folder: where the files go; made when missing.
        seed: another seed gives another company, whose patterns are drawn but not tuned.

    Returns:
        File name → mapping, parents before children. The same seed writes the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return write_files(folder, build_world(seed))


def build(home: Path, progress: Callable[[float, str], None] | None = None) -> None:
    """Make the demo company, or make it anew, in ``home/demo``.

    The folder appears complete or not at all; an older demo stays readable until then. The import reads the data
    folder from the environment, so this belongs in a process of its own while others import.

    Args:
        home: the data folder (``CATCHLIGHT_HOME``).
        progress: called with a share from 0 to 1 and a few words.

    Raises:
        BusyError: another process is building or writing the demo.
        StorageError: the folder cannot be written.
    """
    tell = progress or _say_nothing
    with _disk_errors(home):
        home.mkdir(parents=True, exist_ok=True)
    with _builder_lock(home), _disk_errors(home):
        for left in home.glob(f"{MODE}.tmp*"):
            shutil.rmtree(left)
        stage = home / f"{MODE}.tmp{os.getpid()}"
        try:
            _fill(stage, tell)
            _publish(stage / MODE, home)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    tell(1.0, "The demo is ready")


def _fill(stage: Path, tell: Progress) -> None:
    files = stage / "files"
    files.mkdir(parents=True)
    tell(0.01, "Inventing a company")
    world = build_world()
    tell(0.08, "Writing its exports")
    mappings = write_files(files, world)
    tell(0.12, "Noting the truth")
    drawn = draw_campaigns(world)
    truth = build_truth(world, drawn)
    del world

    def tell_import(share: float, what: str) -> None:
        tell(_IMPORT_FROM + (_IMPORT_TO - _IMPORT_FROM) * share, what)

    def tell_books(share: float, what: str) -> None:
        tell(_IMPORT_TO + (_BOOKS_TO - _IMPORT_TO) * share, what)

    with _home_at(stage):
        warehouse.import_files(
            [files / name for name in mappings],
            mode=MODE,
            mappings=mappings,
            trusted=True,
            key_seed=_KEY_SEED,
            progress=tell_import,
        )
        keep_books(SEED, tell_books)
        keep_campaigns(drawn)
        database.dispose(MODE)
    text = json.dumps(truth, indent=1, ensure_ascii=False) + "\n"
    (stage / MODE / TRUTH).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _home_at(folder: Path) -> Iterator[None]:
    """Let the import write to another data folder."""
    before = os.environ.get("CATCHLIGHT_HOME")
    os.environ["CATCHLIGHT_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["CATCHLIGHT_HOME"]
        else:
            os.environ["CATCHLIGHT_HOME"] = before


def _publish(made: Path, home: Path) -> None:
    """Put the finished folder in its place; the older one goes away afterwards."""
    target = home / MODE
    old = home / f"{MODE}.tmp-old{os.getpid()}"
    _sync(made)
    if target.exists():
        target.rename(old)
    made.rename(target)
    _sync(home)
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _builder_lock(home: Path) -> Iterator[None]:
    with (home / f"{MODE}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"{home}: another process is building the demo. Wait until it is done."
            raise BusyError(msg) from error
        yield


@contextlib.contextmanager
def _disk_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"{home}: the demo cannot be written ({error.strerror or error}). Check space and permissions."
        raise StorageError(msg) from error


def _say_nothing(_share: float, _what: str) -> None:
    return
