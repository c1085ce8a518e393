"""`tensorflow.serving.ModelService`: the state of models, and which ones to serve.

Source:
    TensorFlow Serving, `apis/model_service.proto`, `model_servers/model_service_impl.cc`.
"""

import time
from collections.abc import Callable
from typing import Any

from serving.data_plane import DataPlane
from serving.errors import Code, ServingError
from serving.grpc_api import messages
from serving.grpc_api.calls import Call
from serving.runtime.protos import load_protos
from serving.versions.model_config import to_configs

SERVICE = "tensorflow.serving.ModelService"

_RELOAD_IS_OFF = (
    "HandleReloadConfigRequest is switched off on this server (--enable_reload_config=false)."
)

ReadCounter = Callable[[str], int | None]


class ModelService:
    """The methods: each takes a request message and returns the answer or raises ServingError."""

    def __init__(
        self, plane: DataPlane, read_counter: ReadCounter, enable_reload: bool = True
    ) -> None:
        self._plane = plane
        self._read_counter = read_counter
        self._enable_reload = enable_reload
        self._protos = load_protos()

    def get_model_status(self, request: Any, call: Call) -> Any:
        """Answer `GetModelStatus`; a label is ignored, as upstream does."""
        response = self._protos.get_model_status_pb2.GetModelStatusResponse()
        query = messages.to_query(request)
        call.model_name = query.name
        for status in self._plane.statuses(query):
            messages.fill_status(response.model_version_status.add(), status)
        return response

    def handle_reload_config_request(self, request: Any, call: Call) -> Any:
        """Answer `HandleReloadConfigRequest`: serve these models, and only these."""
        if not self._enable_reload:
            raise ServingError(Code.UNIMPLEMENTED, _RELOAD_IS_OFF)
        before = {name: self._read_counter(name) for name in request.metric_names}
        timeout_s = None if call.deadline is None else call.deadline - time.monotonic()
        self._plane.reload(to_configs(request.config), timeout_s)
        response = self._protos.model_management_pb2.ReloadConfigResponse()
        response.status.error_code = int(Code.OK)
        for name, value in before.items():
            now = self._read_counter(name)
            if value is not None and now is not None:
                response.metric.add(name=name, int64_value_increase=now - value)
        return response
