"""A pushed SavedModel in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from pipeline.environment import quiet_libraries
from pipeline.predictions.predicted import Predictions, in_natural_order
from serving.errors import ServingError

SIGNATURE = "serving_default"
_WANTED = ("probabilities", "classes")


class Predictor:
    """A SavedModel that answers texts, in the model server's runtime: it starts in seconds."""

    def __init__(self, model_dir: Path) -> None:
        """Load the newest version.

        Args:
            model_dir: A version folder, or the folder of versions.

        Raises:
            InvalidInputError: If there is no SavedModel with the signature, or it is damaged.
        """
        folder = version_folder(model_dir)
        quiet_libraries()
        from serving.servables.saved_model import load_saved_model

        try:
            self._model = load_saved_model(folder.name, 0, folder)
        except ServingError as exc:
            reason = " ".join(str(exc).split())
            raise InvalidInputError(f"the model in {folder} cannot be loaded: {reason}") from exc
        if SIGNATURE not in self._model.signatures:
            self.close()
            raise InvalidInputError(f"the model in {folder} has no signature {SIGNATURE!r}")
        self.takes_pairs = "text_pair" in self._model.signatures[SIGNATURE].inputs

    def close(self) -> None:
        """Release the model's memory."""
        self._model.close()

    def predict(self, columns: Sequence[Sequence[str]], batch_size: int = 64) -> Predictions:
        """Classify texts.

        Args:
            columns: The texts, and for models of pairs the second texts, `n` each.
            batch_size: Rows per call of the model; rows of similar length share a call.

        Returns:
            The answers in the order of the texts.
        """
        import numpy as np

        if not columns[0]:
            known = self.predict([[""] for _ in columns])  # the answer has the names of the classes
            return Predictions([], known.classes, known.probabilities[:0])
        names = ("text", "text_pair")[: len(columns)]
        lengths = np.array([sum(map(len, row)) for row in zip(*columns, strict=True)])
        order = np.argsort(lengths, kind="stable")
        parts = []
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            inputs = {
                name: np.array([column[row].encode() for row in rows], object)
                for name, column in zip(names, columns, strict=True)
            }
            parts.append(self._model.call(SIGNATURE, inputs, _WANTED))
        probabilities = np.concatenate([part["probabilities"] for part in parts])
        names_found = [name.decode() for name in parts[0]["classes"][0]]
        return in_natural_order(probabilities[np.argsort(order)], names_found)


def version_folder(model_dir: Path) -> Path:
    """Find the SavedModel.

    Args:
        model_dir: A version folder, or the folder of versions.

    Returns:
        The folder itself, or the one with the highest number in it.

    Raises:
        InvalidInputError: If neither holds a SavedModel.
    """
    if (model_dir / "saved_model.pb").is_file():
        return model_dir
    versions = [path for path in model_dir.glob("*/saved_model.pb") if path.parent.name.isdecimal()]
    if not versions:
        raise InvalidInputError(
            f"{model_dir} holds no SavedModel; give a version folder or the folder of versions"
        )
    return max((path.parent for path in versions), key=lambda folder: int(folder.name))
