"""The benchmarks run from a fresh clone; their figures are nobody's business here.

What needs `.venv-bench` is in them where that has been built, and left out with a line elsewhere.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import scripts

GIVEN = {"data": "rows.csv", "encoder": "encoder", "baseline-python": "absent"}

pytestmark = pytest.mark.e2e


def run(module: str, output: Path, *more: str) -> tuple[str, Any]:
    """Run a benchmark in its short mode; return what it prints and writes."""
    return scripts.run(module, output, "--short", *more)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from benchmarks import random_models

    folder = tmp_path_factory.mktemp("tiny")
    vocab = random_models.write_tiny_vocab(folder / "vocab.txt")
    config = random_models.tiny_config(vocab)
    random_models.export_random_model(config, vocab, 64, folder / "model" / "1")
    return folder / "model"


def test_the_ladder_without_the_baselines(model_dir: Path, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    more = [f"--model-dir={model_dir}", f"--baseline-python={tmp_path / 'absent'}"]

    printed, found = run("serving_ladder", tmp_path / "found.json", *more, f"--chart={chart}")

    assert "left out: MiniLM: Flask + PyTorch (no .venv-bench" in printed
    assert list(found["corpora"]) == ["short sentences", "60-word reviews"]
    for figures in found["corpora"].values():
        assert [*figures][:2] == ["MiniLM: SavedModel, padded to 128", "MiniLM: dynamic shape"]
        assert [*figures][-1] == "MiniLM: batching"
        assert all(each["texts_per_s"]["median"] > 0 for each in figures.values())
    assert chart.read_text().count("<rect") == len(found["corpora"]) * len(figures)


def test_single_texts_beside_large_requests(model_dir: Path, tmp_path: Path) -> None:
    _, found = run("serving_fairness", tmp_path / "found.json", f"--model-dir={model_dir}")

    assert list(found["cases"]) == [
        "nothing else",
        "one request of 5,000",
        "requests of 65 in a loop",
    ]
    for servers in found["cases"].values():
        assert list(servers) == ["ours", "side by side"]
        assert {figures["refused"] for figures in servers.values()} == {0}
    assert found["cases"]["requests of 65 in a loop"]["ours"]["large_texts_per_s"] > 0


def test_servers_with_few_and_many_threads(model_dir: Path, tmp_path: Path) -> None:
    more = [f"--model-dir={model_dir}", "--threads=2"]

    _, found = run("serving_threads", tmp_path / "found.json", *more)

    assert list(found["cases"]) == [
        *("rest, 4 clients", "rest, 2 large"),
        *("grpc, 4 clients", "grpc, 2 large"),
    ]
    for servers in found["cases"].values():
        assert list(servers) == ["2"]
        assert servers["2"]["threads"] > 0
    for name in ("rest, 4 clients", "grpc, 4 clients"):
        assert found["cases"][name]["2"]["answers_per_s"]["median"] > 0


def test_a_server_that_writes_requests_down(model_dir: Path, tmp_path: Path) -> None:
    more = [f"--model-dir={model_dir}", "--shares", "0", "1"]

    _, found = run("serving_capture", tmp_path / "found.json", *more)

    cases, answers = found["cases"], 0.0
    lines = cases.pop("lines")
    assert list(cases) == ["rest, 4 clients", "grpc, 4 clients"]
    for servers in cases.values():
        assert list(servers) == ["0%", "100%"]
        assert min(servers["0%"]["answers"]) > 0
        answers += sum(servers["100%"]["answers"])
    assert lines["captured_1"] >= answers


def test_the_engines(model_dir: Path, tmp_path: Path) -> None:
    _, found = run("engines", tmp_path / "found.json", f"--model-dir={model_dir}")

    assert list(found["ms"]) == ["1x8", "2x8"]
    assert found["differences"]["TensorFlow SavedModel"] == 0


def test_the_forms_of_a_model(tmp_path: Path) -> None:
    from tests.components.optimizer.conftest import write_examples
    from tests.serving.engines.tiny_classifier import export_tiny

    artifacts = tmp_path / "run" / "artifacts"
    export_tiny(artifacts / "Trainer" / "model" / "1" / "Format-Serving")
    for split in ("train", "eval"):
        folder = artifacts / "Transform" / "transformed_examples" / "1" / f"Split-{split}"
        write_examples(folder, [[1, 2], [1, 3, 4]], [0, 1])

    _, found = run("model_forms", tmp_path / "found.json", f"--run-dir={tmp_path / 'run'}")

    assert list(found["ms"]) == ["1x4", "2x4"]
    assert found["agreement"]["SavedModel"]["difference"] == 0
    assert {"f32", "bf16", "int8-f32, groups of 128", "int8 static"} < found["agreement"].keys()


def test_the_tokenizers_agree_and_are_timed(tmp_path: Path) -> None:
    printed, found = run("tokenizer_speed", tmp_path / "found.json")

    assert "ours, tokens/s" in printed
    for rows in found["corpora"].values():
        assert [row["batch"] for row in rows] == [32]
        assert all(row["ratio"] > 0 for row in rows)


def test_students_are_compared_with_their_teacher(tmp_path: Path) -> None:
    printed, found = run("distillation", tmp_path / "found.json", f"--folder={tmp_path / 'work'}")

    assert "times as fast as its teacher" in printed
    names = ["teacher", "student alone", "student taught"]
    assert list(found["accuracy"]) == names
    assert all(0 <= value <= 1 for values in found["accuracy"].values() for value in values)
    assert list(found["examples_per_s"]) == [names[0], names[2]]
    assert found["speed_ratio"] > 0


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options of a benchmark of trainings: few rows, a tiny encoder, no baselines."""
    from benchmarks import random_models
    from models.encoders.architecture.bert import BertEncoder, random_weights
    from models.encoders.exporting import export_encoder

    folder = tmp_path_factory.mktemp("training")
    vocab = random_models.write_tiny_vocab(folder / "vocab.txt")
    bert = BertEncoder(random_models.tiny_config(vocab), random_weights(1))
    export_encoder(bert, vocab, True, folder / "encoder")
    rows = [f"{'a ' * (1 + place % 9)},{place % 2}\n" for place in range(24)]
    (folder / "rows.csv").write_text("review_body,rating\n" + "".join(rows))
    return ["--batch-size=8", *(f"--{name}={folder / file}" for name, file in GIVEN.items())]


