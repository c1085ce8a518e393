import pytest

from bert_aas.traffic.statistics.intervals import Rewards, rate_interval
from serving.feedback.tallies import Tallies, tally_document


@pytest.fixture
def tallies() -> Tallies:
    counted = Tallies()
    counted.begin("m", "plan 1")
    counted.count("m", 3, 1.0, "plan 1", is_label=True)
    counted.count("m", 3, 0.5, "plan 1", is_label=False)
    counted.count("m", 4, 0.0, "", is_label=True)
    return counted


def test_sums_are_by_version_and_by_what_chose_it(tallies: Tallies) -> None:
    tally = tallies.of("m")

    assert tally.rewards == {3: Rewards(1.5, 2), 4: Rewards(0.0, 1)}
    assert tally.accuracy == {3: Rewards(1.0, 1), 4: Rewards(0.0, 1)}
    assert tally.chosen == {3: Rewards(1.5, 2)}


def test_another_plan_begins_anew(tallies: Tallies) -> None:
    tallies.begin("m", "plan 2")
    tallies.count("m", 3, 1.0, "plan 1", is_label=True)
    tallies.count("m", 4, 1.0, "plan 2", is_label=True)

    tally = tallies.of("m")

    assert tally.experiment == "plan 2"
    assert tally.chosen == {4: Rewards(1.0, 1)}
    assert tally.rewards[3] == Rewards(2.5, 3)


def test_models_are_apart(tallies: Tallies) -> None:
    assert tallies.of("other").rewards == {}
    assert tallies.of("other").experiment == ""


def test_what_was_refused_is_counted(tallies: Tallies) -> None:
    for why in ("late", "late", "double"):
        tallies.refuse("m", why)

    assert tallies.of("m").refused == {"late": 2, "double": 1}


def test_the_document_has_intervals(tallies: Tallies) -> None:
    document = tally_document(tallies.of("m"))

    first, second = document["versions"]
    interval = rate_interval(Rewards(1.5, 2))
    assert (first["version"], second["version"]) == (3, 4)
    assert first["rewards"] == {
        "total": 1.5,
        "number": 2,
        "rate": 0.75,
        "low": interval.low,
        "high": interval.high,
    }
    assert second["chosen"] == {"total": 0.0, "number": 0, "rate": None, "low": 0.0, "high": 1.0}
    assert document["experiment"] == "plan 1"
