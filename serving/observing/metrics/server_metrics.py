"""Counts and times what the server does.

Names and limits are TensorFlow Serving's; what it does not measure is ours, under
`:bert_aas:serving:`. Three things differ: names of models that are not configured share one label
value, as clients could fill the memory with them otherwise; metrics of batching are by model, not
by thread pool; and `input_batch_size` counts the rows of a batch, not of each of its requests.

Source:
    TensorFlow Serving, `model_servers/http_server.cc`, `servables/tensorflow/util.cc`,
    `batching/batching_session.cc`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily

from serving.errors import Code
from serving.observing.metrics.exposition import Family, render
from serving.observing.metrics.in_flight import InFlight
from serving.observing.metrics.traffic_metrics import ReadArms, traffic_families
from serving.observing.observer import BatchRecord, LoadRecord, RequestRecord, Tracer
from serving.states import State, VersionStatus

UNKNOWN_MODEL = "(unknown)"

_THEIRS = ":tensorflow:serving:"
_OURS = ":bert_aas:serving:"
_MICROSECONDS = 1e6
_LATENCIES = [10 * 1.8**k for k in range(33)]  # microseconds, up to 25 minutes
_QUEUE_LATENCIES = [100 * 1.2**k for k in range(52)]  # microseconds, up to 1.1 s
_ROWS = [2.0**k for k in range(15)]
_TOKENS = [2.0**k for k in range(21)]
_COUNTED_METHODS = frozenset({"Predict", "Classify", "Regress"})
_VERBS = frozenset({"predict", "classify", "regress"})


class ModelStatuses(Protocol):
    """What the metrics read of a model."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def statuses(self) -> Sequence[VersionStatus]:
        """The states of its versions."""
        ...


