import json
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.kubeflow_params import KubeflowParams


def read(**section: Any) -> KubeflowParams:
    return KubeflowParams.model_validate_json(json.dumps(section))


@pytest.mark.parametrize(
    "section",
    [
        {"resources": {"cpu": "500m", "memory": "512Mi"}},
        {"resources": {"cpu": "0.5", "memory": "4G"}},
        {"secrets": {"PASSWORD": "bert-aas.metadata/the_Password.1"}},
        {"mount_path": "/mnt/shared"},
    ],
)
def test_allowed(section: dict[str, Any]) -> None:
    assert read(**section)


@pytest.mark.parametrize(
    "section",
    [
        {"resources": {"cpu": "2 cores"}},
        {"resources": {"memory": "1.5Gi"}},  # KFP's SDK knows no fractions
        {"resources": {"accelerators": 1}},  # only the Tuner and the Trainer use them
        {"trainer_resources": {"accelerators": -1}},
        {"secrets": {"PASSWORD": "no-key"}},
        {"secrets": {"1PASSWORD": "secret/key"}},
        {"mount_path": "data"},
        {"mount_path": "/"},
        {"retry_delay_s": 3601},  # KFP waits an hour at most
    ],
)
def test_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**section)
