"""One source on its way to canonical tables: its columns read with their types, and what is wrong with which row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import polars as pl

from loaders.dates import Stamps, decide_order, read_stamps
from loaders.identities import HASHED, hashed, hide
from loaders.ids import clean_ids, clean_text
from loaders.numbers import LARGEST, decide_decimal, parse_numbers
from loaders.words import known_values, translate
from loaders.zones import UTC_TIME, check_zone, local_fields, to_utc
from schema.errors import NeedsAnswerError, UsageError
from schema.language import later, say
from schema.secret import hash_key
from schema.stored import stored

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingLike

    from loaders.table import RawTable
    from schema.mapping import Mapping

NUMBER_COLUMNS: Final = frozenset({
    "qty", "unit_price", "gross", "discount", "net", "goods_net", "shipping", "paid", "order_discount", "refunded",
    "goods", "list_price", "area_m2", "tax", "billed", "fees", "cost",
})  # fmt: skip
_CHOICES: Final = (
    ("date_order", ("dmy", "mdy", "ymd"), later("dmy, mdy or ymd")),
    ("decimal", (".", ","), ". or ,"),
    ("epoch", ("s", "ms"), later("s or ms")),
)
_FUTURE: Final = timedelta(minutes=5)
_VALUE_CHARS: Final = 200


_HHMM: Final = r"^\d{3,4}$"


def _are_days(at: pl.Series) -> bool:
    """Whether these times are days without a time of day."""
    return bool((at.drop_nulls() == at.drop_nulls().dt.truncate("1d")).all())


@dataclass(frozen=True)
class Defaults:
    """What the warehouse already knows when a file arrives.

    Attributes:
        zone: the business zone, empty before the first import.
        currency: the business currency, empty before the first import.
        store_zones: store id → IANA zone, where a store has its own.
        hash_key: the key of identities; empty is the installation's own.
        coarse_before: the instant (ISO) before which positions are kept as cells; empty: all may stay exact.
    """

    zone: str = ""
    currency: str = ""
    store_zones: MappingLike[str, str] = field(default_factory=dict)
    hash_key: str = field(default="", repr=False)
    coarse_before: str = ""


class Work:
    """The rows of one source while they are read and checked."""

    def __init__(self, raw: RawTable, mapping: Mapping, defaults: Defaults) -> None:
        """Start with every row good and nothing asked."""
        self.raw, self.mapping, self.defaults = raw, mapping, defaults
        self.frame = raw.frame
        self.rows = raw.frame.height
        self.row = raw.row_numbers
        self.shop = mapping.source or "main"
        self.questions: list[NeedsAnswerError] = []
        self.notes: list[str] = list(raw.notes)
        self.warnings: Counter[str] = Counter()
        self.good = pl.repeat(value=True, n=self.rows, dtype=pl.Boolean, eager=True)
        self.duplicate = ~self.good
        self.minor = pl.zeros(self.rows, dtype=pl.Int64, eager=True)
        self.faults: list[pl.DataFrame] = []
        self._decimal: str | None = mapping.decimal or None
        self._order: str | None = mapping.date_order or None
        self._check_mapping()
        for zone in (mapping.zone, defaults.zone):
            if zone:
                check_zone(zone)

    def _check_mapping(self) -> None:
        for name, known, words in _CHOICES:
            value = getattr(self.mapping, name)
            if value and value not in known:
                self.refuse(
                    say("{name}: {value} is not known; it is {words}.", name=name, value=repr(value), words=say(words))
                )
        try:
            self.start = date.fromisoformat(self.mapping.start_on or "1990-01-01")
        except ValueError:
            self.refuse(
                say("start_on: {start_on} is no day; write it as 1990-01-01.", start_on=repr(self.mapping.start_on))
            )

    # what the owner is asked

    def ask(self, message: str, key: str, choices: tuple[str, ...] = ()) -> None:
        """Put a question, once a key."""
        if key not in {question.key for question in self.questions}:
            source = self.raw.source
            text = say(
                '{source}: {question} (Its mapping has shape = "{shape}".)',
                source=source,
                question=message,
                shape=self.mapping.shape,
            )
            self.questions.append(NeedsAnswerError(text, key=key, choices=choices, source=source))

    def refuse(self, message: str) -> NoReturn:
        """Stop, because the mapping itself cannot be used."""
        text = f"{self.raw.source}: {message}"
        raise UsageError(text)

    # columns

    def has(self, *names: str) -> bool:
        """Whether any of these canonical columns has a source column or a constant."""
        return any(name in self.mapping.columns or name in self.mapping.constants for name in names)

    def values(self, name: str) -> pl.Series | None:
        """A canonical column's raw values, or None when the source has none."""
        wanted = self.mapping.columns.get(name)
        if wanted:
            found = self._source_column(wanted)
            if found is None:
                message = say(
                    "the mapping reads {name} from the column {wanted}, which is not there.",
                    name=name,
                    wanted=repr(wanted),
                )
                self.ask(message, f"columns.{name}", tuple(self.frame.columns))
            else:
                return found.alias(name)
        if name in self.mapping.constants:
            return pl.repeat(self.mapping.constants[name], self.rows, dtype=pl.String, eager=True).alias(name)
        return None

    def _source_column(self, wanted: str) -> pl.Series | None:
        if wanted in self.frame.columns:
            return self.frame[wanted]
        alike = [name for name in self.frame.columns if name.strip().casefold() == wanted.strip().casefold()]
        if len(alike) == 1:
            return self.frame[alike[0]]
        outer, _, inner = wanted.partition(".")
        if inner and outer in self.frame.columns and self.frame.schema[outer] == pl.String:
            quoted = inner.replace("'", "\\'")
            return self.frame[outer].str.json_path_match(f"$['{quoted}']")
        return None

    def ident(self, name: str) -> pl.Series:
        """A column of ids; null where there is none."""
        values = self.values(name)
        if values is None:
            return self.nothing(pl.String)
        texts = clean_ids(values)
        if name in HASHED:
            texts = hashed(texts, self.mapping.columns.get(name, ""), self.key)
        return texts.alias(name)

    def key(self) -> bytes:
        """The key of identities: as handed over, else the installation's."""
        return self.defaults.hash_key.encode() or hash_key()

    def text(self, name: str) -> pl.Series:
        """A column of text."""
        values = self.values(name)
        return self.nothing(pl.String) if values is None else clean_text(values).alias(name)

    def nothing(self, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
        """A column of nulls."""
        return pl.repeat(None, self.rows, dtype=kind, eager=True)

    def number(self, name: str) -> pl.Series:
        """A column of numbers (Float64); unreadable ones set their row aside (E02)."""
        values = self.values(name)
        if values is None:
            return self.nothing(pl.Float64)
        texts = clean_text(values) if values.dtype == pl.String else values
        numbers = parse_numbers(texts, self.decimal())
        self.flag(texts.is_not_null() & numbers.is_null(), "E02", name, later("{column} is not a number."))
        huge = numbers.abs() >= LARGEST
        self.flag(huge, "E05", name, later("{column} is too large to be true."))
        return numbers.set(huge, None).alias(name) if huge.any() else numbers.alias(name)

    def decimal(self) -> str:
        """The decimal mark of the source's numbers; asks when the values cannot say."""
        if self._decimal is None:
            names = [
                n for n in self.mapping.columns if n in NUMBER_COLUMNS or n.removesuffix("_minor") in NUMBER_COLUMNS
            ]
            texts = [v for n in names if (v := self.values(n)) is not None and v.dtype == pl.String]
            pooled = pl.concat([t.alias("t") for t in texts]) if texts else pl.Series("t", [], dtype=pl.String)
            decided = decide_decimal(pooled)
            if not decided:
                example = pooled.filter(pooled.str.contains(r"\d[.,]\d{3}")).drop_nulls().head(1).to_list()
                message = (
                    say(
                        "does the dot or the comma mark decimals? The numbers (such as {example}) read both ways.",
                        example=repr(example[0]),
                    )
                    if example
                    else say("does the dot or the comma mark decimals? The numbers read both ways.")
                )
                self.ask(message, "decimal", (".", ","))
            self._decimal = decided or "."
        return self._decimal

    def order(self) -> str:
        """The order of day, month and year; asks when the values cannot say."""
        if self._order is None:
            names = [n for n in self.mapping.columns if n.endswith(("_at", "_on", "_from", "_to")) or n == "date"]
            texts = [v for n in names if (v := self.values(n)) is not None and v.dtype == pl.String]
            pooled = pl.concat([t.alias("t") for t in texts]) if texts else pl.Series("t", [], dtype=pl.String)
            decided = decide_order(pooled)
            if not decided:
                example = pooled.filter(pooled.str.contains(r"^\s*\d{1,2}\D\d{1,2}\D")).head(1).to_list()
                message = say(
                    "is the day or the month first? Dates such as {example} read both ways.",
                    example=repr("".join(example)),
                )
                self.ask(message, "date_order", ("dmy", "mdy"))
            self._order = "dmy" if decided in {"", "any"} else decided
        return self._order

    def zone(self, *, exact: bool = False) -> str:
        """The zone of stamps without an offset, and of local days; asks when nobody said.

        Args:
            exact: the times name their own zone, so that only days and hours depend on the answer.
        """
        zone = self.mapping.zone or self.defaults.zone
        if not zone:
            naive = say("in which time zone are its times? They name none, and hours and days depend on it.")
            message = say("which time zone do days and hours count in? Its times are exact.") if exact else naive
            self.ask(message, "zone", ("Asia/Shanghai", "Europe/London", "Europe/Berlin", "America/New_York", "UTC"))
        return zone or "UTC"

    def stamp(self, name: str, time: str = "") -> pl.Series:
        """A column of times in UTC; unreadable ones are E02, impossible ones E06.

        Args:
            name: the canonical column.
            time: a second column with the time of day (``20:03``, ``2003``) or the hour (``20``); left alone where
                the first says the time already.
        """
        values = self.values(name)
        if values is None:
            return self.nothing(UTC_TIME)
        stamps = self.stamps(values, name)
        if time and (clock := self.values(time)) is not None and _are_days(stamps.at):
            stamps = Stamps(stamps.at + self._clock(clock, time), stamps.fixed)
        if bool((stamps.at.is_not_null() & ~stamps.fixed).any()):
            placed = to_utc(stamps, self.zone())
            if placed.skipped or placed.doubled:
                self.notes.append(
                    stored(
                        later(
                            "{name}: {doubled} times fell into the hour that clocks repeat (the earlier is taken) and {skipped} into the hour that they skip (moved forward)."
                        ),
                        name=name,
                        doubled=placed.doubled,
                        skipped=placed.skipped,
                    )
                )
            at = placed.at
        else:
            at = stamps.at.dt.replace_time_zone("UTC")
        self._flag_time(at, name)
        return at.alias(name)

    def stamps(self, values: pl.Series, name: str) -> Stamps:
        """Times as written, before any zone; unreadable ones set their row aside."""
        texts = clean_text(values) if values.dtype == pl.String else values
        order = self.order() if texts.dtype == pl.String else ""
        stamps = read_stamps(texts, order=order, epoch=self.mapping.epoch)
        self.flag(texts.is_not_null() & stamps.at.is_null(), "E02", name, later("{column} is not a date or time."))
        return stamps

    def _clock(self, values: pl.Series, name: str) -> pl.Series:
        texts = clean_text(values)
        if bool(texts.str.contains(_HHMM).any()) and bool(texts.drop_nulls().str.contains(r"^\d{1,4}$").all()):
            texts = texts.str.zfill(4).str.replace(r"^(\d\d)(\d\d)$", "${1}:${2}")
        hours = texts.str.contains(r"^\d{1,2}$")
        full = ("2000-01-01 " + texts).set(hours.fill_null(value=False), None).fill_null("2000-01-01 " + texts + ":00")
        read = read_stamps(full, order="ymd").at
        self.flag(texts.is_not_null() & read.is_null(), "E02", name, later("{column} is not a time of day."))
        return (read - read.dt.truncate("1d")).fill_null(timedelta(0))

    def _flag_time(self, at: pl.Series, name: str) -> None:
        start = self.start
        first = datetime(max(start.year, 1000), start.month, start.day, tzinfo=UTC) - timedelta(hours=14)
        self.flag(at > datetime.now(UTC) + _FUTURE, "E06", name, later("{column} lies in the future."))
        self.flag(at < first, "E06", name, later("{column} lies before {start}, the start of the source."), start=start)

    def day(self, name: str) -> pl.Series:
        """A column of calendar days; unreadable ones are E02."""
        values = self.values(name)
        if values is None:
            return self.nothing(pl.Date)
        return self.stamps(values, name).at.dt.date().alias(name)

    def flags(self, name: str, *, missing: bool = False) -> pl.Series:
        """A column of yes and no; unreadable ones are E02."""
        values = self.values(name)
        if values is None:
            return pl.repeat(missing, self.rows, dtype=pl.Boolean, eager=True)
        if values.dtype == pl.Boolean:
            return values.fill_null(missing)
        texts = clean_ids(values)
        read = translate("flag", texts, self.mapping.values.get(name, {}))
        self.flag(texts.is_not_null() & read.is_null(), "E02", name, later("{column} is neither yes nor no."))
        return (read == "true").fill_null(missing)

    def word(self, kind: str, name: str) -> tuple[pl.Series, pl.Series]:
        """A column of words as canonical values (null where unknown), and the words themselves."""
        texts = self.ident(name)
        read = translate(kind, texts, self.mapping.values.get(name, {}))
        strange = read.is_not_null() & ~read.is_in(list(known_values(kind)))
        if strange.any():
            wrong = read.filter(strange)[0]
            self.refuse(
                say(
                    "values.{name}: {wrong} is no {name}; it must be one of {known}.",
                    name=name,
                    wrong=repr(wrong),
                    known=", ".join(known_values(kind)),
                )
            )
        return read, texts

    # what is wrong

    def require(self, values: pl.Series, name: str) -> None:
        """Set rows aside whose key is empty (E01)."""
        self.flag(values.is_null(), "E01", name, later("{column} is empty."))

    def flag(
        self, bad: pl.Series, code: str, column: str, what: str, values: pl.Series | None = None, **places: object
    ) -> None:
        """Set the rows where ``bad`` aside; a row's first fault is the one it is set aside for.

        ``what`` is a sentence about ``{column}``; ``places`` are its others.
        """
        mask = bad.fill_null(value=False) & self.good & ~self.duplicate
        if not mask.any():
            return
        shown = values if values is not None else self.values(column)
        texts = self.nothing(pl.String) if shown is None else clean_text(shown)
        self.good = self.good & ~mask
        header = self.mapping.columns.get(column, column)
        self.faults.append(
            pl.DataFrame({"_row": self.row, "value": texts})
            .filter(mask)
            .select(
                "_row",
                pl.lit(code).alias("code"),
                pl.lit(header).alias("column"),
                hide(pl.col("value")).str.slice(0, _VALUE_CHARS),
                pl.lit(stored(what, column=header, **places)).alias("message"),
            )
        )

    @property
    def kept(self) -> pl.Series:
        """The rows still good and no duplicates."""
        return self.good & ~self.duplicate

    # local time

    def local(self, at: pl.Series, stores: pl.Series | None = None) -> tuple[pl.Series, pl.Series]:
        """Local day and hour of week in the store's zone, else the business zone."""
        zone = self.zone(exact=True)
        days, hours = local_fields(at, zone)
        zones = {z for z in self.defaults.store_zones.values() if z and z != zone}
        if stores is None or not zones:
            return days, hours
        own = stores.replace_strict(dict(self.defaults.store_zones), default=None, return_dtype=pl.String)
        for other in sorted(zones):
            here = (own == other).fill_null(value=False)
            if here.any():
                other_days, other_hours = local_fields(at, check_zone(other))
                days, hours = other_days.zip_with(here, days), other_hours.zip_with(here, hours)
        return days, hours
