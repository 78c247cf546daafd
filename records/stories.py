"""Stories: what head office says in a meeting, step by step. Every change is a new version; none is ever lost."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from records import acts, chain, database
from records.company import plain
from records.glances import glance
from records.kept_lists import digest_of
from records.locking import SMALL_WRITE_WAIT_S
from records.story_table import Shown, Step, Story, newest, outline_of, story_of
from records.story_table import results as results_table
from records.story_table import stories as table
from schema.errors import RefusedError, UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schema.scope import Scope
    from schema.settings import DataMode

__all__ = ["Shown", "Step", "Story", "digest_of", "keep", "results", "stories", "story", "undo", "versions"]

MOST_TITLE: Final = 120
MOST_CAPTION: Final = 200
MOST_NOTES: Final = 4_000
MOST_STEPS: Final = 100
MOST_BODY: Final = 4_000_000
"""Characters of one result; a slide that needs more cannot be read."""


def stories(mode: DataMode, scope: Scope) -> tuple[Story, ...]:
    """Every story that was not deleted, first made first, as it is now.

    Raises:
        RefusedError: an agent asks: stories are of the whole company.
        StorageError: the database is there and cannot be read.
    """
    _readers_only(scope)
    return tuple(one for one in newest(glance(mode, _every_version())) if not one.is_deleted)


def story(mode: DataMode, scope: Scope, story_id: str) -> Story:
    """One story as it is now.

    Raises:
        RefusedError: an agent asks.
        UsageError: there is none of this id, or it was deleted.
    """
    for one in stories(mode, scope):
        if one.story_id == story_id:
            return one
    msg = say("There is no story {story_id} here; it may have been deleted.", story_id=repr(story_id[:40]))
    raise UsageError(msg)


def versions(mode: DataMode, scope: Scope, story_id: str) -> tuple[Story, ...]:
    """A story as it ever was, first version first."""
    _readers_only(scope)
    return tuple(story_of(row) for row in glance(mode, _every_version().where(table.c.story_id == story_id)))


def results(mode: DataMode, scope: Scope, digests: Iterable[str]) -> dict[str, str]:
    """Results by digest, as ``keep`` was given them; those that are not kept are left out.

    Raises:
        RefusedError: an agent asks.
    """
    _readers_only(scope)
    wanted = tuple(digests)
    if not wanted:
        return {}
    query = sa.select(results_table.c.entry_key, results_table.c.body).where(results_table.c.entry_key.in_(wanted))
    return {row.entry_key: row.body for row in glance(mode, query)}


def keep(mode: DataMode, scope: Scope, wanted: Story, *, change: str, bodies: Mapping[str, str] | None = None) -> Story:
    """Keep a story's next version and the results it shows, both or neither.

    Args:
        mode: which data it is about.
        scope: an owner's, in their own right.
        wanted: the story as it shall be; its ``version`` is the one it was made from, 0 and no id for a new story.
        change: what was changed, in a few words for the log and for undo.
        bodies: digest → result, for those that may not be kept yet.

    Returns:
        The story as it is now; the same version when nothing changed.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: words too long or unreadable, too many steps, or somebody changed the story meanwhile.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    acts.owners_only(scope, "story", say("Head office makes the stories."))
    wanted = _checked(wanted)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        found = newest(connection.execute(_every_version()).all())
        before = next((one for one in found if wanted.story_id and one.story_id == wanted.story_id), None)
        if wanted.story_id and (before is None or before.version != wanted.version):
            msg = say(
                "The story {title} was changed meanwhile in another window; look again, then change.",
                title=repr(wanted.title),
            )
            raise UsageError(msg)
        named = wanted if wanted.story_id else replace(wanted, story_id=f"ST-{len(found) + 1:03d}")
        if before is not None and _same(before, named):
            return before
        what: dict[str, str | int] = {"story_id": named.story_id, "change": change, "steps": len(named.steps)}
        acts.note("story_change", scope, what, mode=mode, connection=connection)
        return _write(connection, scope.viewer, named, change, bodies or {})


