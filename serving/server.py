"""The server's life: load, open the ports, serve, drain, stop."""

import logging
import threading
import time

from serving.data_plane import DataPlane
from serving.listeners import Listeners
from serving.repository import ModelRepository
from serving.saved_model import load_saved_model
from serving.settings import ServerSettings
from serving.tensorflow_runtime import load_tensorflow

logger = logging.getLogger(__name__)

_TICK_S = 0.05
_WAITING_NOTICE_S = 2.0


class Server:
    """One server: a model repository behind a REST and a gRPC port.

    The ports open only after the first version has been loaded, as clients of TensorFlow Serving
    expect: a port that answers means a model that answers.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.repository = ModelRepository(
            settings.model_name,
            settings.model_base_path,
            load_saved_model,
            settings.file_system_poll_wait_seconds,
        )
        self._listeners = Listeners(DataPlane({settings.model_name: self.repository}), settings)

    @property
    def grpc_address(self) -> str:
        """`host:port` of gRPC; empty before the start."""
        return self._listeners.grpc_address

    @property
    def rest_address(self) -> str | None:
        """`host:port` of REST; None before the start and without REST."""
        return self._listeners.rest_address

    def start(self, stop_requested: threading.Event | None = None) -> bool:
        """Load the latest version and open the ports; wait while there is no version yet.

        Args:
            stop_requested: Ends the waiting when it is set.

        Returns:
            Whether the ports are open; False only after a stop was requested.

        Raises:
            SettingsError: If the settings cannot work.
            ServingError: If the version cannot be loaded or a port cannot be opened.
        """  # noqa: DOC502 - raised by what it calls
        self.settings.validate()
        load_tensorflow()
        self.repository.start()
        if not self._wait_for_first_load(stop_requested or threading.Event()):
            return False
        self.repository.require_available()
        self._listeners.open()
        return True

    def stop(self) -> None:
        """Close the ports, let requests in flight finish within the grace time, stop polling."""
        self._listeners.close()
        self.repository.stop(self.settings.shutdown_grace_s)

    def describe(self) -> str:
        """Return the line that tells a user what is served where."""
        name = self.settings.model_name
        with self.repository.acquire() as model:
            line = f"Serving model {name} version {model.version}: gRPC {self.grpc_address}"
        if self.rest_address is not None:
            line += f", REST http://{self.rest_address}/v1/models/{name}"
        return line

    def _wait_for_first_load(self, stop_requested: threading.Event) -> bool:
        notice_at = time.monotonic() + _WAITING_NOTICE_S
        while not self.repository.wait_for_first_load(_TICK_S):
            if stop_requested.is_set():
                return False
            if time.monotonic() > notice_at and not self.repository.has_versions():
                notice_at = float("inf")
                logger.warning(
                    "%s holds no version folder yet; the ports open when one is loaded.",
                    self.settings.model_base_path,
                )
        return True
