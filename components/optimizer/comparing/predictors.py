"""The SavedModel and its OpenVINO variants, asked in the same way."""

from pathlib import Path

import numpy as np
import openvino
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph in this process
from numpy.typing import NDArray

from components.optimizer.comparing.measuring import Tokens

SIGNATURE = "tokens"
_DEVICE = "CPU"
_OUTPUT = "probabilities"


class SavedModelPredictor:
    """The signature `tokens` in TensorFlow."""

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Args:
            folder: The SavedModel.
        """
        self._model = tf.saved_model.load(str(folder))  # the signature alone would not keep it
        self._function = self._model.signatures[SIGNATURE]

    def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
        """Classify a batch; see `Predictor`."""
        given = {name: tf.constant(array) for name, array in tokens.items()}
        probabilities: NDArray[np.float32] = self._function(**given)[_OUTPUT].numpy()
        return probabilities


class OpenVinoPredictor:
    """The converted signature on one core of this CPU."""

    def __init__(self, file: Path, precision: str, group_size: int | None = None) -> None:
        """Compile the model.

        Args:
            file: The converted model.
            precision: Of its arithmetic, such as `bf16`.
            group_size: See `Candidate`.
        """
        # One thread: threads that wait for each other would count as time of the processor.
        options = {"INFERENCE_NUM_THREADS": "1", "INFERENCE_PRECISION_HINT": precision}
        if group_size:
            options["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(group_size)
        compiled = openvino.Core().compile_model(file, _DEVICE, options)
        self._request = compiled.create_infer_request()

    def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
        """Classify a batch; see `Predictor`."""
        self._request.infer(tokens)
        probabilities: NDArray[np.float32] = self._request.get_output_tensor(0).data.copy()
        return probabilities
