"""Single values of a plan file."""

from bert_aas.traffic.plans.values import to_text


def test_a_time_is_written_in_utc() -> None:
    assert to_text(0.5) == "1970-01-01T00:00:00.500000Z"
