"""Which model a candidate is compared with."""

import pytest
from tfx.types import standard_artifacts

from components.model_resolver.strategy import CANDIDATE, LatestOtherBlessedModelStrategy

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


def model(number: int) -> standard_artifacts.Model:
    made = standard_artifacts.Model()
    made.id = number
    return made


def blessing(number: int, *, blessed: bool = True) -> standard_artifacts.ModelBlessing:
    made = standard_artifacts.ModelBlessing()
    made.id = 100 + number
    made.set_int_custom_property("blessed", int(blessed))
    made.set_int_custom_property("current_model_id", number)
    return made


def resolved(
    models: list[int], blessings: list[standard_artifacts.ModelBlessing], candidate: int
) -> tuple[list[int], list[int]]:
    found = LatestOtherBlessedModelStrategy().resolve_artifacts(
        None,
        {
            "model": [model(number) for number in models],
            "model_blessing": blessings,
            CANDIDATE: [model(candidate)],
        },
    )
    assert found is not None
    assert [artifact.id for artifact in found[CANDIDATE]] == [candidate]
    return (
        [artifact.id for artifact in found["model"]],
        [artifact.id for artifact in found["model_blessing"]],
    )


def test_the_latest_blessed_model_is_found() -> None:
    assert resolved([1, 2, 3], [blessing(2), blessing(1)], candidate=3) == ([2], [102])


def test_models_that_were_not_blessed_are_passed_over() -> None:
    blessings = [blessing(1), blessing(2, blessed=False)]
    assert resolved([1, 2, 3], blessings, candidate=3) == ([1], [101])


def test_the_candidate_is_not_compared_with_itself() -> None:
    """As when everything came from the cache: the candidate was blessed by the run before."""
    assert resolved([1, 2, 3], [blessing(1), blessing(3)], candidate=3) == ([1], [101])


@pytest.mark.parametrize(
    ("models", "blessings"),
    [([3], []), ([3], [3]), ([1, 3], []), ([], [])],
    ids=["first run", "first run again", "never blessed", "nothing at all"],
)
def test_there_may_be_none(models: list[int], blessings: list[int]) -> None:
    assert resolved(models, [blessing(number) for number in blessings], candidate=3)[0] == []


def test_the_given_lists_stay_as_they_are() -> None:
    given = {"model": [model(1), model(2)], "model_blessing": [blessing(1)], CANDIDATE: [model(2)]}
    LatestOtherBlessedModelStrategy().resolve_artifacts(None, given)
    assert [artifact.id for artifact in given["model"]] == [1, 2]
