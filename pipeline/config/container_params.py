"""The resources that a node's container requests, in Kubernetes' units; shared by its runners."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from bert_aas.contracts.params import FrozenParams


def _as_text(value: object) -> object:
    """Take numbers as they are written: YAML reads `cpu: 2` as one."""
    return str(value) if type(value) in (int, float) else value


# Kubernetes also takes 1e3 and fractions of a thousandth, which nobody needs here.
Cpu = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=r"^([0-9]+m|[0-9]+([.][0-9]{1,3})?)$"),
]
"""Cores: 2, 1.5 or 500m; nothing below a thousandth of a core."""

# A kilobyte is k, a kibibyte Ki; m would be thousandths of a byte.
Memory = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern=r"^[0-9]+([.][0-9]+)?([kMGTPE]|[KMGTPE]i)?$"),
]
"""Bytes, or with a unit: 8Gi, 1.5Gi, 512M."""

MountPath = Annotated[str, Field(pattern="^/[^/]")]


class ContainerResources(FrozenParams):
    """What a container asks Kubernetes for; more memory it cannot have."""

    cpu: Cpu = Field(default="1", description="CPU cores, e.g. 2 or 500m.")
    memory: Memory = Field(default="4Gi", description="Memory, e.g. 8Gi.")


class TrainerContainerResources(ContainerResources):
    """The same for the Tuner and the Trainer, which need more."""

    cpu: Cpu = Field(default="4", description="CPU cores, e.g. 4 or 3500m.")
    memory: Memory = Field(default="16Gi", description="Memory, e.g. 16Gi.")