def test_the_speed_of_trainings(training: list[str], tmp_path: Path) -> None:
    printed, found = run("training_speed", tmp_path / "found.json", *training)

    assert "left out: PyTorch bfloat16, by length (no .venv-bench" in printed
    rates = found["examples_per_s"]
    assert list(rates) == [
        *("padded to 128, float32", "by length, float32", "by length, auto"),
        "input pipeline alone",
    ]
    assert all(figures["median"] > 0 for figures in rates.values())
    assert rates["by length, auto"]["padding"] < rates["padded to 128, float32"]["padding"]


def test_the_accuracy_of_trainings(training: list[str], tmp_path: Path) -> None:
    more = [*training, "--seeds", "1", "--epochs=1"]

    printed, found = run("training_accuracy", tmp_path / "found.json", *more)

    assert "left out: PyTorch bfloat16 (no .venv-bench" in printed
    assert found["accuracy"]["PyTorch bfloat16"] == {}
    for name in ("float32", "auto"):
        assert 0 <= found["accuracy"][name]["1"] <= 1


def test_the_way_from_csv_to_tfrecord(tmp_path: Path) -> None:
    printed, found = run("transform_speed", tmp_path / "found.json")

    assert "times the tokenizer" in printed
    assert [size["rows"] for size in found["sizes"]] == [200, 400]
    assert found["tokenizer"]["us_per_row"]["median"] > 0


def test_the_data_nodes(tmp_path: Path) -> None:
    output = tmp_path / "found.json"

    printed, found = scripts.run("data_nodes", output, "--rows", "200", "--workers", "1")

    assert "ExampleGen, rows/s" in printed
    assert found["sizes"][0]["rows_per_second"]["all"] > 0
    assert "Preparer" not in found["sizes"][0]["rows_per_second"]


def test_the_data_nodes_with_everything_on(tmp_path: Path) -> None:
    output = tmp_path / "found.json"

    printed, found = scripts.run("data_nodes", output, "--rows", "400", "--prepare", "everything")

    assert "FeatureWriter" in printed
    assert found["sizes"][0]["rules"] == "everything"
    assert found["sizes"][0]["rows_per_second"]["Preparer"] > 0
