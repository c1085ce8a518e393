"""What TFX's Trainer runs: fine-tune the classifier and export the SavedModel."""

import hashlib
import json
import time
from datetime import datetime, timezone
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from bert_aas.preparation.label_rules import LabelRules
from bert_aas.preparation.model_labels import LABEL_RULES_FILE
from models.encoders.declared_encoder import declared_encoder
from models.export.signatures import export_model
from models.params import LABEL_VOCABULARY, TrainerParams, TrainParams
from models.training.devices import machine
from models.training.fitting import FitRequest, fit, load_data
from models.training.precision import choose_precision
from models.training.teaching.soft_labels import with_teacher

HISTORY_FILE = "history.json"


def run_fn(fn_args: Any) -> None:
    """Train on the transformed splits and write the SavedModel.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config["params"]` holds `TrainerParams` as JSON, and
            `hyperparameters` what the Tuner found, if it ran.
    """
    started = time.monotonic()
    params = TrainerParams.model_validate_json(fn_args.custom_config["params"])
    train = with_hyperparameters(params.train, fn_args.hyperparameters)
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    classes = transform_output.vocabulary_by_name(LABEL_VOCABULARY)
    data = load_data(fn_args.train_files, fn_args.eval_files, len(classes))
    folder = checkpoint_dir(params, train, fn_args)
    request = FitRequest(
        encoder_path=encoder_path(params),
        encoder=params.encoder,
        train=train,
        checkpoint_dir=folder,
        log_dir=fn_args.model_run_dir,
    )
    data = with_teacher(data, params, classes, folder)
    model, state = fit(request, data, len(classes))
    _write_history(fn_args.model_run_dir, state.history, train, time.monotonic() - started)
    export_model(model, transform_output, params.features, fn_args.serving_model_dir)
    if params.label_rules is not None:
        _write_label_rules(params.label_rules, fn_args.serving_model_dir)
    state.delete()


def encoder_path(params: TrainerParams) -> str:
    """Find the encoder on this machine.

    Args:
        params: The parameters of the node.

    Returns:
        The folder of the TF-Hub module.

    Raises:
        InvalidInputError: If there is none, or it is not the one that the node was declared with.
    """
    return str(declared_encoder(params.encoder, params.encoder_fingerprint).path)


def with_hyperparameters(params: TrainParams, found: dict[str, Any] | None) -> TrainParams:
    """Replace hyperparameters by those that the Tuner found.

    Args:
        params: The configured values.
        found: KerasTuner's `HyperParameters.get_config()`, or `None`.

    Returns:
        The values to train with.
    """
    if not found:
        return params
    names = TrainParams.model_fields
    values = {name: value for name, value in found["values"].items() if name in names}
    return TrainParams.model_validate({**params.model_dump(), **values})


def checkpoint_dir(params: TrainerParams, train: TrainParams, fn_args: Any) -> str:
    """Name the folder of a training's checkpoints after everything that makes it what it is.

    Args:
        params: The parameters of the node.
        train: The hyperparameters, tuned ones replaced.
        fn_args: TFX's `FnArgs`: the files and the transform graph.

    Returns:
        A folder that the same training finds again after it was killed, and no other one.
    """
    identity = [
        params.as_json(),
        train.model_dump_json(),
        choose_precision(train.precision),  # a loss scale is a part of the checkpoints
        fn_args.train_files,
        fn_args.eval_files,
        fn_args.transform_graph_path,
    ]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return f"{params.checkpoint_root}/{digest[:16]}"


def _write_label_rules(rules: LabelRules, model: str) -> None:
    path = f"{model}/{LABEL_RULES_FILE}"
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(rules.model_dump_json(indent=2) + "\n")


def _write_history(
    directory: str, epochs: list[dict[str, float]], train: TrainParams, seconds: float
) -> None:
    tf.io.gfile.makedirs(directory)
    unused = {"teacher", "distillation"} if train.teacher is None else set()
    content = {
        "epochs": epochs,
        "hyperparameters": train.model_dump(mode="json", exclude=unused),
        "precision": choose_precision(train.precision),
        # Where a service runs the nodes, nothing but this artifact knows of them.
        "training": {
            "trained_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "training_seconds": round(seconds, 1),
            "machine": machine(),
        },
    }
    with tf.io.gfile.GFile(f"{directory}/{HISTORY_FILE}", "w") as file:
        file.write(json.dumps(content, indent=2))
