from collections import Counter

import pytest

from bert_aas.traffic.alarms import Action, Alarm, Finding, Measure, judge, judge_crashes
from bert_aas.traffic.figures import Figures, bin_of


def requests(number: int, errors: int = 0, ms: float = 1.0) -> Figures:
    return Figures(number, errors, bins=Counter({bin_of(ms / 1000): number - errors}))


def rows(number: int, confidence: float) -> Figures:
    return Figures(confidence=confidence * number, rows=number)


def rewards(number: int, mean: float) -> Figures:
    return Figures(reward=mean * number, rewarded=number)


@pytest.mark.parametrize(
    ("measure", "above", "champion", "challenger", "fires"),
    [
        ("error_rate", 0.02, requests(100, 1), requests(100, 4), True),  # 0.03 more
        ("error_rate", 0.02, requests(100, 1), requests(100, 2), False),
        ("error_rate", 0.02, requests(100, 10), requests(100, 11), False),  # clients' own faults
        ("error_rate", 0.02, Figures(), requests(100, 4), True),  # blue-green: it has no requests
        ("error_rate", 0.02, requests(100), requests(99, 99), False),  # too few
        ("p99_ratio", 1.5, requests(100, ms=10), requests(100, ms=20), True),
        ("p99_ratio", 1.5, requests(100, ms=10), requests(100, ms=12), False),
        ("p99_ratio", 1.5, requests(99, ms=10), requests(100, ms=20), False),
        ("p99_ratio", 1.5, Figures(), requests(100, ms=20), False),
        ("p99_ratio", 1.5, requests(100, ms=10), requests(100, 1, ms=20), False),  # 99 went well
        ("confidence_drop", 0.1, rows(100, 0.9), rows(100, 0.7), True),
        ("confidence_drop", 0.1, rows(100, 0.9), rows(100, 0.85), False),
        ("confidence_drop", 0.1, rows(100, 0.7), rows(100, 0.9), False),
        ("confidence_drop", 0.1, rows(99, 0.9), rows(100, 0.1), False),
        ("confidence_drop", 0.1, Figures(), rows(100, 0.1), False),
        ("disagreement", 0.2, Figures(), Figures(compared=100, differed=30), True),
        ("disagreement", 0.2, Figures(), Figures(compared=100, differed=20), False),
        ("disagreement", 0.2, Figures(), Figures(compared=99, differed=99), False),
        ("reward_drop", 0.1, rewards(100, 0.9), rewards(100, 0.7), True),
        ("reward_drop", 0.1, rewards(100, 0.7), rewards(100, 0.9), False),
        ("reward_drop", 0.1, rewards(99, 0.9), rewards(100, 0.1), False),
        ("reward_drop", 0.1, rewards(100, 0.9), rewards(99, 0.1), False),
        ("reward_drop", 0.1, Figures(), rewards(100, 0.1), False),
    ],
)
def test_limits(
    measure: Measure, above: float, champion: Figures, challenger: Figures, fires: bool
) -> None:
    found = judge(Alarm(measure, above, 60.0, 100), "2", champion, challenger)
    assert (found is not None) == fires


@pytest.mark.parametrize(
    ("champion", "challenger", "fires"),
    [
        (Figures(), Figures(requests=3, errors=3, crashes=3), True),
        (Figures(), Figures(requests=2, errors=2, crashes=2), False),
        (Figures(requests=1000), Figures(requests=300, errors=3, crashes=3), True),
        (Figures(requests=1000), Figures(requests=1000, errors=9, crashes=9), False),
        (Figures(requests=100, errors=5, crashes=5), Figures(requests=100, crashes=5), False),
        (Figures(), Figures(requests=100, errors=100), False),
    ],
)
def test_crashes_of_the_engine(champion: Figures, challenger: Figures, fires: bool) -> None:
    assert (judge_crashes("2", champion, challenger) is not None) == fires


@pytest.mark.parametrize("action", ["hold", "rollback"])
def test_a_finding_says_what_was_found(action: Action) -> None:
    alarm = Alarm("error_rate", 0.02, 60.0, 100, action)
    assert judge(alarm, "2", requests(400, 4), requests(100, 4)) == Finding(
        action,
        "error_rate of version 2 is 0.03, above 0.02, in the last 60 s (100 requests, the champion "
        "400)",
    )
