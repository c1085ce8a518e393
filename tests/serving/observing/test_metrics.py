from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.errors import Code, SettingsError
from serving.observing.metrics import MonitoringOptions, ServerMetrics, read_monitoring_config
from serving.observing.observer import BatchRecord, LoadRecord, NoTracing, RequestRecord
from serving.states import State, VersionStatus

REST = RequestRecord(
    entrypoint="REST",
    api="predict",
    path="/v1/models/hp:predict",
    model_name="hp",
    known_model=True,
    version=2,
    code=Code.OK,
    http_status=200,
    seconds=0.00005,  # 50 microseconds: above 32.4, below 58.32
    request_bytes=10,
    response_bytes=20,
)
GRPC = replace(
    REST,
    entrypoint="GRPC",
    api="Predict",
    path="/tensorflow.serving.PredictionService/Predict",
    http_status=None,
)


@pytest.fixture
def metrics() -> ServerMetrics:
    return ServerMetrics()


def lines_of(metrics: ServerMetrics, name: str) -> list[str]:
    """The lines of one metric, without the colons and the prefix of its name."""
    prefix = f":tensorflow:serving:{name}"
    if name.startswith(":"):
        prefix = name
    lines = metrics.render().decode().splitlines()
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def test_examples_of_multi_inference(metrics: ServerMetrics) -> None:
    metrics.request(replace(GRPC, api="MultiInference", examples=3))
    metrics.request(replace(GRPC, api="MultiInference", examples=2, known_model=False))
    assert lines_of(metrics, "request_example_count_total{") == ['model_name="hp"} 3']
    assert lines_of(metrics, "request_example_counts_sum") == ['{model_name="hp"} 3']


def test_request_count(metrics: ServerMetrics) -> None:
    for record in (REST, REST, replace(REST, code=Code.INVALID_ARGUMENT), GRPC):
        metrics.request(record)
    assert lines_of(metrics, "request_count{") == [
        'model_name="hp",status="OK"} 3',
        'model_name="hp",status="INVALID_ARGUMENT"} 1',
    ]
    assert "# TYPE :tensorflow:serving:request_count counter" in metrics.render().decode()


@pytest.mark.parametrize(
    ("record", "counted"),
    [
        (replace(REST, api="status", path="/v1/models/hp"), True),
        (replace(REST, api="", path="/V1/foo"), True),
        (replace(REST, api="", path="/index"), False),
        (replace(GRPC, api="Classify"), True),
        (replace(GRPC, api="Regress"), True),
        (replace(GRPC, api="MultiInference"), False),
        (replace(GRPC, api="GetModelStatus"), False),
    ],
)
def test_what_is_counted(metrics: ServerMetrics, record: RequestRecord, counted: bool) -> None:
    metrics.request(record)
    assert bool(lines_of(metrics, "request_count{")) == counted


def test_request_latency_has_upstream_s_form(metrics: ServerMetrics) -> None:
    metrics.request(REST)
    metrics.request(REST)
    labels = '{model_name="hp",API="predict",entrypoint="REST"'
    lines = lines_of(metrics, "request_latency")
    assert lines[:6] == [
        f'_bucket{labels},le="10"}} 0',
        f'_bucket{labels},le="18"}} 0',
        f'_bucket{labels},le="32.4"}} 0',
        f'_bucket{labels},le="58.32"}} 2',
        f'_bucket{labels},le="104.976"}} 2',
        f'_bucket{labels},le="188.957"}} 2',  # 10 * 1.8^5 = 188.9568, in six digits
    ]
    assert len(lines) == 33 + 1 + 2
    assert lines[-3:-1] == [f'_bucket{labels},le="+Inf"}} 2', f"_sum{labels}}} 100"]
    assert lines[-1] == f"_count{labels}}} 2"


def test_latency_of_other_requests(metrics: ServerMetrics) -> None:
    metrics.request(replace(REST, api="status", path="/v1/models/hp"))
    metrics.request(replace(REST, code=Code.INTERNAL))
    metrics.request(GRPC)
    counts = [line for line in lines_of(metrics, "request_latency") if line.startswith("_count")]
    assert counts == [
        '_count{model_name="hp",API="",entrypoint="REST"} 1',
        '_count{model_name="hp",API="Predict",entrypoint="GRPC"} 1',
    ]


def test_the_cache(metrics: ServerMetrics) -> None:
    metrics.cache("hp", 3, 1)
    metrics.cache("hp", 0, 2)
    found = [lines_of(metrics, f":bert_aas:serving:cache_{name}{{") for name in ("hits", "misses")]
    assert found == [['model_name="hp"} 3'], ['model_name="hp"} 3']]


def test_unknown_models_share_a_label(metrics: ServerMetrics) -> None:
    for name in ("a", "b"):
        metrics.request(replace(REST, model_name=name, known_model=False, code=Code.NOT_FOUND))
    assert lines_of(metrics, "request_count{") == ['model_name="(unknown)",status="NOT_FOUND"} 2']


def test_names_are_escaped(metrics: ServerMetrics) -> None:
    metrics.request(replace(REST, model_name='a"b\\c\nd'))
    assert lines_of(metrics, "request_count{") == ['model_name="a\\"b\\\\c\\nd",status="OK"} 1']


