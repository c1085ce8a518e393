"""The work of Explainer: choose rows, explain them, write what the words come to."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from bert_aas.contracts.plain_text import printable_json
from bert_aas.explanations.analysis import ANALYSIS_FILE, analysis
from bert_aas.explanations.parquet import ROWS_FILE, rows_as_parquet
from bert_aas.explanations.reading import EXPLANATIONS_FILE
from bert_aas.explanations.summary import Asked, as_json, explanations
from components.explainer.examples import Columns, choose_rows, read_row
from components.explainer.explaining import explain_rows
from components.explainer.params import ExplainParams
from components.tfrecords import open_to_write
from models.attribution.attribution import Explainer

PARAMS_KEY = "explain_params"
COLUMNS_KEY = "columns"
MODEL_KEY = "model"
EXAMPLES_KEY = "examples"
EXPLANATIONS_KEY = "explanations"
VERDICT = "verdict"
SPLIT = "eval"


class Executor(base_executor.BaseExecutor):
    """Explain a sample of the eval split."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `explanations.json`, `analysis.json` and `explained_rows.parquet`.

        Args:
            input_dict: `model`; `examples`, as ExampleGen writes them.
            output_dict: `explanations`.
            exec_properties: `explain_params`, an `ExplainParams` as JSON; `columns`, a JSON object
                with `label` and the lists `texts` and `slices`.
        """
        params = ExplainParams.model_validate_json(exec_properties[PARAMS_KEY])
        columns = _columns(exec_properties[COLUMNS_KEY])
        model = artifact_utils.get_single_instance(input_dict[MODEL_KEY])
        folder = artifact_utils.get_split_uri(input_dict[EXAMPLES_KEY], SPLIT)
        sample = choose_rows(folder, columns, params.rows)
        explainer = Explainer(
            path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
        )
        rows = [read_row(record, columns) for record in sample.chosen()]
        explained, faithfulness = explain_rows(explainer, rows, params)
        asked = Asked(
            split=SPLIT,
            classes=explainer.classes,
            texts=columns.texts,
            seen=sample.seen,
            steps=params.steps,
            min_rows=params.min_rows,
            top_words=params.top_words,
        )
        found = explanations(asked, explained, faithfulness)
        made = artifact_utils.get_single_instance(output_dict[EXPLANATIONS_KEY])
        _write(f"{made.uri}/{EXPLANATIONS_FILE}", as_json(found))
        _write(f"{made.uri}/{ANALYSIS_FILE}", analysis(found))
        with open_to_write(f"{made.uri}/{ROWS_FILE}") as file:
            file.write(rows_as_parquet(explained))
        made.set_string_custom_property(VERDICT, found.verdict)


def _columns(told: str) -> Columns:
    names = json.loads(told)
    return Columns(names["label"], tuple(names["texts"]), tuple(names["slices"]))


def _write(path: str, content: dict[str, Any]) -> None:
    with open_to_write(path) as file:
        file.write(f"{printable_json(content)}\n".encode())
