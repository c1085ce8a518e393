import pytest

from serving.data_plane import DataPlane, ModelQuery
from serving.errors import InvalidArgumentError, NotFoundError


@pytest.mark.parametrize(
    ("query", "which"),
    [(ModelQuery("m"), r"Latest\(m\)"), (ModelQuery("m", 0), r"Specific\(m, 0\)")],
)
def test_unknown_model(query: ModelQuery, which: str) -> None:
    with pytest.raises(NotFoundError, match=f"Servable not found for request: {which}"):
        DataPlane({}).use(query)


def test_labels_are_checked_before_the_model() -> None:
    with pytest.raises(InvalidArgumentError, match="Unrecognized servable version label: l"):
        DataPlane({}).use(ModelQuery("m", label="l"))


def test_status_of_an_unknown_model() -> None:
    with pytest.raises(NotFoundError, match="Could not find any versions of model m"):
        DataPlane({}).statuses(ModelQuery("m", label="ignored"))
