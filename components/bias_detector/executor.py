"""The work of BiasDetector: count rows, write the figures, stop the run beyond a limit."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from bert_aas.bias.analysis import analysis
from bert_aas.bias.figures import BiasReport, verdict
from bert_aas.bias.files import ANALYSIS_FILE
from bert_aas.bias.measuring import measure
from bert_aas.contracts.errors import ViolationError
from bert_aas.contracts.plain_text import printable_json
from components.bias_detector.counting import count_examples
from components.bias_params import BiasParams
from components.tfrecords import open_to_write

PARAMS_KEY = "bias_params"
COLUMNS_KEY = "columns"
EXAMPLES_KEY = "examples"
ANALYSIS_KEY = "analysis"
VERDICT = "verdict"


class Executor(base_executor.BaseExecutor):
    """Measure the bias of the rows before anything is spent on a model."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `analysis.json`.

        Args:
            input_dict: `examples`, as ExampleGen writes them.
            output_dict: `analysis`.
            exec_properties: `bias_params`, a `BiasParams` as JSON; `columns`, a JSON object with
                `label` and the list `texts`.

        Raises:
            ViolationError: If a figure is beyond its limit.
        """
        params = BiasParams.model_validate_json(exec_properties[PARAMS_KEY])
        columns = json.loads(exec_properties[COLUMNS_KEY])
        folders = [
            artifact_utils.get_split_uri(input_dict[EXAMPLES_KEY], split) for split in params.splits
        ]
        report = measure_splits(folders, params, columns["label"], columns["texts"])
        made = artifact_utils.get_single_instance(output_dict[ANALYSIS_KEY])
        content = printable_json(analysis(report, params.max)) + "\n"
        with open_to_write(f"{made.uri}/{ANALYSIS_FILE}") as file:
            file.write(content.encode())
        violations = report.beyond(params.max)
        made.set_string_custom_property(VERDICT, verdict(violations, params.max))
        if violations:
            raise ViolationError(
                f"the labels differ beyond `bias.max`: {verdict(violations, params.max)}"
            )


def measure_splits(
    folders: Iterable[str], params: BiasParams, label: str, texts: Sequence[str]
) -> BiasReport:
    """Measure the bias of some splits together.

    Args:
        folders: Their folders.
        params: Whom to compare.
        label: The column of the classes.
        texts: The columns of the texts.

    Returns:
        The report.
    """
    return measure(count_examples(folders, params.question(label, tuple(texts))))
