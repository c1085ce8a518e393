"""The settings of the server; the only module of `serving` that reads the environment.

Each field of `ServerSettings` is a flag of the command line: its name, type, default and help are
written here and nowhere else.
"""

import contextlib
import dataclasses
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from bert_aas.traffic.plans.values import HEADER_NAME
from serving.errors import SettingsError

_MAX_PORT = 65535
_MAX_SOCKET_PATH = 107  # `sun_path` of Linux without its last byte
_MIB = 1024 * 1024

ENGINES = ("auto", "tensorflow", "openvino")
RESPONSE_KEYS = ("predicted_label", "probability", "probabilities", "labels")
"""What an answer to a row may hold. Source: Autopilot's `inference_response_keys`."""
LOG_LEVELS = ("debug", "info", "warning", "error")


def flag(default: Any, text: str) -> Any:
    """Declare a flag.

    Args:
        default: Its default value.
        text: Its help.

    Returns:
        A dataclass field.
    """
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class ServerSettings:
    """Settings of one server process; names and defaults follow `tensorflow_model_server`.

    Source:
        TensorFlow Serving, `model_servers/main.cc`; the last block is ours.
    """

    model_base_path: Path | None = flag(
        None, "Folder of the version folders (1, 2, ...); the highest number is served."
    )
    model_name: str = flag("default", "Name by which clients ask for the model.")
    model_config_file: Path | None = flag(
        None, "Text file (ModelServerConfig) with all models; replaces the two flags above."
    )
    model_config_file_poll_wait_seconds: int = flag(
        0, "Pause between two checks of the model config file; 0 reads it only once."
    )
    file_system_poll_wait_seconds: float = flag(
        1.0,
        ("Pause between two searches for new versions; 0 searches only once, less than 0 never."),
    )
    max_num_load_retries: int = flag(
        0, "How often a load that failed is tried again while its folder stays the same."
    )
    load_retry_interval_micros: int = flag(60_000_000, "Pause between these tries, microseconds.")
    allow_version_labels_for_unavailable_models: bool = flag(
        False, "Let a new label point to a version that is not available yet."
    )
    saved_model_tags: str = flag("serve", "Tags of the meta graph to load, with commas between.")

    prefer_tflite_model: bool = flag(
        False, "Serve model.tflite of a version folder that has one, in place of the SavedModel."
    )

    port: int = flag(8500, "gRPC port; 0 picks a free one.")
    rest_api_port: int | None = flag(8501, "REST port; 0 means no REST.")
    rest_api_num_threads: int = flag(
        0, "Threads that answer REST requests; 0: as many as --max_concurrent_requests."
    )
    rest_api_timeout_in_ms: int = flag(30_000, "Longest time of a REST request, milliseconds.")
    rest_api_enable_cors_support: bool = flag(False, "Send CORS headers with REST answers.")
    grpc_socket_path: str = flag("", "Listen for gRPC on this UNIX socket, too.")
    grpc_max_threads: int = flag(
        0, "Threads that answer gRPC requests; 0: as many as --max_concurrent_requests."
    )
    grpc_channel_arguments: str = flag("", "gRPC server arguments as key=value, comma-separated.")
    ssl_config_file: Path | None = flag(None, "Text file (SSLConfig) with gRPC's certificates.")
    enable_grpc_healthcheck_service: bool = flag(False, "Offer grpc.health.v1.Health.")
    enable_profiler: bool = flag(True, "Offer tensorflow.ProfilerService on the gRPC port.")
    enable_signature_method_name_check: bool = flag(
        False, "Classify and Regress accept only signatures of that method name."
    )
    enable_serialization_as_tensor_content: bool = flag(
        False, "gRPC answers carry tensor_content instead of typed values."
    )

    enable_batching: bool = flag(False, "Batch requests of models that are no text classifiers.")
    batching_parameters_file: Path | None = flag(None, "Text file (BatchingParameters).")
    enable_per_model_batching_parameters: bool = flag(
        False, "Read batching_params.pbtxt from each version folder."
    )
    enable_model_warmup: bool = flag(True, "Replay a version's warm-up requests before it serves.")
    num_request_iterations_for_warmup: int = flag(
        0, "How often each warm-up request is replayed; 0 means once."
    )
    monitoring_config_file: Path | None = flag(None, "Text file (MonitoringConfig) for Prometheus.")
    tensorflow_session_parallelism: int = flag(
        0, "Threads of TensorFlow, for both kinds below; 0 lets TensorFlow choose."
    )
    tensorflow_intra_op_parallelism: int = flag(0, "Threads that share one operation.")
    tensorflow_inter_op_parallelism: int = flag(0, "Operations that run at once.")
    per_process_gpu_memory_fraction: float = flag(
        0.0, "Share of each GPU's memory to take at once; 0 takes it as needed."
    )

    host: str = flag("127.0.0.1", "Address to listen on; 0.0.0.0 for all.")
    rest_api_keep_alive_s: float = flag(
        75.0, "How long an idle REST connection stays open after an answer, seconds."
    )
    max_request_bytes: int = flag(16 * _MIB, "Largest body of a request, bytes, uncompressed.")
    max_concurrent_requests: int = flag(
        512, "Requests in flight on either port; more are refused at once."
    )
    shutdown_grace_s: float = flag(
        30.0, "How long requests in flight may take to finish after SIGTERM, seconds."
    )
    enable_reload_config: bool = flag(
        True, "Let gRPC clients change which models are served (HandleReloadConfigRequest)."
    )
    enable_text_batching: bool = flag(
        True, "Batch the texts that wait at the same time by length; a lone text never waits."
    )
    max_batch_tokens: int = flag(512, "Tokens of a text batch, padding counted.")
    engine: str = flag(
        "auto",
        ("Engine that classifies texts: tensorflow, openvino, or auto (OpenVINO where possible)."),
    )
    max_queued_texts: int = flag(4096, "Texts that may wait; more are refused at once.")
    verify_key: Path | None = flag(
        None,
        (
            "File with a public key, PEM: load only versions that are signed with its private key "
            "and unchanged since."
        ),
    )
    traffic_config_file: Path | None = flag(
        None,
        (
            "File with plans of traffic (JSON, or YAML with PyYAML): which versions share the "
            "requests that name none. It need not be there yet."
        ),
    )
    traffic_config_file_poll_wait_seconds: float = flag(
        1.0, "Pause between two checks of the traffic config file; 0 reads it only once."
    )
    traffic_key_header: str = flag(
        "X-Session-Id",
        (
            "Header or gRPC metadata whose value decides on the version, where the plan names no "
            "other; without it the text decides."
        ),
    )
    cache_size: int = flag(
        0,
        (
            "Number of answers to keep for repeated texts, per version of a text "
            "classifier; 0: none."
        ),
    )
    capture_config_file: Path | None = flag(
        None, "JSON file that says which requests are written down, and where."
    )
    capture_config_file_poll_wait_seconds: float = flag(
        5.0, "Pause between two checks of the capture config file; 0 reads it only once."
    )
    feedback_max_answers: int = flag(
        0, "Answers that feedback is taken for, the last ones (POST .../MODEL:feedback); 0: none."
    )
    feedback_max_age_seconds: float = flag(
        86_400.0, "How long feedback for an answer is taken, in seconds."
    )
    feedback_state_file: Path | None = flag(
        None, "File in which the counts of feedback outlive the server; it need not be there yet."
    )
    sagemaker_port: int | None = flag(
        None,
        "Port of SageMaker's contract: /ping, /invocations, /endpoints/NAME/invocations; 0: none.",
    )
    sagemaker_response_keys: str = flag(
        "predicted_label",
        (
            "What the answers to a CSV hold, with commas between: predicted_label, probability, "
            "probabilities, labels."
        ),
    )
    sagemaker_script_workers: int = flag(
        0, "Most processes of one model's inference.py; 0: as many as CPUs."
    )
    sagemaker_script_memory_mb: int = flag(4096, "Most memory of such a process, MiB; 0: no limit.")
    text_batch_workers: int = flag(0, "Text batches that run at once; 0 chooses by the CPUs.")
    log_level: str = flag(
        "info", "Lowest level of the lines on standard error: debug, info, warning or error."
    )
    enable_access_log: bool = flag(False, "Print a JSON line per request; it holds no texts.")
    enable_tracing: bool = flag(
        False, "Send OpenTelemetry traces, as the OTEL_* variables of the environment say."
    )

    @property
    def response_keys(self) -> tuple[str, ...]:
        """What the answers to a CSV on the SageMaker port hold."""
        parts = (part.strip() for part in self.sagemaker_response_keys.split(","))
        return tuple(part for part in parts if part)

    def validate(self) -> None:
        """Check the values against each other and against the disk.

        Raises:
            SettingsError: If a value cannot work; the message names the flag.
        """
        if self.model_config_file is None:
            self._check_single_model()
        for name, text in _FILES.items():
            path = getattr(self, name)
            if path is not None:
                _check_file(name, path, text)
        self._check_ports()
        self._check_response_keys()
        self._check_socket()
        self._check_traffic()
        self._check_ranges()
        _check_word("engine", self.engine, ENGINES)
        _check_word("log_level", self.log_level.lower(), LOG_LEVELS)

    def _check_single_model(self) -> None:
        if not self.model_name:
            raise SettingsError("--model_name is empty; give the name clients will ask for.")
        if self.model_base_path is None:
            raise SettingsError(
                "There is no model: give --model_base_path, the folder that holds the version "
                "folders (1, 2, ...), or --model_config_file."
            )
        with contextlib.suppress(OSError):  # what cannot be looked at yet is waited for
            if not stat.S_ISDIR(self.model_base_path.stat().st_mode):
                raise SettingsError(
                    f"--model_base_path {self.model_base_path} is not a folder; give the folder "
                    "that holds the version folders (1, 2, ...)."
                )

    def _check_ports(self) -> None:
        names = ("port", "rest_api_port", "sagemaker_port")
        ports = {f"--{name}": getattr(self, name) or 0 for name in names}
        for name, port in ports.items():
            if not 0 <= port <= _MAX_PORT:
                raise SettingsError(f"{name} is {port}; allowed are 0 to {_MAX_PORT}.")
        for one, other in combinations(ports, 2):
            if ports[one] and ports[one] == ports[other]:
                raise SettingsError(
                    f"{one} and {other} are both {ports[one]}; give two different ports."
                )

    def _check_response_keys(self) -> None:
        unknown = [key for key in self.response_keys if key not in RESPONSE_KEYS]
        if unknown or not self.response_keys:
            raise SettingsError(
                f"--sagemaker_response_keys is {self.sagemaker_response_keys!r}; allowed are "
                f"{', '.join(RESPONSE_KEYS)}, with commas between."
            )

    def _check_socket(self) -> None:
        if not self.grpc_socket_path:
            return
        if len(os.fsencode(self.grpc_socket_path)) > _MAX_SOCKET_PATH:
            raise SettingsError(
                f"--grpc_socket_path {self.grpc_socket_path} is too long; a socket's path has at "
                f"most {_MAX_SOCKET_PATH} bytes."
            )
        folder = Path(self.grpc_socket_path).parent
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises without rights
            raise SettingsError(
                f"--grpc_socket_path {self.grpc_socket_path}: {folder} is not a folder that can be "
                "reached; make it first."
            )

    def _check_traffic(self) -> None:
        file = self.traffic_config_file
        if file is not None and not os.path.isdir(file.parent):  # noqa: PTH112 - Path.is_dir raises
            raise SettingsError(
                f"--traffic_config_file {file}: {file.parent} is not a folder that can be reached; "
                "make it first."
            )
        if file is not None and os.path.isdir(file):  # noqa: PTH112
            raise SettingsError(f"--traffic_config_file {file} is a folder; give a file of plans.")
        if not HEADER_NAME.fullmatch(self.traffic_key_header):
            raise SettingsError(
                f"--traffic_key_header is {self.traffic_key_header!r}; give the name of a header."
            )

    def _check_ranges(self) -> None:
        for name, lowest in _LOWEST.items():
            if not lowest <= getattr(self, name) < float("inf"):  # nor is it NaN
                raise SettingsError(
                    f"--{name} is {getattr(self, name)}; it must be at least {lowest}."
                )
        if not 0 <= self.per_process_gpu_memory_fraction <= 1:
            raise SettingsError(
                f"--per_process_gpu_memory_fraction is {self.per_process_gpu_memory_fraction}; "
                "allowed are 0 to 1."
            )
        if self.batching_parameters_file is not None and not self.enable_batching:
            raise SettingsError(
                "--batching_parameters_file is set but --enable_batching is not; set both or "
                "neither."
            )


