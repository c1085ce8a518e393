"""Models to register, for tests."""

from pathlib import Path
from typing import Any

from bert_aas.registry.versions import Candidate


def candidate(folder: Path, model: str, content: str = "graph", **given: Any) -> Candidate:
    """Make a model with files of its own.

    Args:
        folder: Where to make them.
        model: Name of the registered model.
        content: What its file holds.
        **given: Fields of the candidate.

    Returns:
        What is to be registered; ann started its run.
    """
    place = folder / model / content
    place.mkdir(parents=True, exist_ok=True)
    (place / "saved_model.pb").write_text(content)
    told: dict[str, Any] = {"run": f"run of {content}", "by": "ann", "reason": "it passed"}
    return Candidate(model, place, str(place), **{**told, **given})
