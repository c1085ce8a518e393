"""One piece of feedback, as a client sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.errors import InvalidArgumentError
from serving.feedback.ids import MAX_ID

_IDS = ("inference_id", "request_id")
_SAID = ("label", "reward")


@dataclass(frozen=True)
class Judgement:
    """What is said of one answer.

    Attributes:
        id: Of the answer.
        labels: The true label of each row; empty if a reward is given.
        reward: How good the answer was, in [0, 1]; None if labels are given.
    """

    id: str
    labels: tuple[str, ...] = ()
    reward: float | None = None


def read_judgement(document: Mapping[str, Any]) -> Judgement:
    """Read feedback.

    Args:
        document: The JSON object that a client sent.

    Returns:
        What it says.

    Raises:
        InvalidArgumentError: If it does not have one id and one label or reward, and nothing else.
    """
    strange = [key for key in document if key not in (*_IDS, *_SAID)]
    if strange:
        raise InvalidArgumentError(
            f"Feedback has no field {strange[0][:MAX_ID]!r}: it has inference_id or request_id, "
            "and label or reward."
        )
    name = _only(document, _IDS)
    said = _only(document, _SAID)
    given = document[name]
    if not isinstance(given, str) or not given:
        raise InvalidArgumentError(f"The {name} of feedback must be a text that is not empty.")
    if said == "label":
        return Judgement(given[:MAX_ID], labels=_labels(document["label"]))
    return Judgement(given[:MAX_ID], reward=_reward(document["reward"]))


def _only(document: Mapping[str, Any], names: Sequence[str]) -> str:
    given = [name for name in names if document.get(name) is not None]
    if len(given) != 1:
        raise InvalidArgumentError(f"Feedback needs either {' or '.join(names)}, one of them.")
    return given[0]


def _labels(value: Any) -> tuple[str, ...]:
    labels = value if isinstance(value, list) else [value]
    if not labels or not all(isinstance(one, str | int) for one in labels):
        raise InvalidArgumentError(
            "The label of feedback must be a text, or a list with a text for each row."
        )
    return tuple(str(one) for one in labels)


def _reward(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidArgumentError("The reward of feedback must be a number from 0 to 1.")
    return float(value)
