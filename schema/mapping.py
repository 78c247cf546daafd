"""How the columns of one source become canonical ones: a small TOML file that people can read and correct."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from pathlib import Path

SHAPES: Final = (
    "orders",
    "order_lines",
    "refunds",
    "events",
    "stores",
    "agents",
    "guides",
    "territories",
    "travel",
    "products",
    "availability",
    "customers",
    "identities",
    "location_fixes",
    "bills",
    "complaints",
    "campaign_sends",
    "ignore",
)
"""What one row of a source is. ``order_lines`` rows may repeat their order's header columns."""


@dataclass(frozen=True)
class Mapping:
    """What a source's rows are and which of its columns mean what.

    Attributes:
        shape: what one row is; one of ``SHAPES``.
        columns: canonical column (or a helper such as ``unit_price``, ``geohash``, ``occurred_ms``) → source column.
        constants: canonical column → value for every row, such as ``channel = "pos"``.
        values: canonical column → {source value → canonical value}, such as channel names.
        zone: IANA zone of stamps without an offset; also the business zone at the first import.
        currency: ISO 4217 for rows that name none.
        datum: WGS-84, GCJ-02 or BD-09; empty asks or, for a source without places, does not matter.
        date_order: ``dmy``, ``mdy`` or ``ymd``; empty means the values decide, and asks when they cannot.
        decimal: ``.`` or ``,``; empty means the values decide, and asks when they cannot.
        epoch: ``s`` or ``ms`` for numeric stamps; empty means the values decide.
        header: False when the first row is data; columns are then called ``column_1`` …
        sheet: read only this sheet (workbooks); empty reads all that fit.
        source: the name of the shop system; ids are unique within it. Empty is ``main``.
        start_on: rows before this day are E06 (default 1990-01-01).
        day_one: the calendar date of day 1, where a source counts its days; empty asks.
        returns: how returns are written: ``""`` (refund columns or none), ``negative_qty`` (a negative quantity
            is a return) or ``prefix:C`` (ids that start with C are returns).
        zero_price_is_purchase: count an order whose every line costs nothing as a purchase.
        dwell: evidence of page time: ``""`` (detect), ``measured``, ``pings`` or ``gap``.
        preset: the preset it started from, for the record.
    """

    shape: str
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    zone: str = ""
    currency: str = ""
    datum: str = ""
    date_order: str = ""
    decimal: str = ""
    epoch: str = ""
    header: bool = True
    sheet: str = ""
    source: str = ""
    start_on: str = ""
    day_one: str = ""
    returns: str = ""
    zero_price_is_purchase: bool = False
    dwell: str = ""
    preset: str = ""

    def __post_init__(self) -> None:
        """Refuse a shape that nothing understands."""
        if self.shape not in SHAPES:
            msg = say(
                "Mapping: shape is {shape}; it must be one of {shapes}.",
                shape=repr(self.shape),
                shapes=", ".join(SHAPES),
            )
            raise UsageError(msg)

    def with_answers(self, **answers: Any) -> Mapping:
        """The same mapping with some fields answered."""
        return replace(self, **answers)

    def to_toml(self) -> str:
        """The mapping as the small TOML file people keep beside their exports."""
        lines = [
            f"{name} = {_toml(getattr(self, name))}" for name in _SCALARS if getattr(self, name) != _DEFAULTS[name]
        ]
        for name in ("columns", "constants"):
            table: dict[str, str] = getattr(self, name)
            if table:
                lines += ["", f"[{name}]", *(f"{_toml_key(k)} = {_toml(v)}" for k, v in table.items())]
        for column, pairs in self.values.items():
            lines += ["", f"[values.{_toml_key(column)}]", *(f"{_toml_key(k)} = {_toml(v)}" for k, v in pairs.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_table(cls, table: dict[str, Any], *, where: str) -> Mapping:
        """A mapping from parsed TOML; unknown keys are refused by name.

        Raises:
            UsageError: a key is unknown, missing or of the wrong type; names the key and the possible ones.
        """
        known = {f.name for f in fields(cls)}
        for key in table:
            if key not in known:
                msg = say(
                    "{where}: unknown key {key}; known keys are {known}.",
                    where=where,
                    key=repr(key),
                    known=", ".join(sorted(known)),
                )
                raise UsageError(msg)
        if "shape" not in table:
            msg = say(
                "{where}: the key shape is missing; it says what one row is: {shapes}.",
                where=where,
                shapes=", ".join(SHAPES),
            )
            raise UsageError(msg)
        _check_types(table, where)
        return cls(**table)

    @classmethod
    def read(cls, path: Path) -> Mapping:
        """A mapping from a TOML file.

        Raises:
            UsageError: the file is missing, is not TOML or holds an unusable key.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            msg = say("{path}: cannot be read ({reason}).", path=path, reason=error.strerror)
            raise UsageError(msg) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            msg = say("{path}: is not TOML ({error}).", path=path, error=error)
            raise UsageError(msg) from error
        return cls.from_table(table, where=path.name)


_DEFAULTS: Final[dict[str, Any]] = {
    "shape": "",
    **{f.name: getattr(Mapping("ignore"), f.name) for f in fields(Mapping) if f.name != "shape"},
}
_SCALARS: Final = tuple(name for name, value in _DEFAULTS.items() if not isinstance(value, dict))
_KINDS: Final = {str: later("text"), bool: later("true or false"), dict: later("a table")}


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")  # the rest is the same in TOML


def _toml_key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _toml(key)


def _check_types(table: dict[str, Any], where: str) -> None:
    for key, value in table.items():
        wanted = type(_DEFAULTS[key])
        if not isinstance(value, wanted):
            msg = say(
                "{where}: {key} must be {kind}, not {value}.",
                where=where,
                key=key,
                kind=say(_KINDS[wanted]),
                value=repr(value),
            )
            raise UsageError(msg)
    for key in ("columns", "constants"):
        for column, value in table.get(key, {}).items():
            if not isinstance(value, str):
                msg = say(
                    "{where}: {key}.{column} must be text, not {value}.",
                    where=where,
                    key=key,
                    column=column,
                    value=repr(value),
                )
                raise UsageError(msg)
    for column, pairs in table.get("values", {}).items():
        if not isinstance(pairs, dict) or not all(isinstance(v, str) for v in pairs.values()):
            msg = say(
                "{where}: values.{column} must be a table of text, not {pairs}.",
                where=where,
                column=column,
                pairs=repr(pairs),
            )
            raise UsageError(msg)
