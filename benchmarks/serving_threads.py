"""Compare servers that differ in their threads alone: many clients, and large requests.

The servers take turns. Clients send single texts, each the next one after its answer, dozens or
hundreds of them at once, over REST and gRPC. Then large requests are under way, and single texts
are asked one after another.

Usage: python -m benchmarks.serving_threads [--model-dir output/demo/serving_model]
"""

import argparse
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.chosen_models import small_model
from benchmarks.corpora import load_corpora
from benchmarks.figures import machine, percentile, spread, summary, table, write_json
from benchmarks.http_load import Load, ask, post, run_load
from benchmarks.rungs import NAME, Rung, served_rung
from serving.runtime.protos import load_protos

TRANSPORTS = ("rest", "grpc")
CHANNELS = 8  # connections that the clients of gRPC share
METHOD = "/tensorflow.serving.PredictionService/Predict"
TIMEOUT_S = 300.0
SETTLE_S = 1.0
MS = 1000
KIB = 1024


class RestClients:
    """Clients over REST."""

    def __init__(self, rung: Rung) -> None:
        """Take a server."""
        self._port = rung.port

    def request(self, texts: Sequence[str]) -> bytes:
        """Write a request."""
        body = json.dumps({"instances": list(texts)}).encode()
        return post(f"/v1/models/{NAME}:predict", body)

    def ask(self, request: bytes) -> None:
        """Send a request and wait for its answer."""
        ask(self._port, request)

    def run_load(self, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
        """Keep a request of each client in flight; see `http_load.run_load`."""
        return run_load(self._port, requests, clients, seconds)

    def close(self) -> None:
        """Hang up: each load has done so."""


class GrpcClients:
    """Clients over gRPC that send prepared messages."""

    def __init__(self, rung: Rung) -> None:
        """Connect to a server."""
        import grpc

        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
        address = f"127.0.0.1:{rung.grpc_port}"
        self._channels = [grpc.insecure_channel(address, options) for _ in range(CHANNELS)]
        self._calls: list[Any] = [channel.unary_unary(METHOD) for channel in self._channels]

    def request(self, texts: Sequence[str]) -> bytes:
        """Write a message."""
        protos = load_protos()
        request = protos.predict_pb2.PredictRequest()
        request.model_spec.name = NAME
        tensor = request.inputs["text"]
        tensor.dtype = protos.types_pb2.DT_STRING
        tensor.tensor_shape.dim.add(size=len(texts))
        tensor.string_val.extend(text.encode() for text in texts)
        return bytes(request.SerializeToString())

    def ask(self, request: bytes) -> None:
        """Send a message and wait for its answer."""
        self._calls[0](request, timeout=TIMEOUT_S)

    def run_load(self, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
        """Keep a message of each client in flight; each next one follows an answer.

        Args:
            requests: Sent in order, again and again.
            clients: How many.
            seconds: How long.

        Returns:
            Answers that came in time.

        Raises:
            SystemExit: If the last answers do not come.
        """
        load, following = Load(seconds), itertools.cycle(requests)
        left, ended = itertools.count(1), threading.Event()
        end = time.perf_counter() + seconds

        def send(number: int) -> None:
            started = time.perf_counter()
            call = self._calls[number % CHANNELS].future(next(following), timeout=TIMEOUT_S)
            call.add_done_callback(lambda done: answered(done, number, started))

        def answered(done: Any, number: int, started: float) -> None:
            now = time.perf_counter()
            if done.code().name == "OK" and now < end:
                load.latencies_ms.append((now - started) * MS)
            if now < end:
                send(number)
            elif next(left) == clients:
                ended.set()

        for number in range(clients):
            send(number)
        if not ended.wait(seconds + TIMEOUT_S):
            raise SystemExit("The server did not answer all requests over gRPC.")
        return load

    def close(self) -> None:
        """Hang up."""
        for channel in self._channels:
            channel.close()


def connect(transport: str, rung: Rung) -> Any:
    """Return the clients of a server."""
    return RestClients(rung) if transport == "rest" else GrpcClients(rung)


def many_clients(
    rungs: Sequence[Rung], transport: str, texts: Sequence[str], clients: int, given: Any
) -> list[dict[str, Any]]:
    """Load servers in turns with many clients.

    Args:
        rungs: The servers.
        transport: How they ask.
        texts: What they ask.
        clients: How many they are.
        given: The command line.

    Returns:
        Figures of each server.
    """
    askers = [connect(transport, rung) for rung in rungs]
    requests = [askers[0].request([text]) for text in texts]
    for asker in askers:
        asker.run_load(requests, clients, given.warm_up_seconds)
    loads: list[list[Load]] = [[] for _ in rungs]
    for turn in range(given.rounds):
        for place in sorted(range(len(rungs)), reverse=turn % 2 == 1):
            loads[place].append(askers[place].run_load(requests, clients, given.seconds))
    for asker in askers:
        asker.close()
    return [{**condense(each), **held(rung)} for each, rung in zip(loads, rungs, strict=True)]


def condense(loads: Sequence[Load]) -> dict[str, Any]:
    """Turn a server's rounds into medians and spread."""
    return {
        "answers_per_s": summary([load.rate for load in loads], 1),
        "p50_ms": summary([percentile(load.latencies_ms, 0.5) for load in loads], 1),
        "p99_ms": summary([percentile(load.latencies_ms, 0.99) for load in loads], 1),
    }


def held(rung: Rung) -> dict[str, int]:
    """Return the threads of a server, and the most memory that it has had, MiB."""
    lines = Path(f"/proc/{rung.pid}/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {"threads": int(status["Threads"]), "mib": int(status["VmHWM"].split()[0]) // KIB}


def all_beside_large(
    rungs: Sequence[Rung], transport: str, texts: Sequence[str], given: Any
) -> list[dict[str, Any]]:
    """Ask one server after another; see `beside_large`."""
    return [beside_large(transport, rung, texts, given) for rung in rungs]


def beside_large(transport: str, rung: Rung, texts: Sequence[str], given: Any) -> dict[str, Any]:
    """Ask single texts, one after another, as long as large requests are under way.

    Args:
        transport: How to ask.
        rung: The server.
        texts: Those of a large request; the first is the single text.
        given: The command line.

    Returns:
        How long the first single text took and the slowest, and when the last large request ended.
    """
    asker = connect(transport, rung)
    large, single = asker.request(texts), asker.request(texts[:1])
    asker.ask(single)
    threads = [threading.Thread(target=asker.ask, args=(large,)) for _ in range(given.large)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_S)
    singles: list[float] = []
    while not singles or any(thread.is_alive() for thread in threads):
        asked = time.perf_counter()
        asker.ask(single)
        singles.append(time.perf_counter() - asked)
    ended = time.perf_counter() - started
    asker.close()
    times = {"first_s": singles[0], "longest_s": max(singles), "last_large_s": ended}
    return {**{name: round(value, 2) for name, value in times.items()}, **held(rung)}


def main() -> int:
    """Print the figures of each server in each case."""
    given = parse_arguments()
    texts = load_corpora([], 1000)[0].texts
    with tempfile.TemporaryDirectory() as work:
        model = small_model(given, Path(work))
        found = {
            name: measure(name, case, model, given) for name, case in cases(texts, given).items()
        }
    write_json(given.json, {"machine": machine(), "cases": found})
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, help="folder of version folders (the demo's)")
    parser.add_argument("--threads", type=int, nargs="+", default=[64, 512], help="of each server")
    parser.add_argument("--transports", nargs="+", default=TRANSPORTS, choices=TRANSPORTS)
    parser.add_argument("--clients", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--large", type=int, default=128, help="large requests; 0 leaves them out")
    parser.add_argument("--large-texts", type=int, default=100, help="texts of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="per server, case and round")
    parser.add_argument("--warm-up-seconds", type=float, default=8.0, help="per server and case")
    parser.add_argument(
        "--flag", action="append", default=[], help="one more of the servers' flags"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--short", action="store_true", help="tiny model; see whether it runs")
    given = parser.parse_args()
    if given.short:
        given.clients, given.large, given.rounds = [4], 2, 1
        given.seconds = given.warm_up_seconds = 0.3
    return given


Case = Callable[[Sequence[Rung]], list[dict[str, Any]]]


def cases(texts: Sequence[str], given: argparse.Namespace) -> dict[str, Case]:
    """List what is measured, by what the tables call it."""
    found: dict[str, Case] = {}
    drawn = list(itertools.islice(itertools.cycle(texts), given.large_texts))
    for way in given.transports:
        for count in given.clients:
            found[f"{way}, {count} clients"] = partial(
                many_clients, transport=way, texts=texts, clients=count, given=given
            )
        if given.large:
            found[f"{way}, {given.large} large"] = partial(
                all_beside_large, transport=way, texts=drawn, given=given
            )
    return found


def measure(name: str, case: Case, model: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Measure a case on fresh servers; print it as a table."""
    with ExitStack() as stack:
        rungs = [
            stack.enter_context(served_rung(NAME, str(count), model, *flags(count, given)))
            for count in given.threads
        ]
        found = case(rungs)
    rows = [[rung.kind, *map(cell, each.values())] for rung, each in zip(rungs, found, strict=True)]
    print(f"\n{name}\n")
    print(table(["threads at most", *found[0]], rows), flush=True)
    return {rung.kind: each for rung, each in zip(rungs, found, strict=True)}


def flags(count: int, given: argparse.Namespace) -> list[str]:
    """Return the flags of a server."""
    limit = f"--rest_api_timeout_in_ms={TIMEOUT_S * MS:.0f}"
    threads = [f"--grpc_max_threads={count}", f"--rest_api_num_threads={count}"]
    return [*threads, limit, "--log_level=warning", *given.flag]


def cell(figure: Any) -> Any:
    """Write a figure for the table."""
    return spread(figure) if isinstance(figure, dict) else figure


if __name__ == "__main__":
    raise SystemExit(main())
