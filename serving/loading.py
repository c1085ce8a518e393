"""Loads and warms versions the way the settings say: the SavedModel, its batching, its warm-up."""

import os
from dataclasses import replace
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.signing import FolderVerifier, SignatureError
from serving.batching.generic import GenericBatcher
from serving.batching.parameters import BatchingParameters, read_batching_parameters
from serving.batching.text import TextBatchingOptions, wrap_text_model
from serving.engines.text_model import with_engine
from serving.errors import Code, ServingError, SettingsError
from serving.observing.observer import Observer
from serving.runtime.session import SessionOptions
from serving.scripts.script import ScriptOptions, find_script
from serving.servables.answer_cache import cache_answers
from serving.servables.model import LoadedModel
from serving.servables.saved_model import load_saved_model
from serving.servables.warmup import replay_warmup
from serving.settings import ServerSettings, script_environment
from serving.tflite import TFLITE_FILE

_MIB = 1024 * 1024
_PER_MODEL_PARAMETERS = "batching_params.pbtxt"


class ModelLoader:
    """`load` is a `LoadVersion`, `warm_up` a `WarmUp` of the registry."""

    def __init__(self, settings: ServerSettings, observer: Observer) -> None:
        """Read the batching parameters and the key for signatures.

        Args:
            settings: How to load.
            observer: Told about batches.

        Raises:
            SettingsError: If the batching parameters or the key for signatures cannot be used.
        """
        self._settings = settings
        self._observer = observer
        parameters = BatchingParameters()
        if settings.batching_parameters_file is not None:
            parameters = read_batching_parameters(settings.batching_parameters_file)
        self._batcher = GenericBatcher(parameters, observer)
        self._verifier = _verifier(settings.verify_key) if settings.verify_key else None

    def load(self, name: str, version: int, path: Path) -> LoadedModel:
        """Load one version.

        Args:
            name: The model's name.
            version: The version's number.
            path: The version folder.

        Returns:
            The model behind its batching.

        Raises:
            ServingError: If it cannot be loaded; FAILED_PRECONDITION if it is not signed, or not as
                it was signed.
        """
        if self._verifier is not None:
            _verify(self._verifier, path)
        model = self._load(name, version, path)
        try:
            model = self._with_batching(model, path)
            return self._with_script(self._with_cache(model), path)
        except BaseException:
            model.close()  # with all that it stands on
            raise

    def warm_up(self, model: LoadedModel, path: Path) -> int:
        """Replay the warm-up requests of a version, unless the settings say no.

        Args:
            model: The loaded version.
            path: Its folder.

        Returns:
            How many there were.

        Raises:
            ServingError: If one fails, or their file cannot be read.
        """
        if not self._settings.enable_model_warmup:
            return 0
        return replay_warmup(model, path, self._settings.num_request_iterations_for_warmup or 1)

    def close(self) -> None:
        """End the threads that batches share."""
        self._batcher.close()

    def _load(self, name: str, version: int, path: Path) -> LoadedModel:
        if self._settings.prefer_tflite_model and (path / TFLITE_FILE).exists():
            from serving.tflite.model import load_tflite_model  # few servers need it

            return load_tflite_model(name, version, path)
        tags = self._settings.saved_model_tags.split(",")
        model = load_saved_model(name, version, path, tags, self._session_options())
        try:
            return with_engine(model, path, self._settings.engine)
        except BaseException:
            model.close()
            raise

    def _session_options(self) -> SessionOptions:
        settings = self._settings
        both = settings.tensorflow_session_parallelism
        return SessionOptions(
            intra_op_threads=settings.tensorflow_intra_op_parallelism or both,
            inter_op_threads=settings.tensorflow_inter_op_parallelism or both,
            gpu_memory_fraction=settings.per_process_gpu_memory_fraction,
        )

    def _with_batching(self, model: LoadedModel, path: Path) -> LoadedModel:
        settings = self._settings
        if settings.enable_text_batching:
            batched = wrap_text_model(model, self._text_options(model), self._observer)
            if batched is not model:
                return batched
        if not settings.enable_batching:
            return model
        own = path / _PER_MODEL_PARAMETERS
        if settings.enable_per_model_batching_parameters and own.is_file():
            return self._batcher.wrap(model, read_batching_parameters(own))
        return self._batcher.wrap(model)

    def _with_cache(self, model: LoadedModel) -> LoadedModel:
        size = self._settings.cache_size
        return cache_answers(model, size, self._observer) if size else model

    def _with_script(self, model: LoadedModel, path: Path) -> LoadedModel:
        """Start the model's `inference.py`, if there is one and a port that asks it."""
        if self._settings.sagemaker_port is None:
            return model
        place = find_script(path, with_parent=self._verifier is None)
        if place is None:
            return model
        from serving.scripts.pool import ScriptPool  # few servers need it

        pool = ScriptPool(model.name, place, _script_options(self._settings))
        pool.start()

        def close() -> None:
            pool.close()
            model.close()

        return replace(model, script=pool, close=close)

    def _text_options(self, model: LoadedModel) -> TextBatchingOptions:
        options = TextBatchingOptions(
            max_batch_tokens=self._settings.max_batch_tokens,
            max_queued_rows=self._settings.max_queued_texts,
        )
        workers = self._settings.text_batch_workers or model.parallel_runs
        return replace(options, workers=workers) if workers else options


def _script_options(settings: ServerSettings) -> ScriptOptions:
    host = settings.host if settings.host != "0.0.0.0" else "127.0.0.1"  # noqa: S104 - compared
    port = settings.rest_api_port
    return ScriptOptions(
        workers=settings.sagemaker_script_workers or len(os.sched_getaffinity(0)),
        memory_bytes=settings.sagemaker_script_memory_mb * _MIB,
        environment=script_environment(),
        rest_url=f"http://{host}:{port}" if port else "",
    )


def _verifier(key: Path) -> FolderVerifier:
    try:
        return FolderVerifier(key)
    except InvalidInputError as exc:
        raise SettingsError(f"--verify_key: {exc}.") from exc


def _verify(verifier: FolderVerifier, path: Path) -> None:
    try:
        verifier.verify(path)
    except SignatureError as exc:
        raise ServingError(Code.FAILED_PRECONDITION, str(exc)) from exc
