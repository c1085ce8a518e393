"""The answers that feedback may still come for: the last ones, up to a number and an age."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.errors import Code, NotFoundError, ServingError

_GONE = 410


class LateError(ServingError):
    """Feedback for an answer that is too old (HTTP 410)."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.OUT_OF_RANGE, message)

    @property
    def http_status(self) -> int:
        """Return 410: it was there, and will not come back."""
        return _GONE


class DoubleError(ServingError):
    """Feedback for an answer that has some (HTTP 409)."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.ALREADY_EXISTS, message)


@dataclass(slots=True)
class GivenAnswer:
    """An answer of a model.

    Attributes:
        version: The version that gave it.
        labels: Its labels, by row; None if they are not known.
        experiment: The plan of traffic that chose the version; empty if none did.
        seconds: When, of a clock that never goes back.
        is_judged: Whether feedback has come.
    """

    version: int
    labels: tuple[str, ...] | None
    experiment: str
    seconds: float
    is_judged: bool = False


class AnswerMemory:
    """Remembers answers by their ids; the oldest goes when there is no room."""

    def __init__(
        self, most: int, max_age_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with nothing.

        Args:
            most: Ids at the same time.
            max_age_s: How long feedback for an answer is taken, seconds.
            clock: Never goes back.
        """
        self._most, self._max_age_s, self._clock = most, max_age_s, clock
        self._answers: OrderedDict[tuple[str, str], GivenAnswer] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many ids are remembered."""
        return len(self._answers)

    def remember(
        self,
        model: str,
        ids: Sequence[str],
        version: int,
        labels: tuple[str, ...] | None,
        experiment: str,
    ) -> None:
        """Remember an answer. An id that a client uses again stands for its last answer.

        Args:
            model: Name of the model.
            ids: Of the answer.
            version: As in `GivenAnswer`.
            labels: As in `GivenAnswer`.
            experiment: As in `GivenAnswer`.
        """
        answer = GivenAnswer(version, labels, experiment, self._clock())
        with self._lock:
            for one in ids:
                before = self._answers.pop((model, one), None)
                # A client that repeats a request repeats its feedback, too: it counts once.
                answer.is_judged |= before is not None and before.is_judged
                self._answers[model, one] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def take(
        self, model: str, name: str, accept: Callable[[GivenAnswer], float]
    ) -> tuple[GivenAnswer, float]:
        """Take the answer that feedback is for; it is taken once.

        Args:
            model: Name of the model.
            name: Id of the answer.
            accept: Returns the reward; what it raises leaves the answer untaken.

        Returns:
            The answer and its reward.

        Raises:
            NotFoundError: If no such answer is remembered.
            LateError: If it is too old.
            DoubleError: If it has feedback.
        """
        with self._lock:
            answer = self._answers.get((model, name))
            if answer is None:
                raise NotFoundError(
                    f"No answer of model {model} with the id {name!r} is remembered: the server "
                    f"knows the last {self._most:,}, for {self._max_age_s:g} s."
                )
            if self._clock() - answer.seconds > self._max_age_s:
                raise LateError(
                    f"The feedback for {name!r} is late: it was taken for {self._max_age_s:g} s."
                )
            if answer.is_judged:
                raise DoubleError(f"There is feedback for {name!r} already; the first one counts.")
            reward = accept(answer)
            answer.is_judged = True
            return answer, reward
