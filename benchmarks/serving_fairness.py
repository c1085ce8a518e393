"""Ask one text after another while others send large requests; compare with calls side by side.

Two servers take turns over the same model: ours as it is, and one without batching of texts, where
each call runs by itself in a thread of its own, as TensorFlow Serving's do.

Usage: python -m benchmarks.serving_fairness [--model-dir output/demo/serving_model]
"""

import argparse
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.chosen_models import small_model
from benchmarks.corpora import load_corpora
from benchmarks.figures import machine, percentile, table, write_json
from benchmarks.rungs import NAME, Rung, served_rung
from serving.runtime.protos import load_protos

SERVERS = {"ours": (), "side by side": ("--enable_text_batching=false",)}
LOOPED = (256, 1000, 4000)
SHORT_LOOPED = (65,)
TIMEOUT_S = 60.0
SETTLE_S = 0.5
MS = 1000


@dataclass
class Outcome:
    """What the clients saw.

    Attributes:
        seconds: How long each single text took.
        refused: Single texts that got an error.
        large_texts: Texts of large requests that were answered meanwhile.
        covered: Whether a large request was under way to the end.
    """

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    large_texts: int = 0
    covered: bool = True

    def figures(self) -> dict[str, Any]:
        """Return them for the table; milliseconds."""
        ms = [value * MS for value in self.seconds]
        return {
            "p50": round(percentile(ms, 0.5), 1),
            "p99": round(percentile(ms, 0.99), 1),
            "longest": round(max(ms), 1),
            "refused": self.refused,
            "large_texts_per_s": round(self.large_texts / sum(self.seconds)),
            "covered": self.covered,
        }


class Asker:
    """A client over gRPC."""

    def __init__(self, rung: Rung) -> None:
        """Connect to a server."""
        import grpc

        self._error = grpc.RpcError
        self._protos = load_protos()
        size = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
        channel = grpc.insecure_channel(f"127.0.0.1:{rung.grpc_port}", options=size)
        self._stub = self._protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def request(self, texts: Sequence[str]) -> Any:
        """Write a request for the answers to texts."""
        request = self._protos.predict_pb2.PredictRequest()
        request.model_spec.name = NAME
        request.output_filter.append("probabilities")
        tensor = request.inputs["text"]
        tensor.dtype = self._protos.types_pb2.DT_STRING
        tensor.tensor_shape.dim.add(size=len(texts))
        tensor.string_val.extend(text.encode() for text in texts)
        return request

    def start(self, request: Any) -> Any:
        """Send a request without a deadline; return the call."""
        return self._stub.Predict.future(request)

    def ask_singly(self, texts: Sequence[str], outcome: Outcome) -> None:
        """Ask one text after another."""
        for text in texts:
            request = self.request([text])
            start = time.perf_counter()
            try:
                self._stub.Predict(request, timeout=TIMEOUT_S)
            except self._error:
                outcome.refused += 1
            outcome.seconds.append(time.perf_counter() - start)


@contextmanager
def one_large(asker: Asker, texts: Sequence[str], outcome: Outcome) -> Iterator[None]:
    """Have one large request under way; it is cancelled at the end."""
    call = asker.start(asker.request(texts))
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        outcome.covered = not call.done()
        call.cancel()


@contextmanager
def looped(asker: Asker, texts: Sequence[str], outcome: Outcome) -> Iterator[None]:
    """Have a client send the same request again and again."""
    request, ended = asker.request(texts), threading.Event()

    def loop() -> None:
        while not ended.is_set():
            asker.start(request).result()
            outcome.large_texts += len(texts)

    thread = threading.Thread(target=loop)
    thread.start()
    time.sleep(SETTLE_S)
    outcome.large_texts = 0
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def nothing(_asker: Asker, _texts: Sequence[str], _outcome: Outcome) -> Iterator[None]:
    """Have nothing else under way."""
    yield


Others = Callable[[Asker, Sequence[str], Outcome], Any]


def cases(large: int, sizes: Sequence[int]) -> dict[str, tuple[Others, int]]:
    """List what others send meanwhile, with the number of texts in it."""
    found: dict[str, tuple[Others, int]] = {"nothing else": (nothing, 0)}
    found[f"one request of {large:,}"] = (one_large, large)
    found.update({f"requests of {size:,} in a loop": (looped, size) for size in sizes})
    return found


def measure(
    rung: Rung, texts: Sequence[str], others: Others, size: int, count: int
) -> dict[str, Any]:
    """Ask a server single texts beside what others send.

    Args:
        rung: The server.
        texts: What all requests are made of.
        others: What else is under way.
        size: Texts in each of its requests.
        count: How many single texts.

    Returns:
        The figures.
    """
    asker, outcome = Asker(rung), Outcome()
    drawn = list(itertools.islice(itertools.cycle(texts), max(size, count)))
    with others(asker, drawn[:size], outcome):
        asker.ask_singly(drawn[:count], outcome)
    return outcome.figures()


def main() -> int:
    """Print the times of single texts beside each kind of load, for both servers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, help="folder of version folders (the demo's)")
    parser.add_argument("--large", type=int, default=60_000, help="texts of the large request")
    parser.add_argument("--singles", type=int, default=200, help="single texts in each case")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--short", action="store_true", help="tiny model; see whether it runs")
    arguments = parser.parse_args()
    sizes = SHORT_LOOPED if arguments.short else LOOPED
    if arguments.short:
        arguments.large, arguments.singles = 5000, 5
    texts = load_corpora([], 1000)[0].texts
    with tempfile.TemporaryDirectory() as work:
        found = measure_all(small_model(arguments, Path(work)), texts, arguments, sizes)
    head = ["beside", "server", "p50 ms", "p99 ms", "longest", "refused", "large texts/s"]
    print(table(head, [row for case, servers in found.items() for row in rows(case, servers)]))
    write_json(arguments.json, {"machine": machine(), "cases": found})
    return 0


def measure_all(
    model: Path, texts: Sequence[str], arguments: argparse.Namespace, sizes: Sequence[int]
) -> dict[str, dict[str, Any]]:
    """Measure every case on a fresh server of each kind, in turns."""
    found: dict[str, dict[str, Any]] = {}
    for case, (others, size) in cases(arguments.large, sizes).items():
        found[case] = {}
        for name, flags in SERVERS.items():
            with served_rung(NAME, name, model, *flags) as rung:
                measure(rung, texts, nothing, 0, arguments.singles)  # warms up
                figures = measure(rung, texts, others, size, arguments.singles)
            found[case][name] = figures
    return found


def rows(case: str, servers: dict[str, Any]) -> list[list[Any]]:
    """Lay out the rows of one case."""
    names = ("p50", "p99", "longest", "refused", "large_texts_per_s")
    return [[case, name, *(found[key] for key in names)] for name, found in servers.items()]


if __name__ == "__main__":
    raise SystemExit(main())
