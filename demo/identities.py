"""What the mini-program knows of its members: WeChat accounts and telephones, of which some are shared (P13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from demo.clock import day_index, rng, to_utc_us
from demo.people import CHANNELS, PROMOTION, ids

if TYPE_CHECKING:
    from demo.clock import Ints
    from demo.people import People

SHARED: Final = 37
"""Telephones that two WeChat accounts give: a couple, or one person with two accounts; nobody can know."""
_MINI: Final = CHANNELS.index("wechat_mini")


def shared_phones(seed: int, people: People) -> Ints:
    """Pairs of members with one telephone, two columns: members of the mini-program that are in no other pattern."""
    plain = (people.reg_channel == _MINI) & ~people.is_staff & ~people.is_test & ~people.in_rush
    plain &= people.reg_day != day_index(PROMOTION)
    return rng(seed, "shared telephones").permutation(np.flatnonzero(plain))[: 2 * SHARED].reshape(SHARED, 2)


def identities_table(seed: int, people: People) -> pl.DataFrame:
    """``identities.parquet``: of each member of the mini-program an account and a verified telephone."""
    members = np.flatnonzero(people.reg_channel == _MINI)
    phone = np.arange(len(people.reg_channel))
    pairs = shared_phones(seed, people)
    phone[pairs[:, 1]] = phone[pairs[:, 0]]
    seen = pl.Series(to_utc_us(people.reg_s[members])).cast(pl.Datetime("us", "UTC"))
    kinds = {"unionid": members, "phone": phone[members]}
    return pl.concat(
        pl.DataFrame(
            {
                "id_type": pl.repeat(kind, len(members), eager=True),
                "id_hash": f"{kind}-" + pl.Series(numbers).cast(pl.String).str.zfill(6),
                "customer_id": ids(members),
                "verified": pl.repeat(value=True, n=len(members), dtype=pl.Boolean, eager=True),
                "first_seen": seen,
            }
        )
        for kind, numbers in kinds.items()
    )
