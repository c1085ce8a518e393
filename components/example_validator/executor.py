"""The work of `StoppingExampleValidator`: TFX's validation, then the user's verdict."""

import json
from typing import Any

from tfx import types
from tfx.components.example_validator import executor
from tfx.types import artifact_utils

from bert_aas.contracts.errors import InvalidInputError
from components.example_validator.anomalies import read_anomalies, stopping


class Executor(executor.Executor):
    """Validate as TFX does, then fail if an anomaly is one of those that stop the run."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Run the validation.

        Args:
            input_dict: `statistics` and `schema`.
            output_dict: `anomalies`.
            exec_properties: `stop_on`, a JSON list of anomaly types.

        Raises:
            InvalidInputError: If there is an anomaly of such a type.
        """
        super().Do(input_dict, output_dict, exec_properties)
        artifact = artifact_utils.get_single_instance(output_dict["anomalies"])
        splits = artifact_utils.decode_split_names(artifact.split_names)
        stop_on = json.loads(exec_properties["stop_on"])
        found = stopping(read_anomalies(artifact.uri, splits), stop_on)
        if found:
            listed = "; ".join(
                f"feature {anomaly.feature or '(the whole split)'} of split {anomaly.split}: "
                f"{anomaly.type}, {anomaly.reason}"
                for anomaly in found
            )
            raise InvalidInputError(
                "the data does not fit the schema, and `validate.stop_on` stops the run for "
                f"these anomalies: {listed}"
            )