def _check_word(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise SettingsError(f"--{name} is {value!r}; allowed are {', '.join(allowed)}.")


def _check_file(name: str, path: Path, text: str) -> None:
    """Refuse what cannot be read as a file; a pipe of the shell can."""
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as exc:
        raise SettingsError(
            f"--{name} {path} cannot be read: {exc.strerror}; give {text}."
        ) from exc
    if is_folder:
        raise SettingsError(f"--{name} {path} is a folder; give {text}.")


_FILES = {
    "verify_key": "a file with a public key",
    "model_config_file": "a text file with a ModelServerConfig",
    "ssl_config_file": "a text file with an SSLConfig",
    "batching_parameters_file": "a text file with BatchingParameters",
    "monitoring_config_file": "a text file with a MonitoringConfig",
    "capture_config_file": "a JSON file",
}
_SHOWN = frozenset(
    {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
)
_SHOWN_PREFIXES = ("LC_", "OMP_", "SAGEMAKER_", "SM_", "TF_")
_LOWEST = {
    "traffic_config_file_poll_wait_seconds": 0,
    "model_config_file_poll_wait_seconds": 0,
    "capture_config_file_poll_wait_seconds": 0,
    "feedback_max_answers": 0,
    "feedback_max_age_seconds": 0,
    "max_num_load_retries": 0,
    "load_retry_interval_micros": 0,
    "rest_api_num_threads": 0,
    "rest_api_timeout_in_ms": 1,
    "rest_api_keep_alive_s": 1,
    "grpc_max_threads": 0,
    "num_request_iterations_for_warmup": 0,
    "tensorflow_session_parallelism": 0,
    "tensorflow_intra_op_parallelism": 0,
    "tensorflow_inter_op_parallelism": 0,
    "max_request_bytes": 1,
    "max_concurrent_requests": 1,
    "shutdown_grace_s": 0,
    "max_batch_tokens": 1,
    "max_queued_texts": 1,
    "cache_size": 0,
    "text_batch_workers": 0,
    "sagemaker_script_workers": 0,
    "sagemaker_script_memory_mb": 0,
}


def flags() -> tuple[dataclasses.Field[Any], ...]:
    """Return the fields of `ServerSettings`: name, type, default, and help in the metadata."""
    return dataclasses.fields(ServerSettings)


def script_environment() -> dict[str, str]:
    """Return what the code of a model's `inference.py` sees of the environment; no secrets."""
    names = (name for name in os.environ if name in _SHOWN or name.startswith(_SHOWN_PREFIXES))
    return {name: os.environ[name] for name in names}


def silence_tensorflow() -> bool:
    """Mute TensorFlow's C++ start-up messages; has an effect only before TensorFlow is loaded.

    A level that the user has set in `TF_CPP_MIN_LOG_LEVEL` stays. gRPC, which warns whenever a
    library starts a process, is told that nothing is forked to go on with it.

    Returns:
        Whether TensorFlow is to be mute: false for the level 0.
    """
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    return os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0"
