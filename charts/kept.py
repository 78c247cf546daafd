"""Was this very picture drawn before? Then it is not drawn again: the same arguments make the same picture."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import importlib
import sys
import threading
import weakref
from collections import OrderedDict
from decimal import Decimal
from functools import wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import numpy as np
import plotly.graph_objects as go
import polars as pl

from schema.language import language

if TYPE_CHECKING:
    from collections.abc import Callable

Wanted = ParamSpec("Wanted")
Drawn = TypeVar("Drawn")

_MOST: Final = 400
"""A picture takes some 20 to 250 kB; a page has a dozen."""
_PLAIN: Final = (str, int, float, bool, type(None), bytes, Decimal, dt.date, dt.time, dt.timedelta)
_SPELLED_OUT: Final = 8_000
"""Values of a frame that are told one by one for its key: within a millisecond."""
_MOST_MAPS: Final = 24
"""A map of five thousand cells takes some two megabytes."""
_lock: Final = threading.Lock()
_importing: Final = threading.RLock()
_pictures: Final[OrderedDict[tuple[Any, ...], go.Figure]] = OrderedDict()
_maps: Final[OrderedDict[tuple[Any, ...], Any]] = OrderedDict()
_digests: Final[dict[int, bytes]] = {}


class Kept(go.Figure):  # type: ignore[misc]
    """A figure that several screens share: it must not be changed, and is made ready to be sent only once."""

    def to_dict(self) -> dict[str, Any]:
        """What is sent, with new outer dictionaries: who sends it takes things out of them."""
        if "_ready" not in self.__dict__:
            ready = super().to_dict()
            self.__dict__["_ready"] = self.__dict__["_pack"](ready) if "_pack" in self.__dict__ else ready
        ready = self.__dict__["_ready"]
        return {"data": [dict(trace) for trace in ready["data"]], "layout": dict(ready["layout"])}


def sent_as(fig: go.Figure, pack: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let a figure that is kept travel in another, smaller form than the one it is read and drawn in here.

    Args:
        fig: returned by a function under ``kept``.
        pack: makes of the plain values what is sent; changes nothing of them.
    """
    fig.__dict__["_pack"] = pack


def import_pandas() -> None:
    """Import it while nothing is drawn: Plotly looks at whatever is there of it, even when only half is."""
    with _importing:
        importlib.import_module("pandas")


def _whole_pandas() -> contextlib.AbstractContextManager[object]:
    """Not there at all, or wholly there, for as long as a picture is drawn."""
    if hasattr(sys.modules.get("pandas"), "Series"):
        return contextlib.nullcontext()
    if "pandas" in sys.modules:  # somebody else is importing it: this waits until they are done
        importlib.import_module("pandas")
    return _importing


class _UnknownError(Exception):
    """An argument whose content cannot be told."""


def kept(draw: Callable[Wanted, go.Figure]) -> Callable[Wanted, go.Figure]:
    """Keep what a chart function drew, under the whole content of its arguments; the oldest are forgotten first.

    Nothing is sampled: a frame's key is a digest of all its bytes, so that no picture can stand for another. A chart
    with an argument whose content cannot be told is drawn each time.

    Args:
        draw: takes all it needs as arguments and changes none of them.
    """

    @wraps(draw)
    def once(*args: Wanted.args, **options: Wanted.kwargs) -> go.Figure:
        with _whole_pandas():
            made = draw(*args, **options)
        made.__class__ = Kept
        return made

    return _on_shelf(once, _pictures, _MOST)


def kept_map(draw: Callable[Wanted, Drawn]) -> Callable[Wanted, Drawn]:
    """The same for maps, which are larger and fewer."""
    return _on_shelf(draw, _maps, _MOST_MAPS)


def _on_shelf(
    draw: Callable[Wanted, Drawn], shelf: OrderedDict[tuple[Any, ...], Any], most: int
) -> Callable[Wanted, Drawn]:
    @wraps(draw)
    def drawn(*args: Wanted.args, **options: Wanted.kwargs) -> Drawn:
        try:
            key = (draw, language(), content(args), content(options))
        except _UnknownError:
            return draw(*args, **options)
        with _lock:
            if key in shelf:
                shelf.move_to_end(key)
                return shelf[key]  # type: ignore[no-any-return]
        made = draw(*args, **options)
        with _lock:
            shelf[key] = made
            while len(shelf) > most:
                shelf.popitem(last=False)
        return made

    return drawn


def content(value: Any) -> Any:
    """Something hashable that differs wherever the value does; ``1``, ``1.0`` and ``True`` differ too.

    Args:
        value: an argument of a chart.
    """
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, pl.DataFrame):
        return "frame", _digest(value)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return "array", str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, (list, tuple, range, set, frozenset)):
        keys = [content(one) for one in value]
        return type(value), frozenset(keys) if isinstance(value, (set, frozenset)) else tuple(keys)
    if isinstance(value, dict):
        return dict, tuple((content(name), content(one)) for name, one in value.items())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value), tuple(content(getattr(value, part.name)) for part in dataclasses.fields(value))
    raise _UnknownError


def _digest(frame: pl.DataFrame) -> bytes:
    """Of all that a frame holds: names, types and values, in order.

    A small one is spelled out here. Written by Polars it would wait for its threads, behind whatever large question somebody
    else has asked. A frame that lives on, such as an answer's table, is told once; nobody changes one that was drawn.
    """
    if id(frame) not in _digests:
        _digests[id(frame)] = _digest_of(frame)
        weakref.finalize(frame, _digests.pop, id(frame), None)
    return _digests[id(frame)]


def _digest_of(frame: pl.DataFrame) -> bytes:
    if frame.height * frame.width > _SPELLED_OUT or not all(_is_told_by_its_values(kind) for kind in frame.dtypes):
        written = BytesIO()
        frame.write_ipc(written)
        return hashlib.blake2b(written.getbuffer()).digest()
    columns = [(name, str(kind), frame[name].to_list()) for name, kind in frame.schema.items()]
    return hashlib.blake2b(repr(columns).encode("utf-8", "surrogatepass")).digest()


def _is_told_by_its_values(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind.is_temporal() or kind in {pl.String, pl.Boolean}
