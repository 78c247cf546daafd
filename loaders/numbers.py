"""Numbers and money as people write them: decimal commas, thousands marks, symbols, brackets, full-width digits."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import polars as pl
from babel.core import get_global
from babel.numbers import get_currency_precision

SCALE: Final = 1_000_000
"""Quantities and prices are held as whole millionths, so a product is exact before its one rounding."""

LARGEST: Final = 1e12
"""Amounts of a million million units and more are damage, not money; their minor units still fit 64 bits."""

_WIDE: Final = {chr(0xFF10 + digit): str(digit) for digit in range(10)} | {
    "．": ".",
    "，": ",",
    "－": "-",
    "−": "-",
    "–": "-",
    "＋": "+",
    "（": "(",
    "）": ")",
    "￥": "¥",
    "＄": "$",
    "／": "/",
    "：": ":",
    "\u3000": " ",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "’": "'",
}
_MONEY_WORDS: Final = (
    r"(?i)US\$|CA\$|AU\$|NZ\$|HK\$|NT\$|S\$|R\$|C\$|A\$|\p{Sc}|人民币|元|円|圆|\bkr\b\.?|zł|Kč|\bFr\.|\bRs\.?"
)
_SYMBOLS: Final = {
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "NT$": "TWD",
    "S$": "SGD",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₫": "VND",
    "฿": "THB",
    "₴": "UAH",
    "₱": "PHP",
    "₦": "NGN",
    "zł": "PLN",
    "Kč": "CZK",
    "元": "CNY",
    "人民币": "CNY",
    "円": "JPY",
    "RMB": "CNY",
}
SHARED_SYMBOLS: Final = {
    "$": ("USD", "CAD", "AUD", "MXN", "SGD"),
    "¥": ("CNY", "JPY"),
    "kr": ("SEK", "NOK", "DKK"),
}
"""Symbols that several currencies use: the owner is asked which."""


def plain_text(texts: pl.Series) -> pl.Series:
    """Text with full-width digits and marks as plain ones, without blanks around; empty text becomes null."""
    if texts.dtype != pl.String:
        texts = texts.cast(pl.String)
    if int(texts.str.len_bytes().sum() or 0) != int(texts.str.len_chars().sum() or 0):
        texts = texts.str.replace_many(list(_WIDE), list(_WIDE.values()))
    texts = texts.str.strip_chars()
    empty = texts == ""
    return texts.set(empty, None) if empty.any() else texts


@lru_cache(maxsize=256)
def minor_digits(currency: str) -> int:
    """How many decimals a currency has: 2 for most, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


@lru_cache(maxsize=1)
def known_currencies() -> frozenset[str]:
    """Every ISO 4217 code."""
    return frozenset(get_global("all_currencies")) - {"XXX", "XTS"}


def decide_decimal(texts: pl.Series) -> str:
    """Is ``,`` or ``.`` the decimal mark of these numbers?

    Returns:
        ``"."`` or ``","`` where the values decide (``"."`` when no value has a mark), ``""`` when they cannot.
    """
    if texts.dtype != pl.String:
        return "."
    marked = texts.drop_nulls()
    marked = marked.filter(marked.str.contains("[.,]")).unique()
    if marked.is_empty():
        return "."
    core = marked.str.replace_all(r"[^0-9.,]", "").str.strip_chars(".,")
    votes = core.to_frame("t").select(
        dot=_votes_for(r"\.", ",").sum(),
        comma=_votes_for(",", r"\.").sum(),
        open=pl.col("t").str.contains(r"^[1-9]\d{0,2}[.,]\d{3}$").sum(),
    )
    dot, comma, undecided = votes.row(0)
    if not dot and not comma:
        return "" if undecided else "."
    if dot and comma and min(dot, comma) * 20 > max(dot, comma):
        return ""
    return "." if dot >= comma else ","


def _votes_for(mark: str, other: str) -> pl.Expr:
    """Values that read only one way, with ``mark`` (escaped) as the decimal mark."""
    text = pl.col("t")
    return (
        text.str.contains(rf"{other}\d.*{mark}\d*$")
        | text.str.contains(rf"^\d*{mark}(?:\d{{1,2}}|\d{{4,}})$")
        | text.str.contains(rf"^(?:0|\d{{4,}}){mark}\d{{3}}$")
        | text.str.contains(rf"^\d{{1,3}}(?:{other}\d{{3}}){{2,}}$")
    )


