"""What identifies a person outside the shop (telephone numbers, e-mail addresses, WeChat ids) is hashed while it is read.

The same value always becomes the same id on one installation, so orders still find their customer; without the key
nobody can tell who it is. Names and addresses are not read at all, and hidden in rows that are set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.synonyms import plain_header
from schema.secret import hash_key, stored_id

if TYPE_CHECKING:
    from collections.abc import Callable

HASHED: Final = frozenset({"customer_id", "anon_id"})
"""Canonical columns whose values may be identities."""

HIDDEN: Final = "[hidden]"
_MAY_BE: Final = r"@|^\+?[\d ()-]{8,20}$|^o[A-Za-z0-9_-]{27}$"
_EMAIL: Final = r"[^\s@,;|\"'<>]+@[^\s@,;|\"'<>]+\.[A-Za-z]{2,}"
_MOBILE: Final = r"(^|\D)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}($|\D)"
_INTERNATIONAL: Final = r"\+\d[\d ()-]{6,16}\d"

_NAMES: Final = (
    "first_name last_name full_name customer_name buyer_name member_name contact_name contact receiver receiver_name recipient "
    "recipient_name consignee shipping_name billing_name shipping_first_name shipping_last_name billing_first_name "
    "billing_last_name nickname nick_name birthday birth_date date_of_birth vorname nachname nombre apellido 姓名 客户姓名 会员姓名 收货人 "
    "收货人姓名 买家姓名 联系人 昵称 生日 出生日期"
)
_WAYS: Final = (
    "phone phone_number mobile mobile_phone telephone tel cell cellphone email e_mail mail email_address customer_email buyer_email "
    "billing_email shipping_email billing_phone shipping_phone customer_phone openid open_id unionid union_id wechat wechat_id wxid "
    "qq id_card id_number passport 手机 手机号 手机号码 电话 联系电话 联系方式 收货人手机 收货人手机号 收货人电话 买家手机号 邮箱 电子邮箱 微信 微信号 身份证 身份证号"
)
_PLACES: Final = (
    "address address1 address2 street shipping_address shipping_address1 shipping_address2 billing_address billing_address1 "
    "billing_address2 shipping_street billing_street delivery_address customer_address 地址 详细地址 收货地址 收件地址 家庭住址"
)
_PERSONAL: Final = frozenset(plain_header(word) for word in f"{_NAMES} {_WAYS} {_PLACES}".split())
_OF_PEOPLE: Final = frozenset(plain_header(word) for word in f"{_WAYS}".split())


def hashed(texts: pl.Series, header: str, key: Callable[[], bytes] = hash_key) -> pl.Series:
    """Ids with those that are identities hashed: by what the column is called, else by what a value looks like.

    Args:
        texts: clean ids.
        header: the source's name of the column; one such as ``phone`` hashes every value.
        key: gives the key; asked only when there is something to hash.
    """
    always = plain_header(header) in _OF_PEOPLE
    distinct = texts.drop_nulls().unique()
    found = distinct if always else distinct.filter(distinct.str.contains(_MAY_BE))
    if found.is_empty():
        return texts
    secret = key()
    new = [stored_id(secret, text, always=always) for text in found]
    return texts.replace(found, pl.Series(new, dtype=pl.String))


def is_personal(header: str) -> bool:
    """Whether a column holds what names, reaches or houses a person."""
    return plain_header(header) in _PERSONAL


def hide(text: pl.Expr) -> pl.Expr:
    """A text of which e-mail addresses and telephone numbers are hidden, wherever they stand."""
    return (
        text.str.replace_all(_EMAIL, HIDDEN)
        .str.replace_all(_INTERNATIONAL, HIDDEN)
        .str.replace_all(_MOBILE, f"${{1}}{HIDDEN}${{2}}")
    )
