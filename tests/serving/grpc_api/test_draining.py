from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from serving.grpc_api.draining import DrainingServer
from tests.serving.grpc_api.conftest import TIMEOUT_S


class Health:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


def repeating() -> Any:
    return grpc.unary_unary_rpc_method_handler(lambda request, _context: request * 2)


def test_a_server_with_health() -> None:
    health = Health()
    server = DrainingServer(grpc.server(ThreadPoolExecutor(2)), health)
    generic = grpc.method_handlers_generic_handler("a.Service", {"Twice": repeating()})
    server.add_generic_rpc_handlers((generic,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert health.calls == ["start"]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_unary("/a.Service/Twice")
        assert call(b"x", timeout=TIMEOUT_S) == b"xx"
    assert server.wait_for_termination(0.01)
    assert server.stop(TIMEOUT_S).wait(TIMEOUT_S)
    assert health.calls == ["start", "stop"]
    assert not server.wait_for_termination(TIMEOUT_S)
