"""Load a server over a whole life of traffic plans; count failures, shares, and who changed arms.

A server process of its own serves copies of a pushed model. Stage by stage the plan file is
swapped: A/B, a canary at 5 % and 25 %, all to the challenger, a rollback, a challenger that cannot
be loaded and one whose folder goes away. In each stage every session asks once over REST and once
over gRPC, so a session that changes its arm is seen. Two more clients go on asking all the time,
also while plans are swapped.

Usage: python -m benchmarks.traffic_load --model-dir output/demo/serving_model --sessions 10000
"""

import argparse
import http.client
import itertools
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.baselines.export_weights import latest_version
from benchmarks.figures import machine, write_json
from benchmarks.serving_load import BROKEN_VERSION, ROOT, add_broken, add_version, state_of

NAME = "bert"
TEXT = "Sturdy, quiet and easy to clean."
VERSION_HEADER = "x-model-version"
HTTP_OK = 200
LIMIT_S = 120.0
POLL_S = 0.05
CLIENTS = 2  # for each transport
HELD = "2026-01-01T00:00:00Z"

Ask = Callable[[str], int]
"""Asks for a session; returns the version that answered, 0 if the request failed."""


@dataclass
class Stage:
    """One plan, and what was seen under it.

    Attributes:
        name: What it shows.
        planned: Percent of version 2.
        found: Percent of version 2 among the answers.
        changed: Sessions that got one version over REST and another one over gRPC.
        failed: Requests that failed.
        requests: All requests.
    """

    name: str
    planned: float
    found: float = 0.0
    changed: int = 0
    failed: int = 0
    requests: int = 0


@dataclass
class Background:
    """The requests that went on all the time."""

    answers: Counter[int] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)


