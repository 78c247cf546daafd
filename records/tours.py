"""Who declined or left the tour, so that it is offered once: a wish of each viewer, nothing that is ever accounted for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from records import database
from records.columns import text
from records.database import METADATA
from records.glances import glance
from schema.errors import CatchlightError

if TYPE_CHECKING:
    from schema.settings import DataMode

_left: Final = sa.Table("tours_left", METADATA, text("viewer", primary_key=True))


def has_left(mode: DataMode, viewer: str) -> bool:
    """Whether this viewer declined or left the tour before.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return bool(glance(mode, sa.select(_left.c.viewer).where(_left.c.viewer == viewer)))


def leave(mode: DataMode, viewer: str) -> None:
    """Remember it. Where that cannot be written now, nothing is lost: the tour is offered again."""
    if has_left(mode, viewer):
        return
    with contextlib.suppress(CatchlightError), database.transaction(mode) as connection:
        connection.execute(sa.insert(_left).values(viewer=viewer))
