"""Remembers answers, takes what is said of them, and counts it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from serving.errors import InvalidArgumentError, ServingError
from serving.feedback.answers import AnswerMemory, GivenAnswer
from serving.feedback.ids import INFERENCE_ID_HEADERS, MAX_ID, REQUEST_ID_HEADER
from serving.feedback.judgements import Judgement, read_judgement
from serving.feedback.labels import labels_of
from serving.feedback.tallies import Tallies, tally_document

_ID_HEADERS = (*INFERENCE_ID_HEADERS, REQUEST_ID_HEADER)
_WHY = {404: "unknown", 409: "double", 410: "late", 400: "invalid"}
_ID_BYTES = 12


@dataclass(frozen=True)
class FeedbackOptions:
    """Limits of feedback.

    Attributes:
        most: Ids of answers that are remembered at the same time.
        max_age_s: How long feedback for an answer is taken, seconds.
    """

    most: int = 100_000
    max_age_s: float = 86_400.0


@dataclass(frozen=True)
class Taken:
    """Feedback that was counted.

    Attributes:
        version: The version that gave the answer.
        reward: What it got.
        experiment: The plan of traffic that chose the version; empty if none did.
    """

    version: int
    reward: float
    experiment: str = ""


class Answering(Protocol):
    """An answer, as `serving.capture` has it."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def version(self) -> int:
        """Who gave it."""

    @property
    def outputs(self) -> object:
        """What the model gave; see `labels_of`."""


class Feedback:
    """The feedback of a server; transports remember and give, reports read.

    Attributes:
        tallies: What was counted.
        server: Names these counts among those of all servers.
    """

    def __init__(
        self,
        options: FeedbackOptions,
        observe: Callable[[str, Taken], None] = lambda _model, _taken: None,
    ) -> None:
        """Begin with nothing.

        Args:
            options: Limits.
            observe: Is told of the model and of what was counted.
        """
        self.tallies = Tallies()
        self._memory = AnswerMemory(options.most, options.max_age_s)
        self._observe = observe
        self.server = secrets.token_hex(_ID_BYTES)

    def remember(
        self,
        inference: Answering,
        headers: Mapping[str, str],
        experiment: str,
    ) -> str:
        """Remember an answer before it is sent.

        Args:
            inference: What the model was asked and answered.
            headers: Of the request, names in lower case.
            experiment: The plan of traffic that chose the version; empty if none did.

        Returns:
            The id of the answer: the client's own, or a new one.
        """
        given = [headers[name][:MAX_ID] for name in _ID_HEADERS if headers.get(name)]
        ids = list(dict.fromkeys(given)) or [secrets.token_hex(_ID_BYTES)]
        if experiment:
            self.tallies.begin(inference.model, experiment)
        labels = labels_of(inference.outputs)
        self._memory.remember(inference.model, ids, inference.version, labels, experiment)
        return ids[0]

    def give(self, model: str, document: Mapping[str, Any]) -> Taken:
        """Take what a client says of an answer.

        Args:
            model: Name of the model.
            document: The JSON object that was sent.

        Returns:
            What was counted.

        Raises:
            InvalidArgumentError: If the document is no feedback, or does not fit the answer.
            ServingError: If the id is unknown, late, or has feedback.
        """
        try:
            judgement = read_judgement(document)
            answer, reward = self._memory.take(
                model, judgement.id, lambda answer: _reward(answer, judgement)
            )
        except ServingError as exc:
            self.tallies.refuse(model, _WHY[exc.http_status])
            raise
        is_label = judgement.reward is None
        self.tallies.count(model, answer.version, reward, answer.experiment, is_label)
        taken = Taken(answer.version, reward, answer.experiment)
        self._observe(model, taken)
        return taken

    def report(self, model: str, experiment: str = "") -> dict[str, Any]:
        """Say what the versions of a model got.

        Args:
            model: Name of the model.
            experiment: The plan in force, which may have no answers yet; empty if there is none.

        Returns:
            Values that JSON can hold.
        """
        if experiment:
            self.tallies.begin(model, experiment)
        tally = tally_document(self.tallies.of(model))
        return {"server": self.server, **tally, "remembered": len(self._memory)}


def _reward(answer: GivenAnswer, judgement: Judgement) -> float:
    """Return the reward of an answer: as given, or the share of rows whose label is right."""
    if judgement.reward is not None:
        return judgement.reward
    if answer.labels is None:
        raise InvalidArgumentError(
            f"The labels of the answer {judgement.id!r} are not known: give a reward instead."
        )
    if len(answer.labels) != len(judgement.labels):
        raise InvalidArgumentError(
            f"The answer {judgement.id!r} has {len(answer.labels)} rows, the feedback "
            f"{len(judgement.labels)} labels."
        )
    pairs = zip(answer.labels, judgement.labels, strict=True)
    return sum(said == true for said, true in pairs) / len(answer.labels)
