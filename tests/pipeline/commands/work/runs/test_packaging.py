"""`bert-aas compile`: drawings, and the picture in the docs."""

from pathlib import Path

import pytest

from pipeline.cli import main

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

ROOT = Path(__file__).resolve().parents[5]
DEMO = str(ROOT / "configs" / "demo.yaml")


def test_the_docs_show_the_graph_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--runner", "mermaid", "--config", DEMO, "--output", "-"]) == 0
    drawn = capsys.readouterr().out
    assert "  Evaluator --> Pusher\n" in drawn
    docs = (ROOT / "docs" / "orchestration.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{drawn}```" in docs


def test_a_drawing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "graph.dot"
    settings = ["--set", "tune.enabled=true"]
    command = ["compile", "--runner", "dot", "--config", DEMO, "--output", str(path), *settings]
    assert main(command) == 0
    assert capsys.readouterr().out == f"wrote {path}\n"
    assert '  "Tuner" -> "Trainer";' in path.read_text().splitlines()


def test_an_unknown_runner_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compile", "--runner", "luigi", "--config", DEMO, "--output", "-"]) == 2
    assert "'airflow', 'kubeflow', 'vertex', 'dot', 'mermaid'" in capsys.readouterr().err


def test_a_refused_configuration_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compile", "--runner", "dot", "--config", DEMO, "--output", "-"]
    assert main([*command, "--set", "train.epochs=0"]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_an_unknown_anomaly_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["compile", "--runner", "dot", "--config", DEMO, "--output", "-"]
    assert main([*command, "--set", "validate.stop_on=[TOO_BLUE]"]) == 2
    assert "TOO_BLUE" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    output = str(tmp_path / "file" / "graph.dot")
    assert main(["compile", "--runner", "dot", "--config", DEMO, "--output", output]) == 2
    assert capsys.readouterr().err.startswith(f"Error: --output {output} cannot be written: ")