class ServerMetrics:
    """An Observer that keeps the numbers, and writes the page."""

    def __init__(self) -> None:
        self._families: list[Family] = []
        self._models: Callable[[], Iterable[ModelStatuses]] = tuple
        self._add_requests()
        self._add_batches()
        self._add_loads()

    def request(self, record: RequestRecord) -> None:
        """Count a request, its examples, and its time if it went well."""
        if record.examples and record.known_model:
            self._examples.labels(record.model_name).inc(record.examples)
            self._example_counts.labels(record.model_name).observe(record.examples)
        if not _is_counted(record):
            return
        name = record.model_name if record.known_model else UNKNOWN_MODEL
        self._requests.labels(name, record.code.name).inc()
        if record.code is Code.OK:
            api = record.api
            if record.entrypoint == "REST" and api not in _VERBS:
                api = ""
            latency = self._request_latency.labels(name, api, record.entrypoint)
            latency.observe(record.seconds * _MICROSECONDS)

    def run(self, model_name: str, api: str, seconds: float) -> None:
        """Take note of a model's time; both transports name methods alike here."""
        method = api[:1].upper() + api[1:]
        self._runtime_latency.labels(model_name, method, "TF1").observe(seconds * _MICROSECONDS)

    def batch(self, record: BatchRecord) -> None:
        """Take note of a batch's sizes and of the waiting of its requests."""
        name = record.model_name
        self._runs.inc()
        self._input_rows.labels(name).observe(record.rows)
        self._executed_rows.labels(name).observe(record.executed_rows)
        self._padding_rows.labels(name).observe(record.executed_rows - record.rows)
        self._rows.labels(name).observe(record.rows)
        if record.executed_tokens:
            self._tokens.labels(name).observe(record.tokens)
            self._padding_tokens.labels(name).observe(record.executed_tokens - record.tokens)
        for seconds in record.queue_times_s:
            self._queuing_latency.labels(name).observe(seconds * _MICROSECONDS)
            self._queue_time.labels(name).observe(seconds * _MICROSECONDS)

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        """Count texts whose answers were kept, and the others."""
        self._cache_hits.labels(model_name).inc(hits)
        self._cache_misses.labels(model_name).inc(misses)

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        """Count requests that were to be captured."""
        self._captured.labels(model_name, log, outcome).inc(count)

    def load(self, record: LoadRecord) -> None:
        """Take note of a load and of its warm-up."""
        status = record.code.name
        latency = self._load_latency.labels(record.model_name, status)
        latency.observe(record.seconds * _MICROSECONDS)
        if record.warmup_records:
            path = f"{record.model_name}/{record.version}"
            warmup = self._warmup_latency.labels(path, status)
            warmup.observe(record.warmup_seconds * _MICROSECONDS)
            self._warmup_records.labels(path).inc(record.warmup_records)

    def watch(self, models: Callable[[], Iterable[ModelStatuses]]) -> None:
        """Show the states of versions from now on.

        Args:
            models: Returns the models with the states of their versions.
        """
        self._models = models

    def watch_traffic(self, arms: ReadArms) -> None:
        """Show what versions do that share requests by a plan, from now on.

        Args:
            arms: Returns them.
        """
        self._families.extend(traffic_families(arms))

    def count_in_flight(self, tracer: Tracer) -> Tracer:
        """Count the requests between their beginning and their end.

        Args:
            tracer: The tracer of the transports.

        Returns:
            A tracer to use in its place.
        """
        return InFlight(tracer, self._in_flight)

    def read_counter(self, name: str) -> int | None:
        """Return the sum of a counter over its labels.

        Args:
            name: Its name with `/` or with `:`, such as `/tensorflow/serving/request_count`.

        Returns:
            The sum; None if there is no counter of that name.
        """
        wanted = name.replace("/", ":")
        for family in self._families:
            if family.name == wanted and family.kind == "counter":
                samples = [
                    sample for metric in family.metric.collect() for sample in metric.samples
                ]
                return int(sum(s.value for s in samples if s.name.endswith("_total")))
        return None

    def render(self) -> bytes:
        """Write the page that Prometheus fetches.

        Returns:
            Its UTF-8 text.
        """
        return render(self._families)

    def _add_requests(self) -> None:
        self._requests = self._counter(_THEIRS + "request_count", "model_name", "status")
        labels = ("model_name", "API", "entrypoint")
        self._request_latency = self._histogram(_THEIRS + "request_latency", _LATENCIES, *labels)
        labels = ("model_name", "API", "runtime")
        self._runtime_latency = self._histogram(_THEIRS + "runtime_latency", _LATENCIES, *labels)
        self._examples = self._counter(_THEIRS + "request_example_count_total", "model_name")
        self._example_counts = self._histogram(
            _THEIRS + "request_example_counts", _ROWS, "model_name"
        )
        labels = ("model_name", "log", "outcome")
        self._captured = self._counter(_OURS + "captured_requests", *labels)
        self._in_flight = Gauge("m", "", registry=None)
        self._families.append(Family(_OURS + "requests_in_flight", "gauge", self._in_flight))

    def _add_batches(self) -> None:
        session, by = _THEIRS + "batching_session:", "model_name"
        self._queuing_latency = self._histogram(session + "queuing_latency", _QUEUE_LATENCIES, by)
        self._padding_rows = self._histogram(session + "padding_size", _ROWS, by)
        self._input_rows = self._histogram(session + "input_batch_size", _ROWS, by)
        self._executed_rows = self._histogram(session + "processed_batch_size", _ROWS, by)
        self._runs = self._counter(session + "wrapped_run_count")
        self._rows = self._histogram(_OURS + "batch_size", _ROWS, by)
        self._tokens = self._histogram(_OURS + "batch_tokens", _TOKENS, by)
        self._padding_tokens = self._histogram(_OURS + "batch_padding_tokens", _TOKENS, by)
        self._queue_time = self._histogram(_OURS + "queue_time", _LATENCIES, by)
        self._cache_hits = self._counter(_OURS + "cache_hits", by)
        self._cache_misses = self._counter(_OURS + "cache_misses", by)

    def _add_loads(self) -> None:
        labels = ("model_path", "status")
        self._warmup_latency = self._histogram(
            _THEIRS + "model_warmup_latency", _LATENCIES, *labels
        )
        self._warmup_records = self._counter(_THEIRS + "model_warmup_records_read", "model_path")
        labels = ("model_name", "status")
        self._load_latency = self._histogram(_OURS + "load_latency", _LATENCIES, *labels)
        states, engines = _Gauge(self._states), _Gauge(self._engines)
        self._families.append(Family(_OURS + "model_version_state", "gauge", states))
        self._families.append(Family(_OURS + "model_version_engine", "gauge", engines))

    def _states(self) -> GaugeMetricFamily:
        """Return the states of the versions that are not gone."""
        family = GaugeMetricFamily("m", "", labels=("model_name", "version"))
        for model in self._models():
            for status in model.statuses:
                if status.state is not State.END:
                    family.add_metric((model.name, str(status.version)), int(status.state))
        return family

    def _engines(self) -> GaugeMetricFamily:
        """Return 1 for the engine that runs each version."""
        family = GaugeMetricFamily("m", "", labels=("model_name", "version", "engine"))
        for model in self._models():
            for status in model.statuses:
                if status.engine:
                    family.add_metric((model.name, str(status.version), status.engine), 1)
        return family

    def _counter(self, name: str, *labels: str) -> Any:
        counter = Counter("m", "", labels, registry=None)
        self._families.append(Family(name, "counter", counter))
        return counter

    def _histogram(self, name: str, limits: Sequence[float], *labels: str) -> Any:
        histogram = Histogram("m", "", labels, buckets=limits, registry=None)
        self._families.append(Family(name, "histogram", histogram))
        return histogram


@dataclass(frozen=True)
class _Gauge:
    """A gauge whose values are made when they are read."""

    read: Callable[[], GaugeMetricFamily]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the present values."""
        return [self.read()]


def _is_counted(record: RequestRecord) -> bool:
    """Whether upstream counts the request: all of REST's `/v1/`, three methods of gRPC."""
    if record.entrypoint == "REST":
        return record.path.lower().startswith("/v1/")
    return record.api in _COUNTED_METHODS
