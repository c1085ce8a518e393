"""The configuration section `vertex`: how Vertex AI Pipelines runs the graph."""

from pydantic import Field, model_validator

from bert_aas.contracts.params import FrozenParams


class VertexTrainerResources(FrozenParams):
    """What the Tuner and the Trainer ask for; Vertex AI picks a machine that has it."""

    cpus: float | None = Field(default=None, gt=0, description="CPU cores.")
    memory_gib: float | None = Field(default=None, gt=0, description="Memory in GiB.")
    accelerator: str | None = Field(
        default=None,
        pattern="^NVIDIA_[A-Z0-9_]+$",
        description="Vertex AI's name of the GPU, e.g. NVIDIA_TESLA_T4.",
    )
    accelerator_count: int = Field(default=0, ge=0, le=16, description="GPUs of one machine.")

    @model_validator(mode="after")
    def _type_and_count(self) -> "VertexTrainerResources":
        if (self.accelerator is None) != (self.accelerator_count == 0):
            raise ValueError("a GPU needs both `accelerator` and `accelerator_count`")
        return self


class VertexParams(FrozenParams):
    """Where Vertex AI Pipelines runs the graph, in which image and as whom."""

    image: str | None = Field(
        default=None,
        min_length=1,
        description="Image of the steps, in which `bert-aas` is installed; required to compile.",
    )
    project: str | None = Field(
        default=None, pattern="^[a-z][a-z0-9:.-]+$", description="Id of the Google Cloud project."
    )
    region: str = Field(
        default="us-central1",
        pattern="^[a-z]+-[a-z0-9-]+$",
        description="Region in which jobs run.",
    )
    service_account: str | None = Field(
        default=None,
        pattern="^[^@ ]+@[^@ ]+$",
        description="E-mail address of the service account of the steps; default: Vertex AI's own.",
    )
    trainer_resources: VertexTrainerResources = VertexTrainerResources()
