"""What a run registered, and how to approve, deploy and take it back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bert_aas.contracts.plain_text import shell_word
from components.tfrecords import read_file
from pipeline.metadata.records import ArtifactRecord
from pipeline.report.section import OutputSection

REGISTRATION_FILE = "registration.json"


@dataclass(frozen=True)
class Registration:
    """A version in the registry.

    Attributes:
        model: Name of the registered model.
        version: Its number; `None` if nothing was registered.
        status: Its status when it was registered.
        reason: Why it has it.
        registry: Where the registry is.
        facts: Fingerprints, commit, machine.
        evidence: Name of each file to its SHA-256.
    """

    model: str
    version: int | None
    status: str | None
    reason: str
    registry: str
    facts: Mapping[str, str]
    evidence: Mapping[str, str]

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands with which people decide."""
        version = f"{shell_word(self.model)} {self.version}"
        place = f"--registry {shell_word(self.registry)}"
        return (
            f"bert-aas models show {version} {place}",
            f'bert-aas models approve {version} --reason "WHY" {place}',
            f"bert-aas models deploy {version} {place}",
            f"bert-aas models rollback {shell_word(self.model)} {place}",
        )


def read_registration(uri: str, registry: str) -> Registration:
    """Read what the Registrar wrote.

    Args:
        uri: The folder of its artifact.
        registry: Where the registry is.

    Returns:
        The registration.
    """
    said: dict[str, Any] = json.loads(read_file(f"{uri}/{REGISTRATION_FILE}"))
    names = ("model", "version", "status", "reason", "facts", "evidence")
    return Registration(registry=registry, **{name: said[name] for name in names})


def _read(made: ArtifactRecord) -> Registration:
    return read_registration(made.uri, str(made.properties.get("registry_url", "")))


SECTION = OutputSection(
    name="registration",
    title="Registry",
    node="Registrar",
    output="registration",
    setting="registry.enabled=true",
    read=lambda made, _: _read(made),
)
