"""What is to be captured, and how: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024
_HOUR_S = 3600.0
_DAY_S = 86400.0

ALL_MODELS = "*"


@dataclass(frozen=True)
class FileLimits:
    """When a file is full.

    Attributes:
        size: Largest size, bytes; a longer line has a file of its own.
        seconds: Longest time that it is written to.
    """

    size: int = 64 * MIB
    seconds: float = _HOUR_S


@dataclass(frozen=True)
class Keep:
    """How long files stay.

    Attributes:
        seconds: Longest time since their last change; None keeps them.
        size: Bytes of all files together, beyond which the oldest go; None keeps them.
    """

    seconds: float | None = 30 * _DAY_S
    size: float | None = 10240 * MIB


@dataclass(frozen=True)
class Waiting:
    """What may wait to be written; more is left out, and counted.

    Attributes:
        requests: Number of them.
        size: Bytes of their bodies and answers.
    """

    requests: int = 10_000
    size: int = 64 * MIB


@dataclass(frozen=True)
class Redaction:
    """What is left out of what is written.

    Attributes:
        personal_data: What gets a mark in its place, by the names of `MASKS`.
        fields: Inputs, outputs and features that get a mark in place of their values.
        hash_texts: Whether each text of an input is replaced by its hash.
        hash_key: Key of the hashes; empty makes plain SHA-256 of them.
    """

    personal_data: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    hash_texts: bool = False
    hash_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class CaptureRules:
    """The content of a capture config file.

    Attributes:
        folder: Where the files go.
        shares: Share of requests by model, above 0 and at most 1; `*` stands for all others.
        redaction: What is left out.
        file_limits: When a file is full.
        keep: How long files stay.
        waiting: What may wait to be written.
    """

    folder: Path
    shares: Mapping[str, float]
    redaction: Redaction = field(default_factory=Redaction)
    file_limits: FileLimits = field(default_factory=FileLimits)
    keep: Keep = field(default_factory=Keep)
    waiting: Waiting = field(default_factory=Waiting)

    def share(self, model: str) -> float:
        """Return the share of a model's requests to write, 0 to 1."""
        return self.shares.get(model, self.shares.get(ALL_MODELS, 0.0))


@dataclass(frozen=True)
class LoggingRules:
    """TensorFlow Serving's `logging_config` of one model.

    Attributes:
        filename_prefix: What the paths of the files begin with.
        sampling_rate: Share of requests, above 0 and at most 1.
    """

    filename_prefix: str
    sampling_rate: float
