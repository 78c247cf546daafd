"""E-mails and telephone numbers as a shop's file has them, as tools want them, and hashed as ad platforms match them.

A file of addresses is read in memory and never kept. Hashes are SHA-256 in lower-case hexadecimal of the normalised value:
an e-mail without blanks in lower case; a telephone number with its country code, for Meta digits alone, for Google as
E.164 with its plus sign.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from typing import Final

from schema.errors import UsageError
from schema.language import say

MOST_BYTES: Final = 50_000_000

_HEADS: Final[dict[str, frozenset[str]]] = {
    "customer": frozenset(
        {"customer_id", "customer id", "customer", "id", "external id", "external_id", "会员id", "客户id"}
    ),
    "email": frozenset({"email", "e-mail", "email address", "mail", "correo", "邮箱"}),
    "phone": frozenset({"phone", "phone number", "mobile", "telephone", "teléfono", "手机", "手机号", "电话"}),
}
_EMAIL: Final = re.compile(r"[a-z0-9][^\s@,;\"'<>()]*@[a-z0-9][a-z0-9.-]*\.[a-z0-9-]{2,}")
_PHONE: Final = re.compile(r"\+[1-9]\d{7,14}")
_CODE: Final = re.compile(r"\+?[1-9]\d{0,2}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be written to; empty where that is not known.

    Attributes:
        email: lower case, without blanks.
        phone: E.164, such as ``+8613800138000``.
    """

    email: str = ""
    phone: str = ""


def read_addresses(content: bytes, country: str = "") -> tuple[dict[str, Address], int]:
    """Addresses of a shop's own file.

    Args:
        content: a CSV with a customer id and an e-mail or a telephone number a row; UTF-8 or GB 18030.
        country: calling code such as ``86`` of numbers that name none; without one these are left out.

    Returns:
        Customer id → address, the last row of an id counts; and how many given values are no address.

    Raises:
        UsageError: it is too large, no text, or a column is missing.
    """
    if country and not _CODE.fullmatch(country):
        msg = say("{code} is no country's calling code, such as 86.", code=repr(country[:20]))
        raise UsageError(msg)
    rows = csv.reader(io.StringIO(text := _text(content)), delimiter=_delimiter(text))
    try:
        heads = _heads([one.strip().lower() for one in next(rows, [])])
        found: dict[str, Address] = {}
        odd = 0
        for row in rows:
            cells = {name: row[at].strip() if at < len(row) else "" for name, at in heads.items()}
            email, phone = normal_email(cells.get("email", "")), normal_phone(cells.get("phone", ""), country)
            odd += (bool(cells.get("email")) and not email) + (bool(cells.get("phone")) and not phone)
            if cells["customer"]:
                found[cells["customer"]] = Address(email, phone)
    except csv.Error as error:
        msg = say("The file of addresses cannot be read as CSV: {why}.", why=str(error))
        raise UsageError(msg) from error
    return found, odd


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        msg = say("The file of addresses has more than {most} MB; split it.", most=MOST_BYTES // 1_000_000)
        raise UsageError(msg)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    msg = say("The file of addresses is no text in UTF-8 or GB 18030; save it as CSV in UTF-8.")
    raise UsageError(msg)


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _heads(heads: list[str]) -> dict[str, int]:
    found = {
        name: at for name, words in _HEADS.items() for at, head in reversed(list(enumerate(heads))) if head in words
    }
    if "customer" not in found or len(found) < 2:  # noqa: PLR2004  (an id, and at least one way to write)
        msg = say("The file of addresses needs a column customer_id and a column email or phone.")
        raise UsageError(msg)
    return found


def normal_email(given: str) -> str:
    """Lower case and without blanks; empty where it is no e-mail address."""
    told = "".join(given.split()).lower()
    return told if _EMAIL.fullmatch(told) else ""


def normal_phone(given: str, country: str = "") -> str:
    """E.164; empty where it is no telephone number, or names no country and none is given."""
    told = re.sub(r"[\s().\-/\u2010-\u2015]", "", given)
    told = f"+{told[2:]}" if told.startswith("00") else told
    if not told.startswith("+") and country and told.isascii() and told.isdigit():
        told = f"+{country.lstrip('+')}{told.lstrip('0')}"
    return told if _PHONE.fullmatch(told) else ""


def sha256(text: str) -> str:
    """Lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def hashed_email(email: str) -> str:
    """As Meta and Google match it; empty where there is none."""
    return sha256(email) if email else ""


def hashed_meta_phone(phone: str) -> str:
    """Digits with the country code, no plus sign and no leading zero; empty where there is none."""
    return sha256(phone.lstrip("+")) if phone else ""


def hashed_google_phone(phone: str) -> str:
    """E.164 with its plus sign; empty where there is none."""
    return sha256(phone) if phone else ""
