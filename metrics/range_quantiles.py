"""Exact quantiles of any stretches of a column of whole numbers, without reading or sorting them (a wavelet matrix).

Numbers are kept bit by bit, the highest first: each level holds one bit of every number, in the order in which the levels before
left them, those with 0 ahead of those with 1. Counting the zeros of a stretch tells on which side its k-th number lies, so a
question costs a few looks a bit, however many numbers a stretch holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.packed import bits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]
    Stretches = tuple[Whole, Whole, Whole]

_WORD: Final = 6
_BLOCK: Final = 16
"""A word has 2 to the power of 6 bits, a block 2 to the power of 16."""


@dataclass(frozen=True, eq=False)
class _Level:
    """One bit of every number; where counted, the bits before a block, and in it before a word."""

    words: NDArray[np.uint64]
    of_block: Whole
    of_word: NDArray[np.uint16]
    zeros: int

    @classmethod
    def of(cls, is_set: NDArray[np.bool_]) -> Self:
        count = (len(is_set) >> _WORD) + 1
        held = np.zeros(count * 8, np.uint8)
        packed = np.packbits(is_set, bitorder="little")
        held[: len(packed)] = packed
        words = held.view("<u8").astype(np.uint64, copy=False)
        before = np.zeros(count, np.int64)
        np.cumsum(np.bitwise_count(words[:-1]), out=before[1:], dtype=np.int64)
        of_block = before[:: 1 << (_BLOCK - _WORD)].copy()
        of_word = before - np.repeat(of_block, 1 << (_BLOCK - _WORD))[:count]
        return cls(words, of_block, of_word.astype(np.uint16), len(is_set) - int(np.count_nonzero(is_set)))

    def ones(self, place: Whole) -> Whole:
        """How many bits are set before each place."""
        word = place >> _WORD
        mask = (np.uint64(1) << (place & 63).astype(np.uint64)) - np.uint64(1)
        inside = np.bitwise_count(self.words[word] & mask)
        found: Whole = self.of_block[place >> _BLOCK] + self.of_word[word] + inside
        return found


@dataclass(frozen=True, eq=False)
class RangeQuantiles:
    """Whole numbers from 0 on, in some order.

    Attributes:
        levels: the numbers' bits, the highest first.
    """

    levels: Sequence[_Level]

    @classmethod
    def of(cls, values: Whole) -> Self:
        """From the numbers, below 2^32."""
        left: Whole = values.astype(np.uint32)
        levels = []
        for bit in range(bits(int(left.max(initial=0))) - 1, -1, -1):
            is_set = (left >> np.uint32(bit)) & np.uint32(1) == 1
            levels.append(_Level.of(is_set))
            left = np.concatenate((left[~is_set], left[is_set]))
        return cls(levels)

    def quantiles(self, stretches: Stretches, groups: int, shares: Sequence[float]) -> list[Floats]:
        """Quantiles of groups of stretches, between two numbers by how near each is (as ``metrics.packed.quantiles``).

        Args:
            stretches: where each stretch begins, where it ends and the number of its group.
            groups: how many groups there are.
            shares: which quantiles, 0 to 1; the median is 0.5.

        Returns:
            For each share the values by group, NaN for a group without numbers.
        """
        low, high, group = stretches
        sizes = np.bincount(group, high - low, groups).astype(np.int64)
        held = np.flatnonzero(sizes)
        places = [(sizes[held] - 1) * share for share in shares]
        lows = [np.floor(place).astype(np.int64) for place in places]
        highs = [np.minimum(place + 1, sizes[held] - 1) for place in lows]
        wanted = np.concatenate([*lows, *highs])
        copies = 2 * len(shares)
        number = np.full(groups, -1, np.int64)
        number[held] = np.arange(len(held))
        some = high > low
        low, high, group = low[some], high[some], number[group[some]]
        of = np.concatenate([group + copy * len(held) for copy in range(copies)])
        found = self._smallest(np.tile(low, copies), np.tile(high, copies), of, wanted).reshape(copies, -1)
        told = []
        for share, place in enumerate(places):
            below, above = (found[at].astype(np.float64) for at in (share, share + len(shares)))
            values = np.full(groups, np.nan)
            values[held] = below + (above - below) * (place - lows[share])
            told.append(values)
        return told

    def below(self, low: Whole, high: Whole, limit: int) -> Whole:
        """How many numbers of each stretch are below a limit."""
        low, high = low.astype(np.int64), high.astype(np.int64)
        if limit >> len(self.levels):
            return high - low
        found: Whole = np.zeros(len(low), np.int64)
        for number, level in enumerate(self.levels):
            one_low, one_high = np.split(level.ones(np.concatenate((low, high))), 2)
            if limit >> (len(self.levels) - 1 - number) & 1:
                found += (high - low) - (one_high - one_low)
                low, high = level.zeros + one_low, level.zeros + one_high
            else:
                low, high = low - one_low, high - one_high
        return found

    def _smallest(self, low: Whole, high: Whole, of: Whole, rank: Whole) -> Whole:
        """The number with this rank, from 0 on, of each group of stretches."""
        low, high, left = low.astype(np.int64), high.astype(np.int64), rank.copy()
        found = np.zeros(len(rank), np.int64)
        for number, level in enumerate(self.levels):
            ones = level.ones(np.concatenate((low, high)))
            one_low, one_high = ones[: len(low)], ones[len(low) :]
            zeros = np.bincount(of, (high - low) - (one_high - one_low), len(rank)).astype(np.int64)
            is_one = left >= zeros
            left -= np.where(is_one, zeros, 0)
            found += is_one.astype(np.int64) << (len(self.levels) - 1 - number)
            goes = is_one[of]
            low = np.where(goes, level.zeros + one_low, low - one_low)
            high = np.where(goes, level.zeros + one_high, high - one_high)
            some = high > low
            low, high, of = low[some], high[some], of[some]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(of.words.nbytes + of.of_block.nbytes + of.of_word.nbytes for of in self.levels)