@dataclass
class Bench:
    """A server and its files.

    Attributes:
        source: A version folder with a good model.
        base: Folder of the version folders.
        plans: The plan file.
        rest: `host:port` of REST.
        grpc: `host:port` of gRPC.
        sessions: How many ask in each stage.
    """

    source: Path
    base: Path
    plans: Path
    rest: str
    grpc: str
    sessions: int

    def follow(self, plan: dict[str, Any] | None) -> None:
        """Swap the plan file, and wait until the server follows it."""
        models = {} if plan is None else {NAME: plan}
        aside = self.plans.with_suffix(".new")
        aside.write_text(json.dumps({"models": models}))
        aside.rename(self.plans)
        wait_until(lambda: self.status()["plan"] == plan)

    def status(self) -> Any:
        """Ask what the plan does."""
        url = f"http://{self.rest}/v1/models/{NAME}/traffic"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def wait_for(self, version: int, state: str) -> None:
        """Wait until a version is in a state."""
        wait_until(lambda: state_of(self.rest, version).startswith(state))

    def measure(self, name: str, planned: float) -> Stage:
        """Let every session ask over both transports."""
        stage = Stage(name, planned)
        sessions = [f"session-{number}" for number in range(self.sessions)]
        over_rest, over_grpc = (
            self._ask_all(make, sessions) for make in (self.rest_client, self.grpc_client)
        )
        answers = [*over_rest, *over_grpc]
        stage.requests, stage.failed = len(answers), answers.count(0)
        stage.found = 100 * answers.count(2) / len(answers)
        stage.changed = sum(a != b for a, b in zip(over_rest, over_grpc, strict=True))
        return stage

    def _ask_all(self, make: Callable[[], Ask], sessions: list[str]) -> list[int]:
        parts = [sessions[start::CLIENTS] for start in range(CLIENTS)]

        def work(part: list[str]) -> list[int]:
            ask = make()
            return [ask(session) for session in part]

        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(work, parts))
        return [answers[place % CLIENTS][place // CLIENTS] for place in range(len(sessions))]

    def rest_client(self, version: str = "") -> Ask:
        """Make a client over REST, with a connection of its own, such as for `/versions/2`."""
        connection = http.client.HTTPConnection(self.rest, timeout=30)
        body = json.dumps({"instances": [TEXT]})

        def ask(session: str) -> int:
            try:
                path = f"/v1/models/{NAME}{version}:predict"
                connection.request("POST", path, body, {"X-Session-Id": session})
                answer = connection.getresponse()
                answer.read()
                return int(answer.headers[VERSION_HEADER]) if answer.status == HTTP_OK else 0
            except (OSError, http.client.HTTPException) as exc:
                print(f"REST: {exc}", file=sys.stderr)
                connection.close()
                return 0

        return ask

    def grpc_client(self) -> Ask:
        """Make a client over gRPC, with a connection of its own."""
        import grpc

        from serving.runtime.protos import load_protos

        protos = load_protos()
        channel = grpc.insecure_channel(self.grpc, (("grpc.use_local_subchannel_pool", 1),))
        stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = protos.predict_pb2.PredictRequest()
        request.model_spec.name = NAME
        request.inputs["text"].dtype = protos.types_pb2.DT_STRING
        request.inputs["text"].tensor_shape.dim.add(size=1)
        request.inputs["text"].string_val.append(TEXT.encode())

        def ask(session: str) -> int:
            try:
                metadata = (("x-session-id", session),)
                answer = stub.Predict(request, timeout=30, metadata=metadata)
                return int(answer.model_spec.version.value)
            except grpc.RpcError as exc:
                print(f"gRPC: {exc}", file=sys.stderr)
                return 0

        return ask


def main() -> int:
    """Run all stages and print what was seen; exit 1 if a request failed or a session moved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, required=True, help="folder of version folders")
    parser.add_argument("--sessions", type=int, default=10_000, help="in each stage")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the server")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    source = latest_version(arguments.model_dir)
    with tempfile.TemporaryDirectory() as folder:
        stages, background = run(arguments, source, Path(folder))
    for stage in stages:
        print(
            f"{stage.name}: {stage.found:.2f} % of {stage.requests} by version 2, planned "
            f"{stage.planned:g} %; {stage.failed} failed, {stage.changed} sessions moved"
        )
    answers = background.answers
    print(f"all the time: {answers.total()} requests, {answers[0]} failed")
    found = {"stages": [vars(stage) for stage in stages], "background": dict(answers)}
    write_json(arguments.json, {"machine": machine(), **found})
    is_good = not answers[0] and not any(stage.failed or stage.changed for stage in stages)
    return 0 if is_good else 1


def run(
    arguments: argparse.Namespace, source: Path, folder: Path
) -> tuple[list[Stage], Background]:
    """Start the server and go through all stages.

    Args:
        arguments: The command line.
        source: A version folder with a good model.
        folder: An empty folder.

    Returns:
        What was seen in each stage, and all the time.
    """
    base = folder / NAME
    base.mkdir()
    add_version(source, base, 1)
    with server(arguments.python, base, folder / "traffic.json") as (rest, grpc_address):
        bench = Bench(source, base, folder / "traffic.json", rest, grpc_address, arguments.sessions)
        background = Background()
        clients = [
            threading.Thread(target=go_on, args=(make(), background))
            for make in (bench.rest_client, bench.grpc_client)
        ]
        for client in clients:
            client.start()
        try:
            return list(stages_of(bench)), background
        finally:
            background.stopping.set()
            for client in clients:
                client.join()


def stages_of(bench: Bench) -> Iterator[Stage]:
    """Go through a life of plans.

    Args:
        bench: The server.

    Yields:
        What was seen in each stage.
    """
    bench.follow(canary(1, 2, 5, ended=1))
    add_version(bench.source, bench.base, 2)
    bench.wait_for(2, "AVAILABLE")
    yield bench.measure("a new version under a plan that keeps it out", 0)
    bench.follow(ab(50))
    yield bench.measure("A/B at 50 %", 50)
    for share in (5, 25, 100):
        bench.follow(canary(1, 2, share))
        yield bench.measure(f"canary at {share} %", share)
    bench.follow(canary(1, 2, 100, ended=1))
    yield bench.measure("rolled back", 0)
    add_broken(bench.base)
    bench.follow(canary(1, BROKEN_VERSION, 25))
    wait_until(lambda: "ending" in bench.status()["plan"])
    yield bench.measure(f"rolled back by the {bench.status()['plan']['ending']['by']}", 0)
    shutil.rmtree(bench.base / str(BROKEN_VERSION))
    bench.follow(canary(1, 2, 25))
    shutil.rmtree(bench.base / "2")
    bench.wait_for(2, "END")
    yield bench.measure("the challenger has gone", 0)


def canary(champion: int, challenger: int, share: float, ended: int | None = None) -> Any:
    """Make a plan that stands at one share; with `ended`, that version answers."""
    plan: dict[str, Any] = {
        "strategy": "canary",
        "arms": [{"version": champion}, {"version": challenger}],
        "salt": "traffic_load",
        "started": HELD,
        "steps": [{"share": float(share), "bake_s": 1e9}],
    }
    if ended is not None:
        at = {"at": HELD, "by": "benchmark", "reason": ""}
        plan["ending"] = {"outcome": "rolled-back", "version": ended, **at}
    return plan


def ab(share: float) -> Any:
    """Make an A/B plan."""
    arms = [{"version": 1, "share": 100.0 - share}, {"version": 2, "share": float(share)}]
    return {"strategy": "ab", "arms": arms, "salt": "traffic_load", "started": HELD}


def go_on(ask: Ask, background: Background) -> None:
    """Ask for one session after the other until the end."""
    for number in itertools.count():
        if background.stopping.is_set():
            return
        background.answers[ask(f"other-{number % 100}")] += 1
        time.sleep(POLL_S / 10)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: If it does not come true.
    """
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("The server did not come to what was asked of it.")
        time.sleep(POLL_S)


@contextmanager
def server(python: str, base: Path, plans: Path) -> Iterator[tuple[str, str]]:
    """Run `python -m serving` with a plan file; yields `host:port` of REST and of gRPC.

    Raises:
        RuntimeError: If it does not start.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [python, "-m", "serving", f"--model_base_path={base}", f"--model_name={NAME}"]
    command += ["--port=0", f"--rest_api_port={port}", f"--traffic_config_file={plans}"]
    command += ["--traffic_config_file_poll_wait_seconds=0.1"]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if "gRPC " not in line:
            raise RuntimeError(f"The server did not start: {line}")
        grpc_address = line.split("gRPC ")[1].split(",")[0].strip()
        yield line.split("REST http://")[1].split("/")[0], grpc_address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
