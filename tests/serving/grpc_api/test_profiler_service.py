from typing import Any

import grpc
import pytest

from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.profiler_messages import profiler_messages
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    error_of,
    floats,
    predict_request,
    serving_grpc,
)

MESSAGES = profiler_messages()
SERVICE = "/tensorflow.ProfilerService"
LONG_MS = 300_000  # until something ends it
WITH_PROFILER = GrpcOptions(enable_profiler=True)


@pytest.fixture
def channel(plane: Any) -> Any:
    with serving_grpc(plane, WITH_PROFILER) as address, grpc.insecure_channel(address) as opened:
        yield opened


def call(channel: Any, name: str, request: Any, answer: str) -> Any:
    method = channel.unary_unary(
        f"{SERVICE}/{name}", type(request).SerializeToString, getattr(MESSAGES, answer).FromString
    )
    return method.future(request, timeout=TIMEOUT_S)


def profile(channel: Any, duration_ms: int, session_id: str = "") -> Any:
    request = MESSAGES.ProfileRequest(duration_ms=duration_ms, session_id=session_id)
    return call(channel, "Profile", request, "ProfileResponse")


def terminate(channel: Any, session_id: str) -> Any:
    request = MESSAGES.TerminateRequest(session_id=session_id)
    return call(channel, "Terminate", request, "TerminateResponse")


def wait_until_active(channel: Any, session_id: str | None) -> None:
    """Ask for the end of another session; the refusal names the active one."""
    while not error_of(terminate(channel, "other").result)[1].endswith(
        f"active is {session_id!r}."
    ):
        pass


def test_a_trace_holds_what_ran(channel: Any) -> None:
    stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
    traced = profile(channel, LONG_MS, "s")
    wait_until_active(channel, "s")
    stub.Predict(predict_request("hp", x=floats(2.0)), timeout=TIMEOUT_S)
    terminate(channel, "s").result()
    response = traced.result()
    (tool,) = response.tool_data
    assert (tool.name, response.empty_trace) == ("xplane.pb", False)
    assert b"SessionRun" in tool.data


def test_a_trace_ends_by_itself(channel: Any) -> None:
    assert profile(channel, 1).result().tool_data[0].name == "xplane.pb"


def test_one_session_at_a_time(channel: Any) -> None:
    traced = profile(channel, LONG_MS, "s")
    wait_until_active(channel, "s")
    code, text = error_of(profile(channel, 1).result)
    assert (code, text) == ("ALREADY_EXISTS", "Another profiling session is active.")
    terminate(channel, "s").result()
    assert traced.result().tool_data


def test_a_session_ends_when_its_client_leaves(channel: Any) -> None:
    traced = profile(channel, LONG_MS, "s")
    wait_until_active(channel, "s")
    traced.cancel()
    wait_until_active(channel, None)
    assert profile(channel, 1, "t").result().tool_data


def test_a_session_that_is_not_there(channel: Any) -> None:
    code, text = error_of(terminate(channel, "s").result)
    assert (code, text) == ("NOT_FOUND", "There is no profiling session 's'; active is None.")


def test_a_day_of_tracing_is_refused(channel: Any) -> None:
    code, text = error_of(profile(channel, 86_400_000).result)
    assert (code, text[:26]) == ("INVALID_ARGUMENT", "duration_ms is 86400000; a")


def test_monitor_is_not_implemented(channel: Any) -> None:
    method = channel.unary_unary(f"{SERVICE}/Monitor")
    assert error_of(lambda: method(b"", timeout=TIMEOUT_S))[0] == "UNIMPLEMENTED"
