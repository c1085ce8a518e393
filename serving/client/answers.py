"""A server's answers as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AVAILABLE = "AVAILABLE"


@dataclass(frozen=True)
class Prediction:
    """The answer to one text.

    Attributes:
        label: The predicted class.
        probability: Its probability, 0 to 1.
        probabilities: Of every class, in the model's order.
    """

    label: str
    probability: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class VersionStatus:
    """The state of one version of a model.

    Attributes:
        version: Its number.
        state: START, LOADING, AVAILABLE, UNLOADING or END.
        error_code: OK, or why it could not be loaded.
        error_message: The reason in words; empty if there is none.
    """

    version: int
    state: str
    error_code: str = "OK"
    error_message: str = ""

    @property
    def is_available(self) -> bool:
        """Whether requests to this version are answered."""
        return self.state == AVAILABLE


def parse_status(document: Mapping[str, Any]) -> list[VersionStatus]:
    """Read the answer to a question for a model's status.

    Args:
        document: The JSON form of `GetModelStatusResponse`; fields with default values may lack.

    Returns:
        One entry per version, in the server's order: highest first.

    Raises:
        ValueError: If the document is something else.
    """
    try:
        entries = document["model_version_status"] if document else []
        return [_version_status(entry) for entry in entries]
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"not a model's status: {exc!r}") from exc


def _version_status(entry: Mapping[str, Any]) -> VersionStatus:
    status = entry.get("status", {})
    return VersionStatus(
        int(entry.get("version", 0)),
        entry.get("state", "UNKNOWN"),
        status.get("error_code", "OK"),
        status.get("error_message", ""),
    )
