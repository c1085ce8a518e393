"""`bert-aas predict` with a server: the same answers as from the folder, and what is refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.serving.client.exporter import export_classifier
from tests.serving.client.processes import Addresses, free_ports, running_server

TEXTS = ("abc", "größ", "")
CONFIG = """
model_config_list {{
  config {{ name: "single" base_path: "{root}/single" model_platform: "tensorflow" }}
  config {{ name: "pairs" base_path: "{root}/pairs" model_platform: "tensorflow" }}
}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("remote")
    export_classifier(root / "single" / "1")
    export_classifier(root / "pairs" / "1", pairs=True)
    (root / "models.config").write_text(CONFIG.format(root=root))
    return root


@pytest.fixture(scope="module")
def two_models(folder: Path) -> Iterator[Addresses]:
    with running_server(f"--model_config_file={folder / 'models.config'}") as found:
        yield found


@pytest.fixture(scope="module")
def one_model(folder: Path) -> Iterator[Addresses]:
    with running_server("--model_name=single", f"--model_base_path={folder / 'single'}") as found:
        yield found


@pytest.mark.e2e
def test_texts_get_the_same_answers(
    folder: Path, one_model: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for place in (
        ("--model-dir", str(folder / "single")),
        ("--url", one_model.url),
        ("--grpc", one_model.grpc, "--model-name", "single"),
    ):
        assert main(["predict", *place, *TEXTS]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0].startswith("2            -1 0.100  2 0.700  10 0.100  no 0.100  abc\n")
    assert answers[1:] == answers[:1] * 2


@pytest.mark.e2e
def test_files_get_the_same_answers(folder: Path, two_models: Addresses, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    rows = [f"{place},{'x' * (place % 7)},{'y' * (place % 5)}" for place in range(300)]
    source.write_text("\n".join(["id,one,two", *rows]) + "\n")
    files = ["--input", str(source), "--text-column", "one", "--text-pair-column", "two"]
    answers: list[str] = []
    for place in (
        ("--model-dir", str(folder / "pairs")),
        ("--url", two_models.url, "--model-name", "pairs"),
        ("--grpc", two_models.grpc, "--model-name", "pairs"),
    ):
        output = tmp_path / f"out{len(answers)}.csv"
        assert main(["predict", *place, *files, "--output", str(output)]) == 0
        answers.append(output.read_text())
    assert answers[0].splitlines()[8].startswith("7,,yy,-1,0.7")
    assert answers[1:] == answers[:1] * 2


@pytest.mark.e2e
def test_a_server_does_not_tell_how_labels_are_mapped(
    folder: Path, one_model: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text,stars\nabc,5\nab,2\n")
    like = tmp_path / "model" / "1"
    (like / "assets.extra").mkdir(parents=True)
    (like / "saved_model.pb").touch()
    rules = '{"label_map": {"2": ["5"], "no": ["2"]}, "drop_labels": []}'
    (like / "assets.extra" / "label_rules.json").write_text(rules)
    asked = ["predict", "--url", one_model.url, "--input", str(source), "--output", str(output)]
    asked += ["--label-column", "stars"]
    assert main(asked) == 0
    said = capsys.readouterr().err
    assert "1 of a class that the model does not have" in said
    assert "--labels-of MODEL_DIR maps them" in said
    assert main([*asked, "--labels-of", str(tmp_path / "model")]) == 0
    said = capsys.readouterr().err
    assert "1 of 2 rows are right" in said
    assert "--labels-of" not in said


@pytest.mark.e2e
def test_a_file_without_rows_gains_the_columns_too(one_model: Addresses, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\n")
    arguments = ["--url", one_model.url, "--input", str(source), "--output", str(output)]
    assert main(["predict", *arguments]) == 0
    names = ",".join(f"probability_{name}" for name in ("-1", "2", "10", "no"))
    assert output.read_text() == f"text,predicted_label,probability,{names}\n"


@pytest.mark.e2e
def test_the_model_must_be_named_where_there_are_several(
    two_models: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--url", two_models.url, "a"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Error: choose with --model-name: {two_models.url} serves ")
    assert {"single", "pairs"} == set(error.strip().rpartition("serves ")[2].split(", "))


@pytest.mark.e2e
def test_models_that_are_not_there(
    one_model: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--url", one_model.url, "--model-name", "other", "a"]) == 2
    sentence = f"Error: {one_model.url} has no model 'other'; it serves single\n"
    assert capsys.readouterr().err == sentence
    assert main(["predict", "--grpc", one_model.grpc, "a"]) == 2
    sentence = f"{one_model.grpc} has no model 'default'; give its name with --model-name\n"
    assert capsys.readouterr().err.endswith(sentence)


@pytest.mark.e2e
def test_models_of_pairs_want_pairs(
    two_models: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--url", two_models.url, "--model-name", "pairs", "a"]) == 2
    assert "classifies pairs of texts: give --input" in capsys.readouterr().err


@pytest.mark.e2e
def test_tensorflow_is_not_imported(one_model: Addresses) -> None:
    program = (
        "import sys; from pipeline.cli import main; "
        f"codes = [main(['predict', '--url', {one_model.url!r}, 'a']), "
        f"main(['predict', '--grpc', {one_model.grpc!r}, '--model-name', 'single', 'a'])]; "
        "sys.exit(codes != [0, 0] or 'tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("flag", ["--url", "--grpc"])
def test_a_server_that_is_away_is_a_failure(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}" if flag == "--grpc" else f"http://127.0.0.1:{port}"
    assert main(["predict", flag, address, "a"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Error: {address} cannot be reached for ")
    assert "Connection refused" in line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--url", "localhost:1"], "does not start with http:// or https://"),
        (["--grpc", "http://h:1"], "is a URL; gRPC takes host:port"),
        (["--url", "http://h", "--grpc", "h:1"], "give exactly one of --model-dir, --url and"),
        ([], "give exactly one of --model-dir, --url and --grpc"),
    ],
)
def test_flags_that_cannot_be_used(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *arguments, "a"]) == 2
    assert sentence in capsys.readouterr().err