def undo(mode: DataMode, scope: Scope, story_id: str) -> Story:
    """Take the last change back: the version before becomes the newest one, and can itself be taken back.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: nothing was changed yet.
    """
    acts.owners_only(scope, "story", say("Head office makes the stories."))
    known = versions(mode, scope, story_id)
    if len(known) < 2:  # noqa: PLR2004  (the first version has nothing before it)
        msg = say("There is nothing to take back.")
        raise UsageError(msg)
    before, now = known[-2:]
    return keep(mode, scope, replace(before, version=now.version), change=f"took back: {now.change}"[:MOST_CAPTION])


def note_presented(mode: DataMode, scope: Scope, shown: Story) -> None:
    """Put on the log that a story is presented; it never waits for a running job."""
    what: dict[str, str | int] = {"story_id": shown.story_id, "version": shown.version, "snapshot": shown.snapshot}
    if scope.is_borrowed:
        what |= {"viewed_as": scope.role}
    acts.note("present", scope, what, mode=mode)


def _readers_only(scope: Scope) -> None:
    if scope.role not in {"owner", "presenter"}:
        msg = say("Stories are of the whole company: head office makes them, presenters show them.")
        raise RefusedError(msg)


def _every_version() -> sa.Select[tuple[object, ...]]:
    return sa.select(table).order_by(table.c.seq)


def _checked(wanted: Story) -> Story:
    title = plain(wanted.title, later("title"), MOST_TITLE)
    if not title:
        msg = say("A story needs a title.")
        raise UsageError(msg)
    if len(wanted.steps) > MOST_STEPS:
        msg = say(
            "The story has {n} steps; at most {most} are kept. Make a second story.",
            n=len(wanted.steps),
            most=MOST_STEPS,
        )
        raise UsageError(msg)
    if len({step.step_id for step in wanted.steps}) < len(wanted.steps):
        msg = say("Two steps of the story have the same id.")
        raise UsageError(msg)
    return replace(wanted, title=title, steps=tuple(_words(step) for step in wanted.steps))


def _words(step: Step) -> Step:
    return replace(
        step,
        caption=plain(step.caption, later("caption"), MOST_CAPTION),
        reveal_caption=plain(step.reveal_caption, later("second caption"), MOST_CAPTION),
        notes=_several_lines(step.notes),
    )


def _several_lines(notes: str) -> str:
    """Notes as typed, in lines; what cannot be seen is refused as in every text."""
    if len(notes) > MOST_NOTES:
        msg = say("The notes have {n} characters; at most {most} are kept.", n=len(notes), most=MOST_NOTES)
        raise UsageError(msg)
    lines = unicodedata.normalize("NFKC", notes).replace("\t", " ").splitlines()
    return "\n".join(plain(line, later("line of the notes"), MOST_NOTES) for line in lines).strip()


def _same(before: Story, wanted: Story) -> bool:
    names = ("title", "steps", "snapshot", "stamp", "as_of", "is_deleted")
    return all(getattr(before, name) == getattr(wanted, name) for name in names)


def _write(connection: sa.Connection, by: str, wanted: Story, change: str, bodies: Mapping[str, str]) -> Story:
    for digest, body in bodies.items():
        if digest != digest_of(body) or len(body) > MOST_BODY:
            msg = say("A result of {n} characters does not fit on a slide; narrow what it shows.", n=len(body))
            raise UsageError(msg)
    chain.append(connection, results_table, [{"entry_key": key, "body": body} for key, body in bodies.items()])
    version = wanted.version + 1
    row = {
        "entry_key": f"{wanted.story_id}|{version}",
        "story_id": wanted.story_id,
        "version": version,
        "title": wanted.title,
        "snapshot": wanted.snapshot,
        "stamp": wanted.stamp,
        "as_of": wanted.as_of,
        "outline": outline_of(wanted.steps),
        "is_deleted": int(wanted.is_deleted),
        "change": change,
        "changed_by": by,
    }
    chain.append(connection, table, [row])
    return newest(connection.execute(_every_version().where(table.c.story_id == wanted.story_id)).all())[0]
