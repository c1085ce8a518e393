"""The server's life: load, open the ports, serve, drain, stop."""

import logging
import threading
import time
from pathlib import Path

from serving.capture.capture_file import CaptureFile
from serving.capture.recorder import Recorder
from serving.config_poller import ConfigPoller
from serving.data_plane import DataPlane, ModelSummary
from serving.feedback.feedback import Feedback, FeedbackOptions, Taken
from serving.feedback.keeping import Keeper
from serving.listeners import Instruments, Listeners
from serving.loading import ModelLoader
from serving.observing.access_log import AccessLog
from serving.observing.metrics.monitoring_config import MonitoringOptions, read_monitoring_config
from serving.observing.metrics.server_metrics import ServerMetrics
from serving.observing.observer import Observer, Observers
from serving.observing.tracing import OpenTelemetryTracer, create_tracer
from serving.routing.router import Router, RoutingOptions
from serving.routing.traffic import Traffic
from serving.runtime.library import load_library
from serving.servables.model import TENSORFLOW
from serving.settings import ServerSettings
from serving.states import State
from serving.versions.model_config import ModelConfig, read_model_configs
from serving.versions.registry import LifecycleOptions, ModelRegistry
from serving.versions.repository import names_none

logger = logging.getLogger(__name__)

_TICK_S = 0.05
_WAITING_NOTICE_S = 2.0
_UNLOAD_S = 1.0  # at least, after the grace time
_MICROS = 1_000_000


class Server:
    """Models behind a REST and a gRPC port.

    The ports open only after the first versions have been loaded, as clients of TensorFlow Serving
    expect: a port that answers means models that answer.

    Attributes:
        settings: What to serve and where.
        plane: The models, as the transports see them.
        metrics: What Prometheus reads.
    """

    def __init__(self, settings: ServerSettings) -> None:
        """Put the parts together; `start` does the work.

        Args:
            settings: What to serve and where.

        Raises:
            SettingsError: If a configuration file cannot be used.
        """
        settings.validate()
        self.settings = settings
        self.metrics = ServerMetrics()
        tracer = create_tracer(settings.enable_tracing)
        observers: list[Observer] = [self.metrics]
        if settings.enable_access_log:
            observers.append(AccessLog())
        if isinstance(tracer, OpenTelemetryTracer):
            observers.append(tracer)
        observer = Observers(observers)
        configs = _model_configs(settings)
        self._configs = configs or []
        self._loader = ModelLoader(settings, observer)
        router = _router(settings)
        self._registry = ModelRegistry(
            self._loader.load,
            _lifecycle(settings),
            observer,
            self._loader.warm_up,
            names_none if router is None else router.versions,
        )
        self._traffic = None if router is None else Traffic(router, self._registry)
        if router is not None:
            self.metrics.watch_traffic(router.arms)
        feedback = _feedback(settings, router)
        self._keeper = _keeper(settings, feedback)
        self._recorder = Recorder(
            observer,
            _capture_file(settings),
            self._registry.logging_rules,
            feedback=feedback,
        )
        self._poller = _config_poller(settings, self._registry, was_empty=configs is None)
        shadow = None if self._traffic is None else self._traffic.shadow
        self.plane = DataPlane(self._registry, router, shadow)
        self.metrics.watch(self.plane.models)
        monitoring = _monitoring(settings)
        instruments = Instruments(
            observer,
            self.metrics.count_in_flight(tracer),
            monitoring.path if monitoring.enabled else None,
            self.metrics.render if monitoring.enabled else None,
            self.metrics.read_counter,
            self._recorder,
        )
        self._listeners = Listeners(self.plane, settings, instruments)
        self._idle = True

    @property
    def grpc_address(self) -> str:
        """`host:port` of gRPC; empty before the start."""
        return self._listeners.grpc_address

    @property
    def rest_address(self) -> str | None:
        """`host:port` of REST; None before the start and without REST."""
        return self._listeners.rest_address

    @property
    def sagemaker_address(self) -> str | None:
        """`host:port` of SageMaker's contract; None before the start and without it."""
        return self._listeners.sagemaker_address

    def start(self, stop_requested: threading.Event | None = None) -> bool:
        """Load the models and open the ports; wait while a model has no version yet.

        Args:
            stop_requested: Ends the waiting when it is set.

        Returns:
            Whether the ports are open; False only after a stop was requested.

        Raises:
            ServingError: If a model cannot be loaded or a port cannot be opened.
        """
        load_library()
        self._registry.apply(self._configs, at_startup=True)
        self._registry.start()
        if not self._wait_for_first_loads(stop_requested or threading.Event()):
            return False
        self._registry.require_available()
        self._recorder.start()
        if self._keeper is not None:
            self._keeper.start()
        self._listeners.open()
        if self._poller is not None:
            self._poller.start()
        if self._traffic is not None:
            self._traffic.start()
        return True

    def stop(self) -> None:
        """Close the ports, let requests in flight finish within the grace time, unload."""
        deadline = time.monotonic() + self.settings.shutdown_grace_s
        if self._poller is not None:
            self._poller.stop()
        if self._traffic is not None:
            self._traffic.stop()
        self._listeners.close()
        self._recorder.stop()
        if self._keeper is not None:
            self._keeper.stop()
        self._idle = self._registry.stop(max(_UNLOAD_S, deadline - time.monotonic()))
        if self._idle:
            self._loader.close()

    def is_busy(self) -> bool:
        """Tell whether requests still run after the stop, as those do that outlast its grace."""
        return not self._idle

    def describe(self) -> str:
        """Return the lines that tell a user what is served where, one per model."""
        summaries = self.plane.models()
        if not summaries:
            rest = "" if self.rest_address is None else f", REST http://{self.rest_address}"
            return f"Serving no model yet: gRPC {self.grpc_address}{rest}"
        return "\n".join(self._describe(summary) for summary in summaries)

    def _describe(self, summary: ModelSummary) -> str:
        available = [
            str(status.version) for status in summary.statuses if status.state is State.AVAILABLE
        ]
        versions = f"version{'s' * (len(available) > 1)} {', '.join(available)}"
        engines = sorted({status.engine for status in summary.statuses} - {"", TENSORFLOW})
        if engines:
            versions += f" on {' and '.join(engines)}"
        if not available:
            versions = "(no version asked for)"
        line = f"Serving model {summary.name} {versions}: gRPC {self.grpc_address}"
        if self.rest_address is not None:
            line += f", REST http://{self.rest_address}/v1/models/{summary.name}"
        if self.sagemaker_address is not None:
            line += f", SageMaker http://{self.sagemaker_address}/endpoints/{summary.name}"
        return line

    def _wait_for_first_loads(self, stop_requested: threading.Event) -> bool:
        said, notice_at = "", time.monotonic() + _WAITING_NOTICE_S
        while not self._registry.wait_for_first_loads(_TICK_S):
            if stop_requested.is_set():
                return False
            if time.monotonic() < notice_at:
                continue
            notice_at = time.monotonic() + _WAITING_NOTICE_S
            waits = self._registry.waits_for()
            if waits and waits != said:
                said = waits
                logger.info(
                    "Waiting for a first version of %s; the ports open when it is loaded.", waits
                )
        return True


