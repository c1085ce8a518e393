"""A blessing is what TFX's own nodes read."""

from pathlib import Path

import pytest
from tfx.components.evaluator import constants
from tfx.components.util import model_utils
from tfx.types import standard_artifacts

from components.blessing import bless, copy_models

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@pytest.fixture
def blessing(tmp_path: Path) -> standard_artifacts.ModelBlessing:
    made = standard_artifacts.ModelBlessing()
    made.uri = str(tmp_path)
    return made


@pytest.mark.parametrize("blessed", [True, False])
def test_tfx_reads_the_last_verdict(
    blessing: standard_artifacts.ModelBlessing, tmp_path: Path, blessed: bool
) -> None:
    bless(blessing, blessed=not blessed)
    bless(blessing, blessed=blessed)
    assert model_utils.is_model_blessed(blessing) == blessed
    names = {True: constants.BLESSED_FILE_NAME, False: constants.NOT_BLESSED_FILE_NAME}
    assert [path.name for path in tmp_path.iterdir()] == [names[blessed]]


def test_the_models_of_another_blessing(blessing: standard_artifacts.ModelBlessing) -> None:
    first = standard_artifacts.ModelBlessing()
    first.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, 7)
    first.set_string_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, "/old")
    first.set_string_custom_property("reason", "it is good")
    copy_models(first, blessing)
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_string_custom_property("baseline_model") == "/old"
    for name in ("reason", "current_model", "baseline_model_id"):
        assert not blessing.has_custom_property(name)


def test_an_id_of_vertex_ai_is_a_name(blessing: standard_artifacts.ModelBlessing) -> None:
    """Its run executor writes the name of the artifact in place of TFX's number."""
    first = standard_artifacts.ModelBlessing()
    name = "projects/1/locations/x/metadataStores/default/artifacts/7"
    first.set_string_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, name)
    copy_models(first, blessing)
    assert blessing.get_string_custom_property("current_model_id") == name
