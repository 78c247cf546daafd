"""Nobody can ask, send or wait without end."""

from __future__ import annotations

import time

import pytest

from tests.ui.asgi import PARK, http, says_ok, status
from ui.server_limits import SMALL_BODY_BYTES, Buckets, Limits


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    limits = Limits(says_ok, buckets=Buckets(rate=0.001, most=3))
    assert [status(limits, http("/")) for _ in range(5)] == [200, 200, 200, 429, 429]
    assert status(limits, http("/") | {"client": ("9.9.9.9", 1)}) == 200
    assert status(limits, http("/static/js/x.js")) == 200


def test_a_bucket_fills_up_again() -> None:
    buckets = Buckets(rate=1, most=2)
    assert [buckets.take("a", 0), buckets.take("a", 0), buckets.take("a", 0)] == [True, True, False]
    assert buckets.take("a", 1)
    assert not buckets.take("a", 1.5)


def test_no_number_of_addresses_fills_the_memory() -> None:
    buckets = Buckets()
    for number in range(10_050):
        buckets.take(str(number), 0)
    assert len(buckets._of) == 10_000


@pytest.mark.parametrize(
    ("length", "wanted"),
    [("99999999999", 413), (str(52 * 1024**2), 413), ("-1", 400), ("1e9", 400), ("¹", 400), ("9" * 5_000, 413)],
)
def test_a_body_is_refused_by_what_it_says_of_itself(length: str, wanted: int) -> None:
    assert status(Limits(says_ok), http(PARK, "PUT", content_length=length)) == wanted


def test_a_body_that_does_not_say_its_size_is_read_no_further_than_the_limit() -> None:
    part = b"x" * 1024**2
    assert status(Limits(says_ok), http(PARK, "PUT"), *[part] * 50) == 200
    assert status(Limits(says_ok), http(PARK, "PUT"), *[part] * 52) == 413


def test_only_uploads_may_have_a_large_body() -> None:
    assert status(Limits(says_ok), http("/"), b"x" * SMALL_BODY_BYTES) == 200
    assert status(Limits(says_ok), http("/"), b"x" * (SMALL_BODY_BYTES + 1)) == 413


def test_a_sender_who_stops_is_cut_off() -> None:
    begun = time.monotonic()
    assert status(Limits(says_ok, still_s=0.05), http(PARK, "PUT"), b"x", b"y", wait_s=1) == 408
    assert time.monotonic() - begun < 0.9
