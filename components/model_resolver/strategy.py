"""Find the model that a candidate must not be worse than."""

from typing import Any

from tfx import types

# Not from tfx.v1, which imports all of TFX: a Resolver runs in a process of its own, for a moment.
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)

CANDIDATE = "candidate"


class LatestOtherBlessedModelStrategy(LatestBlessedModelStrategy):
    """Resolve the latest blessed model that is not the candidate itself.

    TFX's own strategy would, in a second run with nothing changed, compare the cached candidate
    with itself: the Evaluator's inputs would differ from the first run's, and its result could
    never come from the cache.
    """

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]] | None:
        """Resolve the baseline.

        Args:
            store: The metadata store.
            input_dict: All models (`model`), all blessings (`model_blessing`), and the one model
                under test (`candidate`).

        Returns:
            The same keys; `model` and `model_blessing` hold one artifact each, or none.
        """
        candidates = input_dict[CANDIDATE]
        candidate_ids = {artifact.id for artifact in candidates}
        others = {key: list(found) for key, found in input_dict.items() if key != CANDIDATE}
        others["model"] = [model for model in others["model"] if model.id not in candidate_ids]
        resolved = super().resolve_artifacts(store, others)
        if resolved is None:
            return None
        return {**resolved, CANDIDATE: candidates}
