"""An object store that holds the real data's tables (``CATCHLIGHT_WAREHOUSE=s3://bucket/prefix``); without it, a folder does.

Credentials and endpoints are read from the environment (``AWS_…``, ``GOOGLE_…``, ``AZURE_…``), by Polars and Delta too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from schema.errors import StorageError, UsageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore.store import RetryConfig

SETTING: Final = "CATCHLIGHT_WAREHOUSE"
SCHEMES: Final = ("s3", "gs", "az", "abfss")
"""Stores on which Delta's log and the writer's lock are safe: they create an object only where none is."""

RETRY: Final[RetryConfig] = {"max_retries": 6, "retry_timeout": dt.timedelta(seconds=60)}
"""A store that does not answer for a minute is told of."""


def warehouse_url() -> str:
    """Where the real data's tables lie (``CATCHLIGHT_WAREHOUSE``), without a slash at its end; empty is the data folder.

    Raises:
        UsageError: not an address of a store that is known; nothing is written elsewhere instead.
    """
    return checked_url(os.environ.get(SETTING, ""), SETTING) if os.environ.get(SETTING) else ""


def is_url(text: str) -> bool:
    """Whether a place is named by an address, not by a folder."""
    return "://" in text


def checked_url(url: str, named: str) -> str:
    """An address of an object store as it is used from here on.

    Args:
        url: as given.
        named: what the message calls it.

    Raises:
        UsageError: another scheme, no bucket, or something secret in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        msg = say(
            "{named} must be the address of an object store ({known}) with a bucket; it is {given}.",
            named=named,
            known=known,
            given=repr(url.partition("?")[0]),
        )
        raise UsageError(msg)
    if parts.query or parts.password:
        msg = say(
            "{named} must not hold keys or options: they belong in the environment (AWS_…, GOOGLE_…, AZURE_…).",
            named=named,
        )
        raise UsageError(msg)
    return url.rstrip("/")


@dataclass(frozen=True)
class Kept:
    """An object that is there: its path below the address, its bytes, when it was written, and its mark."""

    path: str
    size: int
    written_at: dt.datetime
    mark: str


class Objects:
    """The objects below one address; every call is a request.

    Args:
        url: as ``checked_url`` gives it.

    Raises:
        StorageError: the client is not installed; each call: the store cannot be reached or refuses.
    """

    def __init__(self, url: str) -> None:  # noqa: D107  (the class says it)
        try:
            import obstore  # noqa: PLC0415  (an optional package)
            from obstore.exceptions import BaseError  # noqa: PLC0415
            from obstore.store import from_url  # noqa: PLC0415
        except ImportError as error:
            msg = say("{url}: the object store's client is missing: pip install -r requirements-objects.txt", url=url)
            raise StorageError(msg) from error
        self.url = url
        self._obstore: Any = obstore
        self._faults: tuple[type[Exception], ...] = (BaseError, OSError)
        allows_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
        with self._told():
            self._store: Any = from_url(url, client_options={"allow_http": allows_http}, retry_config=RETRY)

    def put(self, path: str, content: bytes) -> None:
        """Write an object, or replace it."""
        with self._told():
            self._obstore.put(self._store, path, content)

    def create(self, path: str, content: bytes) -> str | None:
        """Write an object where none is: its mark; None where there is one."""
        return self._conditional(path, content, "create")

    def exchange(self, path: str, content: bytes, mark: str) -> str | None:
        """Replace an object that still has a mark: its new mark; None where somebody else replaced it."""
        return self._conditional(path, content, {"e_tag": mark})

    def _conditional(self, path: str, content: bytes, mode: Any) -> str | None:
        from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError  # noqa: PLC0415

        with self._told():
            try:
                return str(self._obstore.put(self._store, path, content, mode=mode)["e_tag"])
            except (AlreadyExistsError, PreconditionError, NotFoundError, FileNotFoundError):
                return None

    def get(self, path: str) -> tuple[bytes, str] | None:
        """An object's content and mark; None where there is none."""
        with self._told():
            try:
                found = self._obstore.get(self._store, path)
                return bytes(found.bytes()), str(found.meta["e_tag"])
            except FileNotFoundError:
                return None

    def below(self, prefix: str) -> list[Kept]:
        """The objects whose path begins with these folders, by path."""
        with self._told():
            listed = self._obstore.list(self._store, prefix=prefix or None).collect()
        rows = [Kept(one["path"], one["size"], one["last_modified"], str(one["e_tag"])) for one in listed]
        return sorted(rows, key=lambda one: one.path)

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that are gone already do not matter."""
        if paths:
            with self._told(), contextlib.suppress(FileNotFoundError):
                self._obstore.delete(self._store, list(paths))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._faults as error:
            said = str(error).strip().partition("\n")[0][:300]
            msg = say(
                "{url}: the object store cannot be used ({said}). Check the address and the keys.",
                url=self.url,
                said=said,
            )
            raise StorageError(msg) from error