def _model_configs(settings: ServerSettings) -> list[ModelConfig] | None:
    if settings.model_config_file is not None:
        return read_model_configs(settings.model_config_file)
    return [ModelConfig(settings.model_name, Path(settings.model_base_path or "").absolute())]


def _router(settings: ServerSettings) -> Router | None:
    file = settings.traffic_config_file
    if file is None:
        return None
    wait_s = settings.traffic_config_file_poll_wait_seconds
    return Router(RoutingOptions(file, settings.traffic_key_header, wait_s))


def _capture_file(settings: ServerSettings) -> CaptureFile | None:
    if settings.capture_config_file is None:
        return None
    wait_s = settings.capture_config_file_poll_wait_seconds
    return CaptureFile(settings.capture_config_file.absolute(), wait_s)


def _feedback(settings: ServerSettings, router: Router | None) -> Feedback | None:
    if not settings.feedback_max_answers:
        return None

    def observe(model: str, taken: Taken) -> None:
        if router is not None:
            router.reward(model, taken.version, taken.reward, taken.experiment)

    most, max_age_s = settings.feedback_max_answers, settings.feedback_max_age_seconds
    return Feedback(FeedbackOptions(most, max_age_s), observe)


def _keeper(settings: ServerSettings, feedback: Feedback | None) -> Keeper | None:
    if feedback is None or settings.feedback_state_file is None:
        return None
    keeper = Keeper(feedback, settings.feedback_state_file.absolute())
    keeper.read()
    return keeper


def _config_poller(
    settings: ServerSettings, registry: ModelRegistry, was_empty: bool
) -> ConfigPoller | None:
    if settings.model_config_file is None:
        return None
    wait_s = settings.model_config_file_poll_wait_seconds
    return ConfigPoller(settings.model_config_file, registry, wait_s, was_empty)


def _lifecycle(settings: ServerSettings) -> LifecycleOptions:
    allow = settings.allow_version_labels_for_unavailable_models
    return LifecycleOptions(
        poll_wait_s=settings.file_system_poll_wait_seconds,
        max_num_load_retries=settings.max_num_load_retries,
        load_retry_interval_s=settings.load_retry_interval_micros / _MICROS,
        allow_version_labels_for_unavailable_models=allow,
    )


def _monitoring(settings: ServerSettings) -> MonitoringOptions:
    if settings.monitoring_config_file is None:
        return MonitoringOptions()
    return read_monitoring_config(settings.monitoring_config_file)
