"""Where a document is put together: who asks, through which filters, with which choices, and each card by its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from answers.registry import ADDRESSES, ask
from charts.theme import LIGHT, Theme
from exports.document import Card, Native, Series
from schema.errors import UsageError
from schema.language import say
from schema.money import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from answers.answer import Answer, Context

Draw = "Callable[[Desk, Answer], Card]"
CARDS: Final[dict[str, Callable[[Desk, Answer], Card]]] = {}
"""How each address is shown; one that is not here is shown as its table."""


@dataclass(frozen=True)
class Desk:
    """One document's question.

    Attributes:
        asked: who, which snapshot, which rows and days.
        options: choices of the page as its URL has them; the last value of each counts.
        answering: what answers; a page passes its own, which remembers.
        is_strict: an unknown choice is an error; otherwise the first one counts, as on the page.
    """

    asked: Context
    theme: Theme = LIGHT
    options: Mapping[str, str] = field(default_factory=dict)
    answering: Callable[..., Answer] | None = None
    is_strict: bool = True

    def ask(self, address: str, **options: Any) -> Answer:
        """The answer at an address, as the page gets it."""
        if self.answering is not None:
            return self.answering(address, **options)
        return ask(address, self.asked, **options)

    def choice(self, name: str, values: Sequence[str]) -> str:
        """What the page's URL chooses, else the first.

        Raises:
            UsageError: a value that the page does not know, where nobody sees what would be shown instead.
        """
        wanted = self.options.get(name, values[0] if values else "")
        if wanted in values:
            return wanted
        if self.is_strict:
            msg = say("{name}={wanted} is none of {values}.", name=name, wanted=repr(wanted), values=", ".join(values))
            raise UsageError(msg)
        return values[0] if values else ""

    def card(self, address: str, **options: Any) -> Card:
        """An address as its page shows it."""
        return shown(self, self.ask(address, **options))

    def on(self, answer: Answer, table: pl.DataFrame) -> Answer:
        """The same answer with another table behind it."""
        from dataclasses import replace  # noqa: PLC0415  (used here alone)

        return replace(answer, table=table)


def shows(address: str) -> Callable[[Callable[[Desk, Answer], Card]], Callable[[Desk, Answer], Card]]:
    """Register how an address is shown."""

    def register(draw: Callable[[Desk, Answer], Card]) -> Callable[[Desk, Answer], Card]:
        CARDS[address] = draw
        return draw

    return register


def shown(desk: Desk, answer: Answer) -> Card:
    """An answer as a card: with its chart, else as a table under what the address means."""
    draw = CARDS.get(answer.address)
    return draw(desk, answer) if draw is not None else plain_card(answer)


def plain_card(answer: Answer, title: str = "", subtitle: str = "", *, table: pl.DataFrame | None = None) -> Card:
    """A card that is its table."""
    entry = ADDRESSES.get(answer.address)
    meaning = say(entry.meaning).rstrip(".。") if entry else answer.address
    key = answer.address.replace("/", "-")
    said = say("Nothing here for these filters and days.") if answer.is_empty else ""
    return Card(key, title or meaning, subtitle or answer.address, answer, shown=table, empty=said)


def native(
    shape: str,
    table: pl.DataFrame,
    name: str,
    columns: Mapping[str, str],
    *,
    theme: Theme,
    currency: str = "",
    tints: Mapping[str, str] | None = None,
    colours: Sequence[str] = (),
    unit: str = "",
) -> Native:
    """An editable chart of a table's columns, money in whole units and rates as percent.

    Args:
        shape: as of ``Native``.
        table: one row a place.
        name: the column that names the places.
        columns: column → name of its series; all of one unit.
        theme: light or dark.
        currency: of money columns.
        tints: place's name → its own colour.
        colours: one a series; else those of the theme.
        unit: ``money`` or ``rate`` where the column's name does not end in ``_minor`` or ``_rate``.
    """
    first = next(iter(columns))
    kind = unit or ("money" if first.endswith("_minor") else "rate" if first.endswith(("rate", "share")) else "number")
    digits = minor_digits(currency) if kind == "money" else 0
    names = tuple(str(one) if one is not None else "—" for one in table[name])
    paints = colours or (theme.primary, theme.calm, *theme.categorical)
    series = tuple(
        Series(words, tuple(None if v is None else float(v) / 10**digits for v in table[column]), paints[index])
        for index, (column, words) in enumerate(columns.items())
    )
    spots = {at: colour for at, one in enumerate(names) if (colour := (tints or {}).get(one))}
    return Native(shape, names, series, number_form(kind, currency), spots)  # type: ignore[arg-type]


def number_form(kind: str, currency: str = "") -> str:
    """How a spreadsheet or slide writes a number: ``money`` without small units, ``rate`` in percent."""
    if kind == "rate":
        return "0.0%"
    return f'#,##0" {currency}"' if kind == "money" and currency else "#,##0" if kind != "decimal" else "#,##0.0"
