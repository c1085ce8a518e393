import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.example_features import (
    bytes_entry,
    first_bytes,
    joined_features,
    read_values,
    split_features,
)

VALUES = (
    st.none()
    | st.lists(st.binary(max_size=300), max_size=3)
    | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)
    | st.lists(st.floats(width=32, allow_nan=False), max_size=3)
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=140)


def example(values: dict[str, object]) -> tf.train.Example:
    made = tf.train.Example()
    for name, found in values.items():
        feature = made.features.feature[name]
        if isinstance(found, list):
            kind = {int: "int64_list", float: "float_list"}.get(
                type((found or [b""])[0]), "bytes_list"
            )
            getattr(feature, kind).value.extend(found)
            getattr(feature, kind).SetInParent()
    return made


@given(
    values=st.dictionaries(NAMES, VALUES, max_size=5), name=NAMES, value=st.binary(max_size=20000)
)
@settings(deadline=None)
def test_features_are_split_and_joined_as_protobuf_does(
    values: dict[str, object], name: str, value: bytes
) -> None:
    made = example(values)
    features = split_features(made.SerializeToString())
    assert set(features) == set(values)
    features[name] = bytes_entry(name, value)
    expected = example({**values, name: [value]})
    assert tf.train.Example.FromString(joined_features(features)) == expected
    assert first_bytes(features[name]) == value
    names = {b"\xff": 0, name.encode(): 1}
    assert read_values(joined_features(features), names) == [None, value]


@given(found=st.none() | st.lists(st.binary(max_size=300), max_size=3))
@settings(deadline=None)
def test_the_first_value_is_read(found: list[bytes] | None) -> None:
    entry = split_features(example({"text": found}).SerializeToString()).get("text")
    assert first_bytes(entry) == (found[0] if found else None)
    record = example({"a": [b"x"], "text": found, "z": [3]}).SerializeToString()
    assert read_values(record, {b"text": 0}) == [found[0] if found else None]


def test_a_feature_that_is_not_there_has_no_value() -> None:
    assert first_bytes(None) is None
    assert split_features(b"") == {}
    assert read_values(b"", {b"a": 0}) == [None]
