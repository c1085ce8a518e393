"""Sums of rewards by version: of all answers, and of those that the plan of traffic chose."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from bert_aas.traffic.statistics.intervals import Rewards, rate_interval

_NOTHING = Rewards()
_DECIMALS = 6


@dataclass(frozen=True)
class Tally:
    """What the versions of one model got.

    Attributes:
        accuracy: By version, of answers whose true label was given.
        rewards: By version, of all answers with feedback.
        chosen: By version, of answers whose version the plan `experiment` chose.
        experiment: The plan; empty before there was one.
        refused: How much feedback was not taken, by why.
    """

    accuracy: dict[int, Rewards]
    rewards: dict[int, Rewards]
    chosen: dict[int, Rewards]
    experiment: str
    refused: dict[str, int]


class Tallies:
    """Counts feedback; sums are all that is kept.

    Attributes:
        changes: Grows with everything that is counted.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._lock = threading.Lock()
        self._accuracy: dict[str, dict[int, Rewards]] = defaultdict(dict)
        self._rewards: dict[str, dict[int, Rewards]] = defaultdict(dict)
        self._chosen: dict[str, dict[int, Rewards]] = defaultdict(dict)
        self._experiments: dict[str, str] = {}
        self._refused: dict[str, Counter[str]] = defaultdict(Counter)

    def count(
        self, model: str, version: int, reward: float, experiment: str, is_label: bool
    ) -> None:
        """Count feedback.

        Args:
            model: Name of the model.
            version: Who gave the answer.
            reward: Of the answer.
            experiment: The plan that chose the version; empty if none did.
            is_label: Whether it came from a true label.
        """
        with self._lock:
            self.changes += 1
            _add(self._rewards[model], version, reward)
            if is_label:
                _add(self._accuracy[model], version, reward)
            if not experiment:
                return
            # Late feedback for the plan before does not bring that one back.
            if self._experiments.setdefault(model, experiment) == experiment:
                _add(self._chosen[model], version, reward)

    def begin(self, model: str, experiment: str) -> None:
        """Count the answers of another plan from now on.

        Args:
            model: Name of the model.
            experiment: The plan in force.
        """
        if self._experiments.get(model) == experiment:
            return
        with self._lock:
            self.changes += 1
            self._experiments[model] = experiment
            self._chosen[model] = {}

    def refuse(self, model: str, why: str) -> None:
        """Count feedback that was not taken."""
        with self._lock:
            self.changes += 1
            self._refused[model][why] += 1

    def models(self) -> list[str]:
        """Return the models of which something was counted."""
        with self._lock:
            return sorted({*self._rewards, *self._refused, *self._experiments})

    def put(self, model: str, tally: Tally) -> None:
        """Go on from what was counted before.

        Args:
            model: Name of the model.
            tally: What its versions got.
        """
        with self._lock:
            self._accuracy[model] = dict(tally.accuracy)
            self._rewards[model] = dict(tally.rewards)
            self._chosen[model] = dict(tally.chosen)
            self._refused[model] = Counter(tally.refused)
            if tally.experiment:
                self._experiments[model] = tally.experiment

    def of(self, model: str) -> Tally:
        """Return what the versions of a model got so far."""
        with self._lock:
            return Tally(
                dict(self._accuracy.get(model, {})),
                dict(self._rewards.get(model, {})),
                dict(self._chosen.get(model, {})),
                self._experiments.get(model, ""),
                dict(self._refused.get(model, {})),
            )


def tally_document(tally: Tally) -> dict[str, Any]:
    """Write a tally for programs, with intervals that hold at all times.

    Args:
        tally: The tally.

    Returns:
        Values that JSON can hold.
    """
    versions = [
        {
            "version": version,
            "rewards": _document(rewards),
            "accuracy": _document(tally.accuracy.get(version, _NOTHING)),
            "chosen": _document(tally.chosen.get(version, _NOTHING)),
        }
        for version, rewards in sorted(tally.rewards.items())
    ]
    return {"versions": versions, "experiment": tally.experiment, "refused": tally.refused}


def _add(sums: dict[int, Rewards], version: int, reward: float) -> None:
    sums[version] = sums.get(version, _NOTHING) + Rewards(reward, 1)


def _document(rewards: Rewards) -> dict[str, Any]:
    interval = rate_interval(rewards)
    return {
        "total": round(rewards.total, _DECIMALS),
        "number": round(rewards.number),
        "rate": rewards.rate,
        "low": interval.low,
        "high": interval.high,
    }
