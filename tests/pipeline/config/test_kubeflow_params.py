import json
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config.kubeflow_params import KubeflowParams


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
        {"trainer_resources": {"memory": "512k"}},  # nor kilobytes as Kubernetes writes them
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


def test_memory_that_only_kfp_refuses_is_explained() -> None:
    with pytest.raises(ValidationError, match=r"no fractions .* 1\.5Gi; write e\.g\. 1536Mi"):
        read(resources={"memory": "1.5Gi"})


@pytest.mark.slow  # KFP takes seconds to import
@pytest.mark.parametrize(
    ("cpu", "memory", "cores", "gigabytes"),
    [
        ("2", "8Gi", 2, 8.589934592),
        ("500m", "1536Mi", 0.5, 1.610612736),
        ("1.5", "512M", 1.5, 0.512),
        ("0.125", "3Ki", 0.125, 3.072e-6),
        ("2", "4T", 2, 4e3),
        ("2", "1P", 2, 1e6),
        ("2", "1E", 2, 1e9),
        ("2", "1000000000", 2, 1),
    ],
)
def test_kfp_takes_what_is_allowed(cpu: str, memory: str, cores: float, gigabytes: float) -> None:
    from kfp import components, dsl

    step = {"name": "step", "implementation": {"container": {"image": "img"}}}
    component = components.load_component_from_text(json.dumps(step))
    resources = read(resources={"cpu": cpu, "memory": memory}).resources

    @dsl.pipeline(name="toy")
    def pipeline() -> None:
        component().set_cpu_limit(resources.cpu).set_memory_limit(resources.memory)

    executor = pipeline.pipeline_spec.deployment_spec["executors"]["exec-step"]
    limits = dict(executor["container"]["resources"])
    # Newer releases of KFP write them as they were given, too.
    assert limits.pop("resourceCpuLimit", cpu) == cpu
    assert limits.pop("resourceMemoryLimit", memory) == memory
    assert limits == {"cpuLimit": cores, "memoryLimit": pytest.approx(gigabytes)}
