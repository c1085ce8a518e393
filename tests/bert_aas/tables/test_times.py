from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.tables.times import read_time, spelt_time
from bert_aas.tables.values import Value

NEW_YEAR = 1_767_225_600_000_000  # date -u -d 2026-01-01 +%s


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01",
        " 2026-01-01\n",
        "2026-01-01T00:00",
        "2026-01-01 00:00:00",
        "2026-01-01T00:00:00.0000009Z",
        "2026-01-01T01:30:00+01:30",
        "2025-12-31T19:00:00-0500",
        "1767225600",
        1767225600,
        1767225600.0,
        "1767225600000",
        1767225600000,
    ],
)
def test_one_time_has_many_spellings(value: Value) -> None:
    assert read_time(value) == NEW_YEAR


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "soon", "2026-02-30", "01.02.2026", "2026-01", b"\xff", 1e30, float("inf")],
)
def test_what_is_no_time_is_none(value: Value) -> None:
    assert read_time(value) is None


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_any_time_is_read_as_python_reads_it(moment: datetime) -> None:
    in_utc = moment.replace(tzinfo=moment.tzinfo or timezone.utc)
    offset = in_utc.utcoffset() or timedelta()
    if offset.seconds % 60:  # ISO 8601 has no seconds in offsets
        return
    since = in_utc - datetime(1970, 1, 1, tzinfo=timezone.utc)
    expected = since // timedelta(microseconds=1)
    assert read_time(moment.isoformat()) == expected
    assert read_time(str(moment)) == expected


@given(st.datetimes())
def test_a_spelt_time_is_read_back(moment: datetime) -> None:
    spelling = spelt_time(read_time(moment.isoformat()) or 0)
    assert spelling == moment.isoformat() + "Z"
    assert spelt_time(read_time(spelling) or 0) == spelling
