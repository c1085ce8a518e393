import pytest

from serving.errors import Code, OverloadedError
from serving.rest.requests.admission import Admission

FREE = 64 * 1024


def test_requests_in_work_are_counted() -> None:
    admission = Admission(max_requests=1, max_bytes=0)
    first, second = admission.ticket(), admission.ticket()
    first.start()
    with pytest.raises(OverloadedError) as caught:
        second.start()
    assert (caught.value.code, caught.value.http_status) == (Code.RESOURCE_EXHAUSTED, 503)
    first.release()
    second.start()


def test_bytes_beyond_the_allowance_are_counted() -> None:
    admission = Admission(max_requests=9, max_bytes=10)
    first, second = admission.ticket(), admission.ticket()
    first.add_bytes(FREE)
    first.add_bytes(8)
    with pytest.raises(OverloadedError, match="limit of 10 bytes"):
        second.add_bytes(FREE + 3)
    first.release()
    second.add_bytes(0)


def test_no_byte_counts_twice() -> None:
    admission = Admission(max_requests=9, max_bytes=10)
    first, second = admission.ticket(), admission.ticket()
    for count in (FREE, 4, 4):
        first.add_bytes(count)
    second.add_bytes(FREE + 2)


def test_small_bodies_pass_when_large_ones_have_used_up_the_limit() -> None:
    admission = Admission(max_requests=9, max_bytes=10)
    admission.ticket().add_bytes(FREE + 10)
    admission.ticket().add_bytes(FREE)


def test_a_ticket_gives_back_once() -> None:
    admission = Admission(max_requests=1, max_bytes=0)
    first = admission.ticket()
    first.start()
    first.release()
    first.release()
    admission.ticket().start()
    with pytest.raises(OverloadedError):
        admission.ticket().start()
