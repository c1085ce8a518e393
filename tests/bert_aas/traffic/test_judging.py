import pytest

from bert_aas.traffic.judging import judge_statuses, log_evidence_of_keys, rewards_of
from bert_aas.traffic.statistics.intervals import Rewards, difference_interval
from bert_aas.traffic.statistics.sample_ratio import log_ratio_evidence
from tests.bert_aas.traffic.counted import ab, bandit, status

COUNTED = {3: (690.0, 1000), 4: (790.0, 1000)}


def test_the_counts_of_servers_are_added() -> None:
    first = status(ab(50, 50), {3: (345.0, 500), 4: (395.0, 500)})
    second = status(ab(50, 50), {3: (345.0, 500), 4: (395.0, 500)}, "two")

    judged = judge_statuses([first, second])

    assert judged is not None
    assert [arm.rewards for arm in judged.arms] == [Rewards(690, 1000), Rewards(790, 1000)]
    assert [one.word for one in judged.verdicts] == ["better"]


def test_the_planned_share_is_what_is_tested_with() -> None:
    judged = judge_statuses([status(ab(80, 20), COUNTED)])

    assert judged is not None
    expected = difference_interval(Rewards(690, 1000), Rewards(790, 1000), 0.2)
    assert judged.verdicts[0].difference == expected


def test_the_shares_of_a_bandit_change_and_are_not_used() -> None:
    found = [judge_statuses([status(bandit(*shares), COUNTED)]) for shares in ((50, 50), (1, 99))]

    assert found[0] == found[1]


def test_broken_shares_are_seen_in_the_keys() -> None:
    judged = judge_statuses([status(ab(50, 50), COUNTED, keys={"3": 5000, "4": 5600})])

    assert judged is not None
    assert judged.verdicts[0].word == "shares broken"


def test_the_evidence_of_servers_is_averaged() -> None:
    statuses = [
        status(ab(50, 50), {}, keys={"3": 500, "4": 540}),
        status(ab(50, 50), {}, "two", keys={"3": 500, "4": 540}),
    ]

    expected = log_ratio_evidence([500, 540], [50, 50])
    assert log_evidence_of_keys(statuses) == pytest.approx(expected)


def test_a_bandit_has_no_planned_shares_to_break() -> None:
    assert log_evidence_of_keys([status(bandit(50, 50), {}, keys={"3": 5000})]) == 0.0


def test_without_feedback_there_is_no_verdict() -> None:
    told = status(ab(50, 50), COUNTED)
    del told["feedback"]

    assert judge_statuses([told]) is None
    assert judge_statuses([]) is None


def test_an_arm_that_does_not_serve_any_more_keeps_its_counts() -> None:
    told = status(ab(50, 50), COUNTED)
    told["arms"][1]["version"] = None

    assert rewards_of(told) == {"3": Rewards(690, 1000), "4": Rewards(790, 1000)}
