"""Stories at rest: every version of every story, and the results its steps show."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from records.chain import chained_table
from records.columns import text, whole
from records.database import METADATA
from records.frames import last_versions, moment
from schema.errors import StorageError
from schema.language import say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

stories: Final = chained_table(
    "stories",
    METADATA,
    text("story_id"),
    whole("version"),
    text("title"),
    whole("snapshot"),
    text("stamp"),
    text("as_of"),
    text("outline"),
    whole("is_deleted"),
    text("change"),
    text("changed_by"),
    indexes=(sa.Index("stories_of_id", "story_id"),),
)
"""One row a version of a story; ``outline`` is its steps as JSON, without their results."""

results: Final = chained_table("story_results", METADATA, text("body"))
"""One row a result that a step shows, called by its digest; the same result is kept once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of a step and where it came from.

    Attributes:
        page: the page it was added from, such as ``dwell``.
        query: that page's parameters in full, dates and as-of included; the link back to it.
        kind: how it is drawn (``exports.story_kinds``).
        address: whose answer it is, such as ``dwell/quadrant``.
        options: that address's options.
        results: name within the picture → digest of a result; ``main`` is the address's own.
    """

    page: str
    query: str
    kind: str
    address: str
    options: dict[str, Any] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to say.

    Attributes:
        step_id: stays the same wherever the step is moved to.
        caption: the sentence above the picture; empty for the finding itself.
        notes: for the speaker alone.
        eyes: an agent's id, where the step shows what that agent sees; empty for the whole company.
        shown: the picture.
        reveal: a second picture for before and after; None without one.
        reveal_caption: its sentence; empty for the finding itself.
    """

    step_id: str
    shown: Shown
    caption: str = ""
    notes: str = ""
    eyes: str = ""
    reveal: Shown | None = None
    reveal_caption: str = ""

    @property
    def pictures(self) -> tuple[Shown, ...]:
        """The picture, and the second one where there is one."""
        return (self.shown,) if self.reveal is None else (self.shown, self.reveal)


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is now.

    Attributes:
        story_id: such as ``ST-001``.
        snapshot: the one snapshot that all results were computed on; 0 before the first step.
        stamp: when that snapshot was published; tells it from one of the same number after a reset.
        as_of: the day before which its data are complete, ISO.
        version: 1, 2, 3 …; 0 before it is kept.
    """

    story_id: str
    title: str
    steps: tuple[Step, ...] = ()
    snapshot: int = 0
    stamp: str = ""
    as_of: str = ""
    version: int = 0
    is_deleted: bool = False
    change: str = ""
    changed_by: str = ""
    changed_at: dt.datetime | None = None

    @property
    def digests(self) -> tuple[str, ...]:
        """Digests of all results its steps show."""
        return tuple(
            dict.fromkeys(one for step in self.steps for shown in step.pictures for one in shown.results.values())
        )


def outline_of(steps: Iterable[Step]) -> str:
    """Steps as they are kept."""
    return json.dumps([asdict(step) for step in steps], ensure_ascii=False, sort_keys=True)


def newest(rows: Iterable[sa.Row[Any]]) -> tuple[Story, ...]:
    """The last version of each story, first made first; deleted ones too."""
    return tuple(story_of(row) for row in last_versions(rows, "story_id"))


def story_of(row: sa.Row[Any]) -> Story:
    """One version.

    Raises:
        StorageError: the row holds what was never written.
    """
    try:
        steps = tuple(_step(one) for one in json.loads(row.outline))
    except (ValueError, TypeError, KeyError) as error:
        msg = say(
            "stories: {story_id} holds what was never written. Run: python -m records audit verify",
            story_id=row.story_id,
        )
        raise StorageError(msg) from error
    return Story(
        story_id=row.story_id,
        title=row.title,
        steps=steps,
        snapshot=row.snapshot,
        stamp=row.stamp,
        as_of=row.as_of,
        version=row.version,
        is_deleted=bool(row.is_deleted),
        change=row.change,
        changed_by=row.changed_by,
        changed_at=moment(row.recorded_at),
    )


def _step(told: dict[str, Any]) -> Step:
    reveal = told["reveal"]
    return Step(**{**told, "shown": Shown(**told["shown"]), "reveal": None if reveal is None else Shown(**reveal)})
