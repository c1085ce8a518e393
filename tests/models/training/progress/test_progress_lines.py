import pytest

from models.training.progress.progress_lines import format_duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3599.4, "59 min 59 s"),
        (7800, "2 h 10 min"),
        (100_000, "27 h 46 min"),
    ],
)
def test_durations_are_written_for_people(seconds: float, expected: str) -> None:
    assert format_duration(seconds) == expected
