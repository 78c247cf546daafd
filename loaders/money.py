"""Amounts of a source: which currency each row is in, and its columns as whole minor units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loaders.ids import clean_text
from loaders.numbers import (
    SHARED_SYMBOLS,
    currencies_in,
    currency_codes,
    known_currencies,
    minor_digits,
    product_minor,
    to_minor,
)
from schema.language import later, say

if TYPE_CHECKING:
    from loaders.work import Work

_ASK = later("in which currency are its amounts? Neither a column nor a sign beside the amounts says it.")
_COMMON = ("CNY", "EUR", "GBP", "USD", "JPY")


class Money:
    """The amounts of one source."""

    def __init__(self, work: Work, amounts: tuple[str, ...]) -> None:
        """Decide each row's currency from its column, the signs beside ``amounts``, the mapping or the defaults."""
        self.work = work
        self.currency = self._currencies(amounts)
        codes = self.currency.unique().drop_nulls().to_list()
        table = {code: minor_digits(code) for code in codes}
        self.digits: pl.Series | int = (
            next(iter(table.values()), 2)
            if len(set(table.values())) < 2  # noqa: PLR2004
            else self.currency.replace_strict(table, default=2, return_dtype=pl.Int8)
        )

    def _currencies(self, amounts: tuple[str, ...]) -> pl.Series:
        work = self.work
        fallback = work.mapping.currency or work.defaults.currency
        if fallback and fallback not in known_currencies():
            work.refuse(
                say("currency: {fallback} is no ISO 4217 code; examples are CNY, EUR and USD.", fallback=repr(fallback))
            )
        column = work.values("currency")
        if column is not None:
            texts = clean_text(column)
            named = currency_codes(texts)
            work.flag(
                texts.is_not_null() & named.is_null(), "E02", "currency", later("{column} is no ISO 4217 currency.")
            )
            named = named.fill_null(self._of_order(named))
        else:
            named = self._signs(amounts, fallback)
        if named.null_count() and not fallback and bool((named.is_null() & work.good).any()):
            work.ask(say(_ASK), "currency", _COMMON)
        return named.fill_null(fallback or "XXX").alias("currency")

    def _of_order(self, named: pl.Series) -> pl.Series:
        """The currency that the first line of each row's order names: later lines often leave it out."""
        orders = self.work.ident("order_id")
        if not named.null_count() or orders.null_count() == len(orders):
            return named
        frame = pl.DataFrame({"named": named, "order": orders})
        first = pl.col("named").drop_nulls().first().over("order")
        return frame.select(pl.when(pl.col("order").is_not_null()).then(first)).to_series()

    def _signs(self, amounts: tuple[str, ...], fallback: str) -> pl.Series:
        work = self.work
        found = work.nothing(pl.String)
        for name in amounts:
            values = work.values(name)
            if values is None or values.dtype != pl.String or not values.str.contains(r"[\p{Sc}元円A-Za-zł]").any():
                continue
            found = found.fill_null(currencies_in(values))
        for sign, choices in SHARED_SYMBOLS.items():
            if (found == sign).any():
                if not fallback:
                    work.ask(
                        say("which currency does {sign} stand for? Several use it.", sign=repr(sign)),
                        "currency",
                        choices,
                    )
                found = found.replace({sign: fallback or choices[0]})
        return found.set(~found.is_in(list(known_currencies())), None)

    def amount(self, name: str) -> pl.Series | None:
        """A column in minor units: from ``<name>_minor`` as it stands, else from ``<name>`` in major units.

        Returns:
            Int64, null where empty or unreadable; None when the source has neither column.
        """
        work = self.work
        if work.has(f"{name}_minor"):
            whole = work.number(f"{name}_minor")
            work.flag(
                whole != whole.floor(), "E05", f"{name}_minor", later("{column} is no whole number of minor units.")
            )
            return whole.cast(pl.Int64, strict=False)
        if not work.has(name):
            return None
        return to_minor(work.number(name), self.digits)

    def times(self, quantity: pl.Series, price: str) -> pl.Series | None:
        """Quantity × a price column, rounded once; None when the source has no such price."""
        work = self.work
        if work.has(f"{price}_minor"):
            return product_minor(quantity, work.number(f"{price}_minor"), 0)
        if not work.has(price):
            return None
        return product_minor(quantity, work.number(price), self.digits)


def apportion(amount: pl.Series, weights: pl.Series, groups: pl.Series) -> pl.Series:
    """Split an amount over the rows of each group by weight, to the last minor unit.

    Whole parts first, then one unit each to the largest remainders, ties in row order; a group whose weights are all
    zero gives everything to its first row.

    Args:
        amount: the group's amount, on each of its rows.
        weights: what each row weighs; not negative.
        groups: the group of each row.
    """
    frame = pl.DataFrame({"amount": amount.fill_null(0), "weight": weights.fill_null(0).clip(0), "group": groups})
    wide = pl.Int128
    frame = frame.with_columns(total=pl.col("weight").sum().over("group"), turn=pl.int_range(pl.len()).over("group"))
    frame = frame.with_columns(
        weight=pl.when(pl.col("total") > 0).then("weight").otherwise((pl.col("turn") == 0).cast(pl.Int64)),
        total=pl.when(pl.col("total") > 0).then("total").otherwise(1),
    )
    product = pl.col("amount").cast(wide) * pl.col("weight").cast(wide)
    frame = frame.with_columns(part=(product // pl.col("total").cast(wide)).cast(pl.Int64))
    frame = frame.with_columns(rest=(product - pl.col("part").cast(wide) * pl.col("total").cast(wide)).cast(pl.Float64))
    left = pl.col("amount") - pl.col("part").sum().over("group")
    rank = pl.col("rest").rank("ordinal", descending=True).over("group")
    return frame.select((pl.col("part") + (rank <= left).cast(pl.Int64)).alias("part")).to_series()
