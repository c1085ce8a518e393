"""The work of `Optimizer`: copy the SavedModel, and put beside it what is faster and as good."""

import tempfile
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.optimizer.attempt import try_to_optimize
from components.optimizer.params import OptimizeParams

PARAMS_KEY = "optimize_params"
INPUT_KEY = "trained_model"
EXAMPLES_KEY = "examples"
MODEL_KEY = "model"
_SPLIT = "eval"


class Executor(base_executor.BaseExecutor):
    """Convert, compare, and write the model with its variant."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fill the artifact `model`.

        Args:
            input_dict: `trained_model`, and `examples` as Transform writes them.
            output_dict: `model`.
            exec_properties: `optimize_params`, an `OptimizeParams` as JSON.
        """
        trained = artifact_utils.get_single_instance(input_dict[INPUT_KEY])
        made = artifact_utils.get_single_instance(output_dict[MODEL_KEY])
        examples = artifact_utils.get_split_uri(input_dict[EXAMPLES_KEY], _SPLIT)
        params = OptimizeParams.model_validate_json(exec_properties[PARAMS_KEY])
        source = path_utils.serving_model_path(
            trained.uri, path_utils.is_old_model_artifact(trained)
        )
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model"  # on this disk: OpenVINO reads no storage by address
            io_utils.copy_dir(source, str(model))
            try_to_optimize(model, f"{examples}/*", params)
            io_utils.copy_dir(str(model), path_utils.serving_model_dir(made.uri))
