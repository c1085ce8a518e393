import gzip
import zlib

import pytest

from serving.errors import OverloadedError
from serving.rest.requests.admission import Admission, Ticket
from serving.rest.requests.body import BodyTooLargeError, gunzip

MIB = 1024 * 1024


@pytest.fixture
def ticket() -> Ticket:
    return Admission(1, 1000 * MIB).ticket()


def test_members_follow_each_other(ticket: Ticket) -> None:
    assert gunzip(gzip.compress(b"ab") + gzip.compress(b"c"), ticket, MIB) == b"abc"


def test_what_follows_the_last_member_is_ignored(ticket: Ticket) -> None:
    assert gunzip(gzip.compress(b"ab") + b"\0\0", ticket, MIB) == b"ab"


@pytest.mark.parametrize(
    "body",
    [
        b"plain",
        b"",
        gzip.compress(b"x" * 1000, mtime=0)[:-9],
        gzip.compress(b"x" * 1000, mtime=0)[:-8] + b"\0" * 8,  # a wrong checksum
        gzip.compress(b"ab", mtime=0) + b"\x1f\x8b",  # half a second member
        zlib.compress(b"ab"),  # zlib's header, not gzip's
    ],
)
def test_bad_gzip_counts_as_empty(body: bytes, ticket: Ticket) -> None:
    assert gunzip(body, ticket, MIB) == b""


def test_the_limit_is_on_the_inflated_size(ticket: Ticket) -> None:
    exact = gzip.compress(b"x" * MIB)
    assert len(gunzip(exact, ticket, MIB)) == MIB
    with pytest.raises(BodyTooLargeError) as caught:
        gunzip(exact, ticket, MIB - 1)
    assert caught.value.http_status == 413


def test_upstream_s_limit_of_100_mib_counts_as_bad_gzip(ticket: Ticket) -> None:
    body = gzip.compress(bytes(100 * MIB + 1), compresslevel=1)
    assert gunzip(body, ticket, 200 * MIB) == b""


def test_inflated_bytes_count_against_the_limit_of_all_bodies() -> None:
    ticket = Admission(1, MIB).ticket()
    with pytest.raises(OverloadedError):
        gunzip(gzip.compress(bytes(3 * MIB)), ticket, 16 * MIB)
