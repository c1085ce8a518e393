from typing import Any

import pytest
from pydantic import ValidationError

from components.example_gen.params import DataParams, SplitBy

CUTS = ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z")


def split_by(**given: Any) -> SplitBy:
    """Read as a configuration is read."""
    return DataParams.model_validate({"path": "x", "split_by": given}).split_by


@pytest.mark.parametrize(
    "cuts",
    [("2026-01-01", "2026-03-01"), (1767225600, 1772323200.0), ("2026-01-01T01:00+01:00", CUTS[1])],
)
def test_equal_cuts_are_spelt_equally(cuts: Any) -> None:
    assert split_by(time="t", cuts=cuts).cuts == CUTS


def test_cuts_survive_json() -> None:
    params = DataParams(path="x", split_by=SplitBy(time="t", cuts=CUTS))
    assert DataParams.model_validate_json(params.model_dump_json()) == params


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"group": "a", "time": "t", "cuts": CUTS}, "group, time and split exclude each other"),
        ({"group": "a", "split": "s"}, "group, time and split exclude each other"),
        ({"time": "t"}, "time and cuts belong together"),
        ({"group": "g", "cuts": CUTS}, "time and cuts belong together"),
        ({"time": "t", "cuts": CUTS[:1]}, "give two times, the earlier first"),
        ({"time": "t", "cuts": CUTS + CUTS}, "give two times, the earlier first"),
        ({"time": "t", "cuts": CUTS[::-1]}, "give two times, the earlier first"),
        ({"time": "t", "cuts": (CUTS[0], CUTS[0])}, "give two times, the earlier first"),
        ({"time": "t", "cuts": (CUTS[0], "soon")}, "a cut must be a date, a time or seconds"),
    ],
)
def test_what_cannot_split_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        split_by(**given)


def test_stratified_splits_and_groups_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="stratify and split_by exclude each other"):
        DataParams(path="x", stratify=True, split_by=SplitBy(group="g"))
