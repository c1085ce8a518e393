from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config.airflow_params import AirflowParams


@pytest.mark.parametrize("schedule", [None, "data", "@daily", "*/5 3 * * 1-5", "0 0 1,15 * *"])
def test_schedule_that_airflow_knows(schedule: str | None) -> None:
    assert AirflowParams(schedule=schedule).schedule == schedule


@pytest.mark.parametrize("schedule", ["", "daily", "@noon", "* * * *", "0 3 * * * *"])
def test_schedule_that_airflow_would_not_understand(schedule: str) -> None:
    with pytest.raises(ValidationError, match="schedule"):
        AirflowParams(schedule=schedule)


def test_pods_need_an_image() -> None:
    with pytest.raises(ValidationError, match=r"airflow\.kubernetes\.image"):
        AirflowParams(task="kubernetes")


def test_default_pool_is_one_that_always_exists() -> None:
    assert AirflowParams().trainer_pool == "default_pool"


def test_pods_have_time_to_pull_a_large_image() -> None:
    assert AirflowParams().kubernetes.startup_timeout_s == 900


@pytest.mark.parametrize(
    "section",
    [
        {"resources": {"memory": "16GB"}},
        {"resources": {"gpus": -1}},
        {"startup_timeout_s": 0},
        {"mount_path": "/"},
        {"volume_claim": ""},
        {"env_secret": ""},
    ],
)
def test_pods_that_cannot_be(section: dict[str, Any]) -> None:
    (key,) = section

    with pytest.raises(ValidationError, match=rf"kubernetes\.{key}"):
        AirflowParams.model_validate({"kubernetes": section})


def test_resources_of_a_training() -> None:
    trainer = AirflowParams().kubernetes.trainer_resources

    assert trainer.model_dump() == {"cpu": "4", "memory": "16Gi", "gpus": 0}


@pytest.mark.parametrize("url", ["reports", "/data/runs", "https://a b"])
def test_report_url_is_an_address(url: str) -> None:
    with pytest.raises(ValidationError, match="report_url"):
        AirflowParams(report_url=url)
