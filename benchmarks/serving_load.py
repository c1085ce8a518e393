"""Load a server with mixed requests while versions come and go; count failures, compare latencies.

A server process of its own serves copies of a pushed model. Client processes send short and long
texts at a steady pace, over REST and gRPC. Meanwhile versions are added by rename, evenly spread
over the time, and one that is broken. A request is "during a swap" if a version was loading, or the
old one unloading, at any time between its start and its end.

Usage: python -m benchmarks.serving_load --model-dir output/demo/serving_model --minutes 10
"""

import argparse
import itertools
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.baselines.export_weights import latest_version
from benchmarks.figures import machine, percentile, write_json

ROOT = Path(__file__).resolve().parents[1]
NAME = "bert"
SHORT = "Sturdy, quiet and easy to clean."
LONG = "The handle came loose after a week, and the shop took a month to answer my letter. " * 6
BROKEN_VERSION = 99
KINDS = ("rest", "grpc")
LONG_SHARE = 0.1
HTTP_OK = 200
POLL_S = 0.05
SETTLE_S = 5.0  # left out at the start: first connections
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 1024 * 1024
MS = 1000


@dataclass
class Swap:
    """When a version was on its way in and the old one on its way out, unix seconds."""

    version: int
    start: float
    end: float = 0.0


@dataclass
class Outcome:
    """What the clients and the watcher saw."""

    samples: list[tuple[float, float, bool]] = field(default_factory=list)  # start, seconds, good
    swaps: list[Swap] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)  # unix seconds, MiB
    broken: str = ""


def main() -> int:
    """Run the load and print what was seen; exit 1 if a request failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, required=True, help="folder of version folders")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--swaps", type=int, default=5)
    parser.add_argument("--rate", type=float, default=24.0, help="requests per second, in all")
    parser.add_argument("--clients", type=int, default=4, help="half REST, half gRPC")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the server")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    source = latest_version(arguments.model_dir)
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(arguments, source, Path(folder))
    summary = summarize(outcome)
    for name, value in summary.items():
        print(f"{name.replace('_', ' ')}: {value}")
    write_json(arguments.json, {"machine": machine(), **summary})
    return 1 if summary["failed"] or not summary["broken_version"].startswith("END") else 0


def run(arguments: argparse.Namespace, source: Path, folder: Path) -> Outcome:
    """Start the server and the clients, bring versions in, and collect what happened.

    Args:
        arguments: The command line.
        source: A version folder with a good model.
        folder: An empty folder.

    Returns:
        All samples.
    """
    base = folder / NAME
    base.mkdir()
    add_version(source, base, 1)
    process, rest, grpc_address = start_server(arguments.python, base)
    outcome = Outcome()
    seconds = arguments.minutes * 60
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    pace_s = arguments.clients / arguments.rate
    clients = [
        context.Process(
            target=client, args=(kind, rest, grpc_address, seconds, pace_s, number, queue)
        )
        for number, kind in enumerate(itertools.islice(itertools.cycle(KINDS), arguments.clients))
    ]
    for each in clients:
        each.start()
    watcher = threading.Thread(target=watch, args=(process.pid, seconds, outcome))
    watcher.start()
    bring_versions(arguments.swaps, seconds, source, base, rest, outcome)
    for _ in clients:
        outcome.samples.extend(queue.get())
    for each in clients:
        each.join()
    watcher.join()
    outcome.broken = state_of(rest, BROKEN_VERSION)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    return outcome


def start_server(python: str, base: Path) -> tuple["subprocess.Popen[str]", str, str]:
    """Start `python -m serving`.

    Args:
        python: The interpreter.
        base: Folder of the version folders.

    Returns:
        The process, `host:port` of REST and of gRPC.

    Raises:
        RuntimeError: If the process has no output to read.
    """
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        rest_port = listener.getsockname()[1]
    command = [python, "-m", "serving", f"--model_base_path={base}", f"--model_name={NAME}"]
    command += ["--port=0", f"--rest_api_port={rest_port}"]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    if process.stdout is None:
        raise RuntimeError("The server has no standard output.")
    line = process.stdout.readline()
    grpc_address = line.split("gRPC ")[1].split(",")[0].strip()
    return process, f"127.0.0.1:{rest_port}", grpc_address


def client(  # noqa: PLR0913, PLR0917 - the arguments of a process
    kind: str,
    rest: str,
    grpc_address: str,
    seconds: float,
    pace_s: float,
    seed: int,
    queue: Any,
) -> None:
    """Send requests at a steady pace until the time is up; put the samples into the queue."""
    import random

    call = rest_client(rest) if kind == "rest" else grpc_client(grpc_address)
    choose = random.Random(seed)  # noqa: S311 - which text comes next is no secret
    samples = []
    end = time.time() + seconds
    due = time.time()
    while due < end:
        time.sleep(max(0.0, due - time.time()))
        text = LONG if choose.random() < LONG_SHARE else SHORT
        start = time.time()
        clock = time.perf_counter()
        good = call(text)
        samples.append((start, time.perf_counter() - clock, good))
        due += pace_s * choose.uniform(0.5, 1.5)
    queue.put(samples)


def rest_client(address: str) -> Any:
    """Return a function that classifies one text over REST and tells whether that worked."""
    import requests

    session = requests.Session()
    url = f"http://{address}/v1/models/{NAME}:predict"

    def call(text: str) -> bool:
        try:
            answer = session.post(url, json={"instances": [text]}, timeout=30)
            return answer.status_code == HTTP_OK and len(answer.json()["predictions"]) == 1
        except requests.RequestException as exc:
            print(f"REST: {exc}", file=sys.stderr)
            return False

    return call


def grpc_client(address: str) -> Any:
    """Return a function that classifies one text over gRPC and tells whether that worked."""
    import grpc

    from serving.runtime.protos import load_protos

    protos = load_protos()
    stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(address))

    def call(text: str) -> bool:
        request = protos.predict_pb2.PredictRequest()
        request.model_spec.name = NAME
        request.inputs["text"].dtype = protos.types_pb2.DT_STRING
        request.inputs["text"].tensor_shape.dim.add(size=1)
        request.inputs["text"].string_val.append(text.encode())
        try:
            return bool(stub.Predict(request, timeout=30).outputs["label"].string_val)
        except grpc.RpcError as exc:
            print(f"gRPC: {exc}", file=sys.stderr)
            return False

    return call


def bring_versions(
    swaps: int, seconds: float, source: Path, base: Path, rest: str, outcome: Outcome
) -> None:
    """Add the versions, evenly spread, and the broken one in the middle."""
    begin = time.time()
    steps = [*range(2, swaps + 2)]
    steps.insert(len(steps) // 2 + 1, BROKEN_VERSION)
    for position, version in enumerate(steps, start=1):
        time.sleep(max(0.0, begin + seconds * position / (len(steps) + 1) - time.time()))
        if version == BROKEN_VERSION:
            add_broken(base)
            continue
        shutil.rmtree(base / str(BROKEN_VERSION), ignore_errors=True)
        swap = Swap(version, time.time())
        outcome.swaps.append(swap)
        add_version(source, base, version)
        while not (
            state_of(rest, version) == "AVAILABLE" and state_of(rest, version - 1).startswith("END")
        ):
            time.sleep(POLL_S)
        swap.end = time.time()
        shutil.rmtree(base / str(version - 1))


def add_version(source: Path, base: Path, version: int) -> None:
    """Copy a version aside and rename it into place."""
    staging = base.parent / f"staging-{version}"
    shutil.copytree(source, staging)
    staging.rename(base / str(version))


def add_broken(base: Path) -> None:
    """Put a version into place whose graph is garbage."""
    staging = base.parent / "staging-broken"
    staging.mkdir()
    (staging / "saved_model.pb").write_bytes(b"no graph")
    staging.rename(base / str(BROKEN_VERSION))


def state_of(rest: str, version: int) -> str:
    """Ask for a version's state; an error's code follows it."""
    with urllib.request.urlopen(f"http://{rest}/v1/models/{NAME}", timeout=30) as answer:
        entries = json.load(answer)["model_version_status"]
    for entry in entries:
        if entry["version"] == str(version):
            code = entry["status"]["error_code"]
            return entry["state"] if code == "OK" else f"{entry['state']} {code}"
    return ""


def watch(pid: int, seconds: float, outcome: Outcome) -> None:
    """Note the server's resident memory every second."""
    end = time.time() + seconds
    while time.time() < end:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        outcome.memory.append((time.time(), pages * PAGE_BYTES / MIB))
        time.sleep(1)


