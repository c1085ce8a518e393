"""The configuration section `kubeflow`: image, resources, storage and secrets of the steps."""

from typing import Annotated

from pydantic import Field, field_validator

from bert_aas.contracts.params import FrozenParams
from pipeline.config.container_params import (
    ContainerResources,
    MountPath,
    TrainerContainerResources,
)

_VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_SecretKey = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[-._a-zA-Z0-9]+$")]


def _whole(memory: str) -> str:
    """Refuse what KFP's SDK does not take: it knows no fractions and no kilobytes."""
    if "." in memory or memory.endswith("k"):
        raise ValueError(
            f"KFP takes no fractions and no unit k, but got {memory}; write e.g. 1536Mi for 1.5Gi"
        )
    return memory


class StepResources(ContainerResources):
    """What a step asks Kubernetes for; more memory or GPUs it cannot have."""

    _whole_memory = field_validator("memory")(_whole)


class TrainerStepResources(TrainerContainerResources):
    """The same for the Tuner and the Trainer, which need more."""

    _whole_memory = field_validator("memory")(_whole)

    accelerators: int = Field(
        default=0, ge=0, le=64, description="Number of accelerators, e.g. GPUs."
    )
    accelerator_type: str = Field(
        default="nvidia.com/gpu",
        min_length=1,
        description="Name of the accelerator as a Kubernetes resource.",
    )
    node_selector: dict[str, str] = Field(
        default={}, description="Labels of the cluster's nodes on which these steps may run."
    )


class KubeflowParams(FrozenParams):
    """The steps of Kubeflow Pipelines: one container per node."""

    image: str | None = Field(
        default=None,
        min_length=1,
        description="Image of the steps, in which `bert-aas` is installed "
        "(deploy/pipeline.Dockerfile); required to compile.",
    )
    resources: StepResources = StepResources()
    trainer_resources: TrainerStepResources = TrainerStepResources()
    retries: int = Field(
        default=2, ge=0, le=100, description="How often a failed step is tried again."
    )
    retry_delay_s: int = Field(
        default=60, ge=0, le=3600, description="Seconds before a failed step is tried again."
    )
    volume_claim: str | None = Field(
        default=None, min_length=1, description="Claim of a volume that all steps share."
    )
    mount_path: MountPath = Field(default="/data", description="Path of that volume in the steps.")
    env: dict[_VariableName, str] = Field(
        default={}, description="Environment variables of all steps, NAME: VALUE; no secrets."
    )
    secrets: dict[_VariableName, _SecretKey] = Field(
        default={},
        description="Environment variables of all steps that come from secrets, NAME: SECRET/KEY; "
        "for `${NAME}` in `metadata.url`.",
    )