def parse_numbers(values: pl.Series, decimal: str = ".") -> pl.Series:
    """The numbers behind texts, as Float64; what is no number becomes null, as do infinities.

    Args:
        values: numbers or text.
        decimal: the decimal mark of the text, ``.`` or ``,``.
    """
    if values.dtype == pl.Boolean:
        return values.cast(pl.Float64)
    if values.dtype.is_numeric() or values.dtype == pl.Decimal:
        return _finite(values.cast(pl.Float64))
    if values.dtype != pl.String:
        return pl.Series(values.name, [None] * len(values), dtype=pl.Float64)
    if decimal == "." or not values.str.contains("[.,]").any():
        quick = values.cast(pl.Float64, strict=False)
        if quick.null_count() == values.null_count():
            return _finite(quick)
    texts = plain_text(values)
    texts = texts.str.replace_all(_MONEY_WORDS, "").str.replace_all(r"^[A-Za-z]{3}\b|\b[A-Za-z]{3}$", "")
    texts = texts.str.replace_all(r"(\d)[ '_](\d{3})", "${1}${2}").str.replace_all(r"(\d)[ '_](\d{3})", "${1}${2}")
    texts = texts.str.strip_chars().str.replace(r"^\((.*)\)$", "-${1}").str.replace(r"^([0-9.,]+)\s*-$", "-${1}")
    texts = texts.str.replace(r"^([+-])\s+", "${1}")
    thousands = r"\." if decimal == "," else ","
    grouped = texts.str.contains(rf"^[+-]?\d{{1,3}}(?:{thousands}\d{{2,3}})*{thousands}\d{{3}}(?:[.,]\d*)?$")
    texts = texts.str.replace_all(thousands, "").zip_with(grouped.fill_null(value=False), texts)
    if decimal == ",":
        texts = texts.str.replace(",", ".", literal=True)
    texts = texts.str.replace(r"\.$", "")
    readable = texts.str.contains(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?$")
    return _finite(texts.set(~readable, None).cast(pl.Float64, strict=False))


def _finite(numbers: pl.Series) -> pl.Series:
    wild = ~numbers.is_finite()
    return numbers.set(wild, None) if wild.any() else numbers


def currencies_in(texts: pl.Series) -> pl.Series:
    """The currency that each value itself names: an ISO code, or a shared symbol such as ``$`` as it stands."""
    if texts.dtype != pl.String:
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.String)
    found = plain_text(texts).str.extract(
        r"(?i)(US\$|CA\$|AU\$|NZ\$|HK\$|NT\$|S\$|R\$|C\$|A\$|\p{Sc}|元|円|人民币|\bkr\b|zł|Kč|RMB)"
    )
    codes = texts.str.extract(r"\b([A-Z]{3})\b")
    codes = codes.set(~codes.is_in(list(known_currencies())), None)
    return found.replace(_SYMBOLS).fill_null(codes)


def currency_codes(texts: pl.Series) -> pl.Series:
    """A column of currencies as ISO codes; unknown words become null."""
    words = plain_text(texts).str.to_uppercase().replace({key.upper(): code for key, code in _SYMBOLS.items()})
    return words.set(~words.is_in(list(known_currencies())), None)


def scaled(numbers: pl.Series) -> pl.Series:
    """Numbers as whole millionths (Int128); too large ones become null."""
    numbers = numbers.set(numbers.abs() >= LARGEST, None)
    return (numbers * SCALE).round().cast(pl.Int128)


def to_minor(numbers: pl.Series, digits: pl.Series | int) -> pl.Series:
    """Major units as whole minor units, rounded half up (away from zero) once."""
    return _round_half_up(scaled(numbers), digits, SCALE)


def product_minor(quantity: pl.Series, price: pl.Series, digits: pl.Series | int) -> pl.Series:
    """Quantity × price as whole minor units, exact until its one half-up rounding; too large becomes null."""
    exact = scaled(quantity) * scaled(price)
    minor = _round_half_up(exact, digits, SCALE * SCALE)
    return minor.set(minor.abs() >= int(LARGEST) * 100, None)


def _round_half_up(exact: pl.Series, digits: pl.Series | int, scale: int) -> pl.Series:
    power = (
        pl.lit(10**digits, dtype=pl.Int128)
        if isinstance(digits, int)
        else pl.lit(digits.replace_strict({0: 1, 1: 10, 2: 100, 3: 1000, 4: 10_000}, return_dtype=pl.Int128))
    )
    name = exact.name
    whole = (pl.col(name).abs() * power + pl.lit(scale // 2, dtype=pl.Int128)) // pl.lit(scale, dtype=pl.Int128)
    return exact.to_frame().select((whole * pl.col(name).sign()).cast(pl.Int64, strict=False)).to_series()