def summarize(outcome: Outcome) -> dict[str, Any]:
    """Compute failures, percentiles steady and during swaps, and the growth of memory.

    Args:
        outcome: What was seen.

    Returns:
        The figures.
    """
    begin = min(start for start, _, _ in outcome.samples) + SETTLE_S
    steady: list[float] = []
    swapping: list[float] = []
    for start, seconds, _ in outcome.samples:
        if start < begin:
            continue
        during = any(s.start <= start + seconds and start <= s.end for s in outcome.swaps)
        (swapping if during else steady).append(seconds)
    return {
        "requests": len(outcome.samples),
        "failed": sum(not good for _, _, good in outcome.samples),
        "swaps": len(outcome.swaps),
        "swap_seconds": [round(swap.end - swap.start, 1) for swap in outcome.swaps],
        "broken_version": outcome.broken,
        "steady_ms": percentiles(steady),
        "swap_ms": percentiles(swapping),
        "p99_ratio": ratio_of_p99(swapping, steady),
        "memory_mib_between_swaps": memory_between(outcome),
        "memory_mib_peak": round(max(mib for _, mib in outcome.memory)),
    }


def memory_between(outcome: Outcome) -> list[int]:
    """Return the memory right before each swap and at the end, MiB: one model is loaded then."""
    ends = [*(swap.start for swap in outcome.swaps), outcome.memory[-1][0]]
    return [round([mib for at, mib in outcome.memory if at <= end][-1]) for end in ends]


def ratio_of_p99(seconds: list[float], others: list[float]) -> float | None:
    """Return how many times as long the slowest hundredth takes, None without requests."""
    if not (seconds and others):
        return None
    return round(percentile(seconds, 0.99) / percentile(others, 0.99), 2)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return count, and in milliseconds median and p99 if there were any."""
    if not seconds:
        return {"count": 0}
    return {
        "count": len(seconds),
        "p50": round(percentile(seconds, 0.5) * MS, 2),
        "p99": round(percentile(seconds, 0.99) * MS, 2),
    }


if __name__ == "__main__":
    raise SystemExit(main())
