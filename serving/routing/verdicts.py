"""What the feedback of a plan says of its versions, for those who ask again and again."""

import dataclasses
import threading
import time
from collections.abc import Mapping
from typing import Any

_FRESH_S = 2.0  # judging takes some 30 ms of a core


class Verdicts:
    """Judges the plan of a model, anew at most once in two seconds."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any] | None]] = {}

    def of(self, status: Mapping[str, Any]) -> dict[str, Any] | None:
        """Say how the versions of a plan compare.

        Args:
            status: What the plan does now, with `feedback`.

        Returns:
            For each arm how many answers have feedback, their mean reward, and within which limits
            it lies at all times; for each challenger a verdict. None where nothing is to compare.
        """
        model = status["model"]
        with self._lock:
            at, found = self._known.get(model, (-_FRESH_S, None))
            if time.monotonic() - at >= _FRESH_S:
                found = _judged(status)
                self._known[model] = (time.monotonic(), found)
        return found


def _judged(status: Mapping[str, Any]) -> dict[str, Any] | None:
    from bert_aas.traffic.judging import judge_statuses  # only where feedback is taken

    judged = judge_statuses([status])
    if judged is None:
        return None
    arms = [
        {
            "name": arm.name,
            "rewarded": arm.rewards.number,
            "mean_reward": arm.rewards.rate,
            "low": arm.interval.low,
            "high": arm.interval.high,
        }
        for arm in judged.arms
    ]
    return {"arms": arms, "verdicts": [dataclasses.asdict(one) for one in judged.verdicts]}
