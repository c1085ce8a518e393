"""The work of the Registrar: gather what is known of the candidate, and register it."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from bert_aas.contracts.plain_text import printable_json
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.settings import run_user
from bert_aas.registry.statuses import REJECTED
from bert_aas.registry.versions import Candidate, Version
from components.registrar.driver import MODEL_KEY, TRAINING_KEY
from components.registrar.facts import machine_facts
from components.registrar.gathering import Gathered, gather
from components.registrar.params import (
    MODEL_URI,
    REASON,
    REGISTERED_MODEL,
    REGISTERED_STATUS,
    REGISTERED_VERSION,
    REGISTRY_URL,
    RegistrarParams,
)
from components.tfrecords import open_to_write

PARAMS_KEY = "registrar_params"
PARAMETERS_KEY = "parameters"
BLESSING_KEY = "blessing"
INFRA_KEY = "infra_blessing"
EVALUATION_KEY = "evaluation"
EXAMPLES_KEY = "examples"
SCHEMA_KEY = "schema"
MODEL_RUN_KEY = "model_run"
FILES_KEYS = ("bias_analysis", "model_bias_analysis", "explanations")
REGISTRATION_KEY = "registration"
REGISTRATION_FILE = "registration.json"
_BLESSED = "blessed"

Artifacts = dict[str, list[types.Artifact]]


class Executor(base_executor.BaseExecutor):
    """Register the candidate; what did not pass only where that is asked for."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Register the candidate, and write `registration.json`.

        Args:
            input_dict: As the component's contract says.
            output_dict: `registration`.
            exec_properties: `registrar_params`, a `RegistrarParams` as JSON; `parameters`, JSON;
                `training`, JSON, from the driver.
        """
        params = RegistrarParams.model_validate_json(exec_properties[PARAMS_KEY])
        passed, reason = _verdict(input_dict)
        made = artifact_utils.get_single_instance(output_dict[REGISTRATION_KEY])
        with tempfile.TemporaryDirectory() as folder:
            candidate = self._candidate(input_dict, exec_properties, params, Path(folder))
            registry = Registry(registry_place(params.url))
            version = None
            if passed or params.rejected:
                version = registry.register(candidate, figures=params.tracking)
            elif params.tracking:
                registry.track(candidate)
        model = artifact_utils.get_single_instance(input_dict[MODEL_KEY])
        _describe(made, params, version, reason)
        made.set_string_custom_property(MODEL_URI, model.uri)
        content = printable_json(_said(version, candidate)) + "\n"
        with open_to_write(f"{made.uri}/{REGISTRATION_FILE}") as file:
            file.write(content.encode())

    def _candidate(
        self, inputs: Artifacts, told: dict[str, Any], params: RegistrarParams, folder: Path
    ) -> Candidate:
        model = artifact_utils.get_single_instance(inputs[MODEL_KEY])
        source = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
        local = Path(source)
        if "://" in source:
            local = folder / "model"
            io_utils.copy_dir(source, str(local))
        passed, reason = _verdict(inputs)
        gathered = gather(inputs, params, folder)
        return Candidate(
            model=params.model,
            folder=local,
            source=source,
            run=self._run_id(),
            by=run_user(),
            reason=reason,
            status=params.status if passed else REJECTED,
            four_eyes=params.four_eyes,
            metrics=gathered.metrics,
            conditions=gathered.conditions,
            parameters=json.loads(told[PARAMETERS_KEY]),
            facts=_facts(gathered, params, json.loads(told.get(TRAINING_KEY) or "{}")),
            files=gathered.files,
            training=gathered.training,
        )

    def _run_id(self) -> str:
        return getattr(self._context, "_pipeline_run_id", None) or "unknown"


def _facts(gathered: Gathered, params: RegistrarParams, training: dict[str, str]) -> dict[str, str]:
    found = {
        **gathered.fingerprints,
        **training,
        **machine_facts(),
        **gathered.trained,
        "encoder_fingerprint": params.encoder,
        "serving_directory": params.serving_directory,
    }
    return {name: text for name, text in found.items() if text}


def _verdict(inputs: Artifacts) -> tuple[bool, str]:
    """Say whether the candidate passed both verdicts, and why or why not."""
    (blessing,), (infra,) = inputs[BLESSING_KEY], inputs[INFRA_KEY]
    passed = blessing.get_int_custom_property(_BLESSED) == 1
    if passed and infra.get_int_custom_property(_BLESSED) != 1:
        reason = infra.get_string_custom_property(REASON)
        return False, f"not servable: {reason}" if reason else "not servable"
    return passed, blessing.get_string_custom_property(REASON) or "it has no reason"


def _describe(
    made: types.Artifact, params: RegistrarParams, version: Version | None, reason: str
) -> None:
    made.set_string_custom_property(REGISTRY_URL, params.url)
    made.set_string_custom_property(REGISTERED_MODEL, params.model)
    made.set_int_custom_property(REGISTERED_VERSION, version.number if version else 0)
    made.set_string_custom_property(REGISTERED_STATUS, version.status if version else "")
    made.set_string_custom_property(REASON, reason)


def _said(version: Version | None, candidate: Candidate) -> dict[str, Any]:
    return {
        "model": candidate.model,
        "version": version.number if version else None,
        "status": version.status if version else None,
        "reason": candidate.reason,
        "content_sha256": version.content if version else None,
        "facts": dict(candidate.facts),
        "evidence": version.evidence if version else {},
    }
