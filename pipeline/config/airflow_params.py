"""The configuration section `airflow`: how Airflow schedules the nodes and where it runs them."""

from typing import Literal

from pydantic import Field, model_validator

from bert_aas.contracts.params import FrozenParams
from pipeline.config.container_params import (
    ContainerResources,
    MountPath,
    TrainerContainerResources,
)

SCHEDULE_ON_DATA = "data"

_PRESETS = "once|continuous|hourly|daily|weekly|monthly|quarterly|yearly|annually|midnight"
_SCHEDULE = rf"^({SCHEDULE_ON_DATA}|@({_PRESETS})|\S+( \S+){{4}})$"


class _GpuResources(FrozenParams):
    gpus: int = Field(default=0, ge=0, le=64, description="Number of NVIDIA GPUs.")


class PodResources(_GpuResources, ContainerResources):
    """What a pod asks Kubernetes for; more memory or GPUs it cannot have."""


class TrainerPodResources(_GpuResources, TrainerContainerResources):
    """The same for the Tuner and the Trainer, which need more."""


class KubernetesTaskParams(FrozenParams):
    """The pods that run the nodes if `airflow.task` is `kubernetes`."""

    image: str | None = Field(
        default=None,
        min_length=1,
        description="Image of the pods, in which `bert-aas` is installed; required for pods.",
    )
    namespace: str = Field(default="default", min_length=1, description="Namespace of the pods.")
    service_account: str | None = Field(
        default=None, description="Service account of the pods; it needs rights to the storage."
    )
    volume_claim: str | None = Field(
        default=None,
        min_length=1,
        description="Claim of a volume that all pods share (ReadWriteMany).",
    )
    mount_path: MountPath = Field(default="/data", description="Path of that volume in the pods.")
    env_secret: str | None = Field(
        default=None,
        min_length=1,
        description="Secret whose keys become environment variables of the pods, for `${NAME}` in "
        "`metadata.url`.",
    )
    startup_timeout_s: int = Field(
        default=900,
        ge=1,
        description="Seconds in which a pod must start; pulling an image of several GB takes "
        "minutes.",
    )
    resources: PodResources = PodResources()
    trainer_resources: TrainerPodResources = TrainerPodResources()


class AirflowParams(FrozenParams):
    """One task per node: schedule, retries, limits."""

    task: Literal["process", "kubernetes"] = Field(
        default="process", description="What a task is: a process on Airflow's worker, or a pod."
    )
    program: str | None = Field(
        default=None,
        min_length=1,
        description="The `bert-aas` that tasks start; default: that of the environment in which you"
        " compile, and in pods the one on their PATH.",
    )
    schedule: str | None = Field(
        default=None,
        pattern=_SCHEDULE,
        description="When runs start: five fields of cron, a preset such as @daily, or `data` (when"
        " the asset of `data.path` is updated); default: only when triggered.",
    )
    retries: int = Field(
        default=2, ge=0, le=100, description="How often a failed task is tried again."
    )
    retry_delay_s: int = Field(
        default=60, ge=0, description="Seconds before a failed task is tried again."
    )
    timeout_s: int = Field(
        default=7200, ge=1, description="Highest number of seconds that a task may take."
    )
    trainer_timeout_s: int = Field(
        default=86400, ge=1, description="The same for the Tuner and the Trainer."
    )
    trainer_pool: str = Field(
        default="default_pool",
        min_length=1,
        description="Airflow's pool for the Tuner and the Trainer; the pool must exist.",
    )
    report_url: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9+.-]*://\S+$",
        description="Address at which OUTPUT_DIR/runs is served; default: a file:// address.",
    )
    tags: tuple[str, ...] = Field(
        default=("bert-aas",), description="Tags of the DAG in Airflow's list."
    )
    kubernetes: KubernetesTaskParams = KubernetesTaskParams()

    @model_validator(mode="after")
    def _image_for_pods(self) -> "AirflowParams":
        if self.task == "kubernetes" and self.kubernetes.image is None:
            raise ValueError("tasks in pods need the name of an image, `airflow.kubernetes.image`")
        return self
