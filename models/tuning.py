"""What TFX's Tuner runs: a KerasTuner search over the hyperparameters of fine-tuning."""

import logging
from typing import Any, NamedTuple

import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FailedTrialError

from bert_aas.contracts.errors import InvalidInputError
from models.params import LABEL_VOCABULARY, TrainerParams, TrainParams, TuneParams
from models.training.divergence import DivergedError
from models.training.fitting import FitRequest, TrainingData, fit, load_data
from models.training.progress.progress_lines import PROGRESS_LOGGER
from models.training.run import checkpoint_dir, encoder_path, with_hyperparameters
from models.training.teaching.soft_labels import with_teacher

OBJECTIVE = "val_accuracy"

_logger = logging.getLogger(PROGRESS_LOGGER)


class TunerFnResult(NamedTuple):
    """What TFX's Tuner expects: a KerasTuner tuner and the arguments of its `search`."""

    tuner: keras_tuner.Tuner
    fit_kwargs: dict[str, Any]


class FineTuningTuner(keras_tuner.Tuner):
    """Try hyperparameters by running the project's own training loop.

    KerasTuner's own trial loop is tied to Keras 3 here, the encoder to Keras 2; a tuner that runs
    its trials itself needs neither.
    """

    def __init__(
        self, params: TrainerParams, data: TrainingData, num_classes: int, directory: str
    ) -> None:
        """Set the search up.

        Args:
            params: Search space and fixed parameters.
            data: The two splits.
            num_classes: Number of classes.
            directory: Folder for the trials.
        """
        self._params = params
        self._encoder_path = encoder_path(params)
        self._data = data
        self._num_classes = num_classes
        super().__init__(
            oracle=_oracle(params.tune, params.train),
            directory=directory,
            project_name="trials",
            overwrite=False,
        )

    def search(self, *args: Any, **kwargs: Any) -> None:
        """Search, and refuse a search space in which every training diverges.

        Args:
            *args: KerasTuner's.
            **kwargs: The same.

        Raises:
            InvalidInputError: If no trial came to an end.
        """
        super().search(*args, **kwargs)
        if all(trial.status != TrialStatus.COMPLETED for trial in self.oracle.trials.values()):
            raise InvalidInputError(
                f"all {self._params.tune.max_trials} trials diverged; lower `tune.learning_rate` "
                f"(it is {list(self._params.tune.learning_rate)})"
            )

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Train once with the trial's hyperparameters.

        Args:
            trial: KerasTuner's trial.
            *args: Unused; KerasTuner passes the arguments of `search`.
            **kwargs: The same.

        Returns:
            The objective: the best accuracy on the evaluation split.

        Raises:
            FailedTrialError: If the training diverged.
        """
        train = with_hyperparameters(self._params.train, trial.hyperparameters.get_config())
        _logger.info(
            "trial %s of %d · learning rate %.1e · dropout %.2f · batch size %d · epochs %d",
            trial.trial_id,
            self._params.tune.max_trials,
            train.learning_rate,
            train.dropout,
            train.batch_size,
            train.epochs,
        )
        directory = f"{self.get_trial_dir(trial.trial_id)}/checkpoints"
        request = FitRequest(self._encoder_path, self._params.encoder, train, directory)
        try:
            _, state = fit(request, self._data, self._num_classes)
        except DivergedError as exc:  # a bad trial, not a bad search
            _logger.warning("trial %s: %s", trial.trial_id, exc)
            if tf.io.gfile.exists(directory):
                tf.io.gfile.rmtree(directory)
            raise FailedTrialError(str(exc)) from exc
        best = max(epoch["val_accuracy"] for epoch in state.history)
        state.delete()
        return {OBJECTIVE: best}

    def _try_run_and_update_trial(self, trial: Any, *args: Any, **kwargs: Any) -> None:
        """Let a trial that fails end the search, unless it diverged.

        KerasTuner would choose among the others, and the cache would keep a choice that a full disk
        made. The next search goes on with this trial.
        """
        try:
            self._run_and_update_trial(trial, *args, **kwargs)
            trial.status = TrialStatus.COMPLETED
        except FailedTrialError as exc:
            trial.status, trial.message = TrialStatus.FAILED, str(exc)

    def load_model(self, trial: Any) -> Any:
        """Refuse: trials keep figures, not models; the Trainer trains the best one again.

        Args:
            trial: Unused.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("trials keep no models")


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Build the tuner for TFX.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config["params"]` holds `TrainerParams` as JSON.

    Returns:
        The tuner; its `search` takes no arguments.
    """
    params = TrainerParams.model_validate_json(fn_args.custom_config["params"])
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    classes = transform_output.vocabulary_by_name(LABEL_VOCABULARY)
    data = load_data(fn_args.train_files, fn_args.eval_files, len(classes))
    # A killed search goes on with the trials that are left: the folder outlives the execution.
    directory = checkpoint_dir(params, params.train, fn_args) + "-tuner"
    data = with_teacher(data, params, classes, directory)
    return TunerFnResult(FineTuningTuner(params, data, len(classes), directory), {})


def _oracle(tune: TuneParams, train: TrainParams) -> keras_tuner.Oracle:
    space = keras_tuner.HyperParameters()
    low, high = tune.learning_rate
    space.Float(
        "learning_rate", low, high, sampling="log", default=_clip(train.learning_rate, low, high)
    )
    low, high = tune.dropout
    space.Float("dropout", low, high, default=_clip(train.dropout, low, high))
    space.Choice("batch_size", list(tune.batch_size))
    space.Choice("epochs", list(tune.epochs))
    oracles = {
        "random": keras_tuner.oracles.RandomSearchOracle,
        "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    }
    return oracles[tune.algorithm](
        objective=keras_tuner.Objective(OBJECTIVE, "max"),
        max_trials=tune.max_trials,
        hyperparameters=space,
        seed=tune.seed,
        max_consecutive_failed_trials=tune.max_trials + 1,  # `search` has the last word
        tune_new_entries=False,
        allow_new_entries=False,
    )


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
