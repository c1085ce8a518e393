import pytest
from pydantic import ValidationError

from pipeline.airflow_params import AirflowParams


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


@pytest.mark.parametrize("memory", ["16Gi", "512M", "1.5G", "1000000000"])
def test_quantities_of_kubernetes(memory: str) -> None:
    params = AirflowParams.model_validate({"kubernetes": {"resources": {"memory": memory}}})

    assert params.kubernetes.resources.memory == memory


@pytest.mark.parametrize("memory", ["16 Gi", "16GB", "-1", "much"])
def test_what_is_no_quantity(memory: str) -> None:
    with pytest.raises(ValidationError, match="memory"):
        AirflowParams.model_validate({"kubernetes": {"resources": {"memory": memory}}})


@pytest.mark.parametrize("url", ["reports", "/data/runs", "https://a b"])
def test_report_url_is_an_address(url: str) -> None:
    with pytest.raises(ValidationError, match="report_url"):
        AirflowParams(report_url=url)
