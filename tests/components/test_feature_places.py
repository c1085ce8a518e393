import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.example_features import bytes_entry, first_bytes, joined_features, split_features
from components.feature_places import find_columns

NAMES = ("text", "title", "row_key", "ä")
VALUES = st.none() | st.binary(max_size=5) | st.binary(min_size=120, max_size=140)
LONG = st.just(b"x" * 17_000)  # its length takes three bytes
ROWS = st.lists(st.dictionaries(st.sampled_from([*NAMES, "texts"]), VALUES | LONG, max_size=5))


def encoded(row: dict[str, bytes | None]) -> bytes:
    missing = {
        name: b"\x0a" + bytes((len(name.encode()) + 4, 0x0A, len(name.encode()))) for name in row
    }
    return joined_features(
        {
            name: missing[name] + name.encode() + b"\x12\x00"
            if value is None
            else bytes_entry(name, value)
            for name, value in row.items()
        }
    )


@given(rows=ROWS, before=st.binary(max_size=9))
@settings(deadline=None)
def test_many_records_are_read_as_one_after_the_other(
    rows: list[dict[str, bytes | None]], before: bytes
) -> None:
    records = [*map(encoded, rows), b""]
    content = before + b"!".join(records) + b"\xff" * 4
    ends = len(before) + np.cumsum([len(record) + 1 for record in records]) - 1
    starts = ends - [len(record) for record in records]

    columns = find_columns(content, starts, ends, NAMES)

    for name, column in zip(NAMES, columns.found, strict=True):
        assert column.values(content) == [
            first_bytes(split_features(record).get(name)) or b"" for record in records
        ]
        places = zip(column.entry_starts.tolist(), column.entry_ends.tolist(), strict=True)
        assert [content[start:end] for start, end in places] == [
            split_features(record).get(name, b"") for record in records
        ]
    for row, record in enumerate(records[:-1]):
        entries = b"".join(split_features(record).values())
        assert content[columns.bodies[row] : ends[row]] == entries
