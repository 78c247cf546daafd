"""Read the answer of one query from SQLite, PostgreSQL, MySQL or MariaDB; nothing is ever written there."""

from __future__ import annotations

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import polars as pl

from loaders.columnar import flat
from loaders.faults import told
from loaders.layout import column_names
from loaders.nested import series
from loaders.table import RawTable
from schema.errors import SourceError
from schema.language import say

_BAD: Final = (RuntimeError, ValueError, TypeError, OSError, pl.exceptions.PolarsError)
SCHEMES: Final = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")

_SKIPPED: Final = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITES: Final = re.compile(
    r"\b(insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|into|call|exec|execute|copy|lock|attach"
    r"|pragma|vacuum)\b",
    re.IGNORECASE,
)


def read_sql(url: str, query: str, *, name: str = "") -> RawTable:
    """What does this database answer to this query?

    Args:
        url: ``sqlite:///shop.db`` (four slashes for an absolute path), ``postgresql://user:password@host:5432/shop``,
            ``mysql://…`` or ``mariadb://…``. The password appears in no message.
        query: one SELECT (or WITH … SELECT). SQLite and PostgreSQL are opened read-only besides.
        name: what to call the source; default is the database's address without the password.

    Returns:
        The rows with the types of the database; numbers of mixed kinds in SQLite become text.

    Raises:
        SourceError: the address, the query or the connection does not work; says what to do.
    """
    parts = _parts(url)
    source = name or _shown(parts)
    statement = _one_select(query, source)
    frame = _sqlite(parts, statement, source) if parts.scheme == "sqlite" else _server(parts, statement, source)
    return RawTable(source, frame, parts.scheme)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        msg = say("The database address cannot be read; write it as postgresql://user:password@host:5432/database.")
        raise SourceError(msg) from error
    if parts.scheme not in SCHEMES:
        msg = say(
            "The database address starts with {scheme}; it must be sqlite:///, postgresql://, mysql:// or mariadb://.",
            scheme=repr(parts.scheme or "nothing"),
        )
        raise SourceError(msg)
    return parts


def _shown(parts: SplitResult) -> str:
    """The address without password and options."""
    if parts.scheme == "sqlite":
        return Path(unquote(parts.path)).name or "sqlite"
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{user}{parts.hostname or 'localhost'}{port}{parts.path}"


def _one_select(query: str, source: str) -> str:
    """The query without its closing semicolon.

    Raises:
        SourceError: it is empty, several statements, or one that writes.
    """
    statement = query.strip().rstrip(";").strip()
    bare = _SKIPPED.sub(" ", statement).strip()
    if ";" in bare:
        msg = say("{source}: the query holds several statements; write a single SELECT.", source=source)
        raise SourceError(msg)
    if not re.match(r"\(*\s*(select|with)\b", bare, re.IGNORECASE):
        msg = say("{source}: the query must be a single SELECT (or WITH … SELECT).", source=source)
        raise SourceError(msg)
    if found := _WRITES.search(bare):
        msg = say(
            "{source}: the query contains {word}; only reading is allowed. Quote it if it is a name.",
            source=source,
            word=found.group().upper(),
        )
        raise SourceError(msg)
    return statement


def _sqlite(parts: SplitResult, statement: str, source: str) -> pl.DataFrame:
    path = Path(unquote(parts.path).removeprefix("/"))
    if not path.is_file():
        msg = say(
            "{source}: there is no SQLite file at {path}; an absolute path needs four slashes: sqlite:////data/shop.db.",
            source=source,
            path=path,
        )
        raise SourceError(msg)
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=10)
        ) as connection:
            cursor = connection.execute(statement)
            names = column_names([column[0] for column in cursor.description or ()])
            rows = cursor.fetchall()
    except (sqlite3.Error, OverflowError) as error:
        msg = say("{source}: SQLite says: {error}.", source=source, error=error)
        raise SourceError(msg) from error
    return pl.DataFrame([series(label, [_cell(row[i]) for row in rows]) for i, label in enumerate(names)])


def _cell(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _server(parts: SplitResult, statement: str, source: str) -> pl.DataFrame:
    """PostgreSQL, MySQL and MariaDB through connectorx."""
    _check_answers(parts, source)
    try:
        with told(
            _BAD,
            lambda why: say(
                "{source}: the database could not be read: {why}.", source=source, why=_redacted(why, parts)
            ),
            secret=True,
        ):
            return flat(pl.read_database_uri(statement, _driver_url(parts), engine="connectorx"))
    except ImportError as error:
        msg = say(
            "{source}: reading this database needs a driver; install it with: pip install connectorx pyarrow",
            source=source,
        )
        raise SourceError(msg) from error


def _check_answers(parts: SplitResult, source: str) -> None:
    """Is anybody there? The driver would try for half a minute."""
    host = parts.hostname or "localhost"
    port = parts.port or (5432 if parts.scheme.startswith("postgres") else 3306)
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError as error:
        msg = say(
            "{source}: no database answers at {host}:{port} ({reason}); is the address right?",
            source=source,
            host=host,
            port=str(port),
            reason=error.strerror or error,
        )
        raise SourceError(msg) from error


def _driver_url(parts: SplitResult) -> str:
    """The address as the driver wants it; PostgreSQL is asked for read-only transactions and a quick failure."""
    if parts.scheme in {"mysql", "mariadb"}:
        return urlunsplit(parts._replace(scheme="mysql"))
    options = dict(parse_qsl(parts.query))
    options.setdefault("connect_timeout", "10")
    options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on".strip()
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(options, quote_via=quote)))


def _redacted(message: str, parts: SplitResult) -> str:
    """The driver's words without the password, which some drivers repeat."""
    for secret in {parts.password, unquote(parts.password or "")} - {None, ""}:
        message = message.replace(str(secret), "•••")
    return re.sub(r"://[^@\s/]*@", "://", message)
