"""Triggers that keep a table append-only, whoever connects to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSAL: Final = "the table is only ever appended to"

_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION catchlight_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%%: {_REFUSAL}', TG_TABLE_NAME; END $$
"""


def guard(table: sa.Table) -> None:
    """Have a table created together with its triggers."""
    for statement in _sqlite(table.name):
        sa.event.listen(table, "after_create", _ddl(statement).execute_if(dialect="sqlite"))
    for statement in _postgres(table.name):
        sa.event.listen(table, "after_create", _ddl(statement).execute_if(dialect="postgresql"))


def _ddl(statement: str) -> sa.DDL:
    return sa.DDL(statement)  # type: ignore[no-untyped-call]  # the library leaves it untyped


def _sqlite(name: str) -> Iterator[str]:
    """SQLite's INSERT OR REPLACE removes rows without a delete trigger, so an insert has to be the next row."""
    for act in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {name}_no_{act.lower()} BEFORE {act} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name}: {_REFUSAL}'); END"
        )
    yield (
        f"CREATE TRIGGER {name}_next_row BEFORE INSERT ON {name} "
        f"WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM {name}) "
        f"OR EXISTS (SELECT 1 FROM {name} WHERE entry_key = NEW.entry_key) "
        f"BEGIN SELECT RAISE(ABORT, '{name}: {_REFUSAL}'); END"
    )


def _postgres(name: str) -> Iterator[str]:
    yield _FUNCTION
    yield (
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION catchlight_refuse()"
    )
    yield (
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION catchlight_refuse()"
    )