def test_runtime_latency_joins_both_transports(metrics: ServerMetrics) -> None:
    metrics.run("hp", "predict", 0.001)
    metrics.run("hp", "Predict", 0.001)
    (count,) = (line for line in lines_of(metrics, "runtime_latency") if line.startswith("_count"))
    assert count == '_count{model_name="hp",API="Predict",runtime="TF1"} 2'


def test_batches(metrics: ServerMetrics) -> None:
    metrics.batch(BatchRecord("hp", 3, 4, tokens=10, executed_tokens=32, queue_times_s=(0.001, 0)))
    found = {
        line.partition(" ")[0]: line.partition(" ")[2]
        for line in metrics.render().decode().splitlines()
        if "_sum{" in line or "_count{" in line or "run_count{" in line
    }
    session, ours, model = ":tensorflow:serving:batching_session:", ":bert_aas:serving:", '"hp"'
    expected = {
        f"{session}padding_size_sum": "1",
        f"{session}input_batch_size_sum": "3",
        f"{session}processed_batch_size_sum": "4",
        f"{session}queuing_latency_sum": "1000",
        f"{session}queuing_latency_count": "2",
        f"{ours}batch_size_sum": "3",
        f"{ours}batch_tokens_sum": "10",
        f"{ours}batch_padding_tokens_sum": "22",
        f"{ours}queue_time_sum": "1000",
    }
    for name, value in expected.items():
        assert found[f"{name}{{model_name={model}}}"] == value, name
    assert found[f"{session}wrapped_run_count{{}}"] == "1"


def test_loads_and_warm_up(metrics: ServerMetrics) -> None:
    metrics.load(LoadRecord("hp", 3, Code.OK, 2.0, warmup_records=5, warmup_seconds=0.5))
    metrics.load(LoadRecord("hp", 4, Code.NOT_FOUND, 1.0))
    text = metrics.render().decode()
    assert ':bert_aas:serving:load_latency_sum{model_name="hp",status="OK"} 2000000\n' in text
    assert ':load_latency_sum{model_name="hp",status="NOT_FOUND"} 1000000\n' in text
    assert ':model_warmup_latency_sum{model_path="hp/3",status="OK"} 500000\n' in text
    assert ':model_warmup_records_read{model_path="hp/3"} 5\n' in text
    assert "hp/4" not in text


def test_states_of_versions(metrics: ServerMetrics) -> None:
    statuses = [
        VersionStatus(3, State.LOADING),
        VersionStatus(2, State.AVAILABLE),
        VersionStatus(1, State.END),
    ]
    metrics.watch(lambda: [SimpleNamespace(name="hp", statuses=statuses)])
    assert lines_of(metrics, ":bert_aas:serving:model_version_state{") == [
        'model_name="hp",version="3"} 20',
        'model_name="hp",version="2"} 30',
    ]


def test_engines_of_versions(metrics: ServerMetrics) -> None:
    statuses = [
        VersionStatus(3, State.AVAILABLE, engine="openvino bf16"),
        VersionStatus(2, State.AVAILABLE, engine="tensorflow"),
        VersionStatus(1, State.END),
    ]
    metrics.watch(lambda: [SimpleNamespace(name="hp", statuses=statuses)])
    assert lines_of(metrics, ":bert_aas:serving:model_version_engine{") == [
        'model_name="hp",version="3",engine="openvino bf16"} 1',
        'model_name="hp",version="2",engine="tensorflow"} 1',
    ]


def test_requests_in_flight(metrics: ServerMetrics) -> None:
    tracer = metrics.count_in_flight(NoTracing())
    name = ":bert_aas:serving:requests_in_flight"
    with tracer.span("Predict", list), tracer.span("Predict", list):
        assert lines_of(metrics, name) == ["{} 2"]
    assert lines_of(metrics, name) == ["{} 0"]


def test_counters_by_upstream_s_name(metrics: ServerMetrics) -> None:
    metrics.request(REST)
    metrics.request(replace(REST, code=Code.INTERNAL))
    assert metrics.read_counter("/tensorflow/serving/request_count") == 2
    assert metrics.read_counter(":tensorflow:serving:request_latency") is None
    assert metrics.read_counter("/not/there") is None


def test_the_page_can_be_parsed(metrics: ServerMetrics) -> None:
    metrics.request(REST)
    metrics.batch(BatchRecord("hp", 3, 4))
    text = metrics.render().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    latency = families[":tensorflow:serving:request_latency"]
    assert latency.type == "histogram"
    assert latency.samples[-1].value == 1
    assert "_created" not in text
    assert "request_count_total" not in text
    assert "# HELP" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            "prometheus_config { enable: true path: '/m' }",
            MonitoringOptions(True, "/m"),
        ),
        (
            "prometheus_config { enable: true }",
            MonitoringOptions(True, "/monitoring/prometheus/metrics"),
        ),
        ("", MonitoringOptions(False, "/monitoring/prometheus/metrics")),
    ],
)
def test_monitoring_config(tmp_path: Path, text: str, options: MonitoringOptions) -> None:
    path = tmp_path / "monitoring.pbtxt"
    path.write_text(text)
    assert read_monitoring_config(path) == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prometheus { }", "is not a MonitoringConfig in text form"),
        ("prometheus_config { path: 'm' }", "start it with /"),
        (None, "cannot be read"),
    ],
)
def test_monitoring_config_that_cannot_be_used(
    tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "monitoring.pbtxt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        read_monitoring_config(path)
    assert str(path) in caught.value.message
