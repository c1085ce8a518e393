"""A password is planted, and everything that commands write and print is searched for it."""

import base64
import contextlib
import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.e2e.pipeline_process import COMMAND

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

ROOT = Path(__file__).resolve().parents[2]
DEMO = str(ROOT / "configs" / "demo.yaml")
SECRET = "PLANTED-77"  # noqa: S105 - of no server
ADDRESS = f"mysql://ann:{SECRET}@127.0.0.1:1/mlmd"
FROM_ENVIRONMENT = "mysql://ann:${PLANTED_WORD}@127.0.0.1:1/mlmd"
SHARED = (
    *("output_dir=gs://bucket/out", "data.path=gs://bucket/rows.csv", "vertex.image=image"),
    *("kubeflow.image=image", "airflow.kubernetes.image=image", "airflow.kubernetes.env_secret=x"),
    "kubeflow.secrets={PLANTED_WORD: metadata/password}",
)
OUTPUTS = {
    "airflow": ("dags", "airflow.task=process"),
    "pods": ("dags", "airflow.task=kubernetes"),
    "kubeflow": ("package.yaml", "name=toy"),
    "vertex": ("job.json", "name=toy"),
    "dot": ("graph.dot", "name=toy"),
    "mermaid": ("graph.mmd", "name=toy"),
}
_PACKED = re.compile(r"data:application/gzip;base64,([A-Za-z0-9+/=]+)")


def written(folder: Path) -> str:
    """All that lies in a folder, packed graphs unpacked."""
    found = [path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()]
    packed = _PACKED.findall("".join(found))
    return "".join([*found, *(gzip.decompress(base64.b64decode(one)).decode() for one in packed)])


def compile_for(kind: str, folder: Path, url: str) -> int:
    """Compile the demo with an address of the metadata."""
    name, setting = OUTPUTS[kind]
    runner = "airflow" if kind == "pods" else kind
    settings = [f"--set={one}" for one in (*SHARED, setting, f"metadata.url={url}")]
    output = str(folder / name)
    return main(["compile", "--runner", runner, "--config", DEMO, "--output", output, *settings])


def command_lines() -> str:
    """What `ps` shows of all processes that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(found)


def fail(folder: Path, *arguments: str) -> str:
    """Let a command fail at the metadata; return all that it wrote, printed, and ran as."""
    seen = set()
    with (folder / "printed.txt").open("wb") as printed:
        command = [*COMMAND, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=printed, stderr=subprocess.STDOUT)
        while process.poll() is None:
            seen.add(command_lines())
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    assert process.returncode == 1, (folder / "printed.txt").read_text()
    assert any(arguments[-1] in one for one in seen)
    return "".join([*seen, *(path.read_bytes().decode(errors="replace") for path in files(folder))])


def files(folder: Path) -> list[Path]:
    """List the files below a folder, hidden ones too."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_a_run_that_fails_at_the_metadata_leaves_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_WORD", SECRET)
    found = fail(
        tmp_path,
        *("run", "--config", DEMO, "--set", f"metadata.url={FROM_ENVIRONMENT}"),
        *("--output-dir", str(tmp_path / "out")),
    )
    assert [path.name for path in files(tmp_path / "out" / "logs")]
    assert "no MySQL server can be reached at 127.0.0.1:1 (connection refused)" in found
    assert SECRET not in found


def test_listing_runs_of_a_server_out_of_reach_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_WORD", SECRET)
    found = fail(tmp_path, "runs", "--metadata-url", FROM_ENVIRONMENT)
    printed = (tmp_path / "printed.txt").read_text().splitlines()
    assert len(printed) == 1
    assert "no MySQL server can be reached at 127.0.0.1:1 (connection refused)" in printed[0]
    assert SECRET not in found


def test_a_node_that_fails_at_the_metadata_leaves_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_WORD", SECRET)
    output = str(tmp_path / "dags")
    setting = f"metadata.url={FROM_ENVIRONMENT}"
    compiled = ["compile", "--runner", "airflow", "--config", DEMO, "--output", output]
    assert main([*compiled, "--set", setting]) == 0
    found = fail(
        tmp_path,
        *("node", "--ir", f"{output}/demo/pipeline.json", "--node", "ExampleGen"),
        *("--run-id", "r", "--output-dir", str(tmp_path / "out")),
    )
    assert "no MySQL server can be reached at 127.0.0.1:1 (connection refused)" in found
    assert SECRET not in found


@pytest.mark.parametrize("kind", OUTPUTS)
def test_what_is_compiled_names_the_variable_and_not_its_value(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANTED_WORD", SECRET)
    assert compile_for(kind, tmp_path, FROM_ENVIRONMENT) == 0
    found = written(tmp_path)
    assert found
    assert SECRET not in found + "".join(capfd.readouterr())
    assert ("${PLANTED_WORD}" in found) is (kind in {"airflow", "pods", "kubeflow"})


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_clear_password_is_not_compiled(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert compile_for(kind, tmp_path, ADDRESS) == 2
    printed = "".join(capfd.readouterr())
    assert "`metadata.url`: it holds a password in clear text" in printed
    assert "${NAME}" in printed
    assert SECRET not in printed
    assert list(tmp_path.iterdir()) == []


def test_no_command_takes_a_clear_password(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    config = tmp_path / "config.yaml"
    config.write_text(
        f"data: {{path: {ROOT}/data/product_reviews.csv}}\nmetadata: {{url: '{ADDRESS}'}}"
    )
    dags = str(tmp_path / "dags")
    assert main(["compile", "--runner", "airflow", "--config", DEMO, "--output", dags]) == 0
    node = ["node", "--ir", f"{dags}/demo/pipeline.json", "--node", "ExampleGen", "--run-id", "r"]
    capfd.readouterr()
    for command in (
        ["run", "--config", str(config), "--output-dir", str(output)],
        ["run", "--config", DEMO, "--set", f"metadata.url={ADDRESS}", "--output-dir", str(output)],
        [*node, "--output-dir", str(output), "--metadata-url", ADDRESS],
        [*node, "--output-dir", str(output), "--set", f"metadata.url={ADDRESS}"],
        [*node, "--pipeline-root", f"s3://ann:{SECRET}@bucket/root"],
        [*node, "--report-dir", f"s3://ann:{SECRET}@bucket/root"],
        ["runs", "--metadata-url", ADDRESS],
    ):
        assert main(command) == 2, command
        printed = "".join(capfd.readouterr())
        assert "in clear text" in printed, command
        assert SECRET not in printed, command
    assert not output.exists()


def test_what_an_older_release_compiled_is_refused_for_its_password(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dags = tmp_path / "dags"
    assert main(["compile", "--runner", "airflow", "--config", DEMO, "--output", str(dags)]) == 0
    path = dags / "demo" / "pipeline.json"
    content = json.loads(path.read_text())
    path.write_text(
        json.dumps({**content, "config": {**content["config"], "metadata": {"url": ADDRESS}}})
    )
    capfd.readouterr()
    assert main(["node", "--ir", str(path), "--node", "ExampleGen", "--run-id", "r"]) == 2
    printed = "".join(capfd.readouterr())
    assert f"{path} cannot be used: `metadata.url`: it holds a password in clear text" in printed
    assert SECRET not in printed
