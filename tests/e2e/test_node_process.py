"""`bert-aas node` as orchestrators call it: killed, stopped, repeated, refused, failing."""

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.training.progress.checkpointing import TrainingState
from pipeline.config.layout import output_layout
from pipeline.metadata.records import node_attempts, read_run
from pipeline.metadata.store import connection_config
from tests.e2e.holding import Hold
from tests.e2e.pipeline_process import COMMAND, ROOT, TIMEOUT_S, Project
from tests.e2e.postgresql import PASSWORD, running_postgresql

pytestmark = pytest.mark.e2e

RUN = "stopped"
SETTINGS = ("--set", "train.epochs=3", "--set", "evaluate.threshold=1.0")
BEFORE_TRAINER = ("ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform")


@dataclass(frozen=True)
class Story:
    """A finished project, with a copy of its metadata: these runs leave it as it is."""

    project: Project
    metadata_url: str

    def start(
        self, node_id: str, *options: str, run_id: str = RUN, **variables: str
    ) -> "subprocess.Popen[str]":
        command = [
            *(*COMMAND, "node", "--ir", str(self.project.output / "pipeline.json")),
            *("--node", node_id, "--run-id", run_id),
            *("--metadata-url", self.metadata_url, *options),
        ]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
        )

    def run(self, node_id: str, *options: str, run_id: str = RUN) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""
        process = self.start(node_id, *options, run_id=run_id)
        printed, logged = process.communicate(timeout=TIMEOUT_S)
        return process.returncode, printed.strip(), logged

    def stopped_in_training(self, number: int, folder: Path) -> tuple[int, str]:
        """Send a signal to the Trainer after an epoch; return exit code and standard error."""
        hold = Hold.before(TrainingState.record_epoch, folder / "hold")
        temporary = folder / "temporary"
        temporary.mkdir(exist_ok=True)
        variables = {**hold.environment(), "TMPDIR": str(temporary)}
        process = self.start("Trainer", *SETTINGS, **variables)
        hold.wait_for(process)
        process.send_signal(number)
        _, logged = process.communicate(timeout=TIMEOUT_S)
        hold.release()
        return process.returncode, logged

    def attempts(self, node_id: str) -> list[str]:
        """The states of a node's executions in the run."""
        connection = connection_config(self.metadata_url, output_layout(str(self.project.output)))
        return [attempt.state for attempt in node_attempts(connection, RUN, "toy", node_id)]


@pytest.fixture(scope="module")
def story(adopted_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Story:
    copy = tmp_path_factory.mktemp("metadata") / "copy.sqlite"
    shutil.copy(adopted_project.output / "metadata.sqlite", copy)
    return Story(adopted_project, f"sqlite:///{copy}")


def test_a_run_that_is_stopped_killed_and_repeated(story: Story, tmp_path: Path) -> None:
    unchanged_nodes_come_from_the_cache(story)
    sigterm_is_recorded_and_said(story, tmp_path)
    a_killed_training_is_repeated_where_it_was(story, tmp_path)
    # Repeating a node that ended well does nothing.
    assert story.run("Trainer", *SETTINGS)[:2] == (0, "Trainer: executed in 0.0 s")
    a_model_that_is_not_blessed_is_told_by_an_exit_code(story, tmp_path)


def unchanged_nodes_come_from_the_cache(story: Story) -> None:
    for node_id in BEFORE_TRAINER:
        code, printed, logged = story.run(node_id, *SETTINGS)
        assert (code, printed.startswith(f"{node_id}: cached in ")) == (0, True), logged


def sigterm_is_recorded_and_said(story: Story, folder: Path) -> None:
    code, logged = story.stopped_in_training(signal.SIGTERM, folder)

    assert (code, logged.splitlines()[-1]) == (143, "stopped by SIGTERM")
    assert "Traceback" not in logged
    assert [*(folder / "temporary").iterdir()] == []
    assert story.attempts("Trainer") == ["failed"]


def a_killed_training_is_repeated_where_it_was(story: Story, folder: Path) -> None:
    code, _ = story.stopped_in_training(signal.SIGKILL, folder)
    assert code == -signal.SIGKILL

    code, printed, logged = story.run("Trainer", *SETTINGS)

    assert (code, printed.startswith("Trainer: executed in ")) == (0, True), logged
    assert "of an interrupted training" in logged
    assert story.attempts("Trainer") == ["executed", "failed", "failed"]


def a_model_that_is_not_blessed_is_told_by_an_exit_code(story: Story, folder: Path) -> None:
    versions = story.project.versions()
    for node_id in ("Optimizer", "Resolver", "Evaluator", "InfraValidator"):
        code, _, logged = story.run(node_id, *SETTINGS)
        assert code == 0, logged

    code, printed, logged = story.run(
        *("Pusher", *SETTINGS),
        *("--not-pushed-exit-code", "3", "--report-dir", str(folder / "report")),
    )

    assert (code, printed.startswith("Pusher: not pushed in ")) == (3, True), logged
    assert story.project.versions() == versions
    assert_reported(folder / "report")


def assert_reported(folder: Path) -> None:
    summary = json.loads((folder / "run.json").read_text())
    assert (summary["status"], summary["run_id"]) == ("not_blessed", RUN)
    assert "is below the threshold 1" in summary["reason"]
    nodes = {node["id"]: node for node in summary["nodes"]}
    assert nodes["Transform"]["state"] == "cached"
    assert nodes["Trainer"]["state"] == "executed"
    assert nodes["Trainer"]["seconds"] > 0  # of the attempt that trained, not of the last
    assert "Confusion" in (folder / "report.html").read_text()


def test_a_failure_is_one_line_and_leaves_a_report(story: Story, tmp_path: Path) -> None:
    code, printed, logged = story.run(
        "StatisticsGen", "--report-dir", str(tmp_path), run_id="without data"
    )

    assert (code, printed) == (1, "")
    assert logged.splitlines()[-1] == (
        "Error: StatisticsGen failed: PipelineError: the node StatisticsGen did not find its "
        "inputs; see the log"
    )
    summary = json.loads((tmp_path / "run.json").read_text())
    assert summary["status"] == "failed"
    assert "did not find its inputs" in (tmp_path / "report.html").read_text()


def test_refused_data_are_one_sentence(story: Story, tmp_path: Path) -> None:
    code, printed, logged = story.run(
        "ExampleGen", "--set", f"data.path={tmp_path}/none.csv", run_id="refused"
    )
    assert (code, printed) == (2, "")
    assert logged.splitlines()[-1].startswith("Error: ")
    assert "none.csv" in logged.splitlines()[-1]


def test_a_run_id_that_was_not_filled_in_is_refused(story: Story) -> None:
    """Kubeflow Pipelines before 2.4 leaves the placeholder: all runs would share one id."""
    code, _, logged = story.run("ExampleGen", run_id="{{$.pipeline_job_uuid}}")
    assert code == 2
    assert "Kubeflow Pipelines does so from version 2.4" in logged


@pytest.mark.parametrize(
    ("node_id", "options", "sentence"),
    [
        ("Printer", (), "the graph has no node 'Printer'; its nodes are ExampleGen,"),
        ("Trainer", ("--set", "tune.enabled=true"), "`tune.enabled` changes the graph"),
        ("Trainer", ("--metadata-url", "oracle://x"), "`metadata.url`: string should match"),
    ],
)
def test_refused_arguments(
    story: Story, node_id: str, options: tuple[str, ...], sentence: str
) -> None:
    code, printed, logged = story.run(node_id, *options)
    assert (code, printed) == (2, "")
    (line,) = [line for line in logged.splitlines() if "Error" in line]
    assert sentence in line


def test_metadata_in_postgresql(story: Story, tmp_path: Path) -> None:
    with running_postgresql(tmp_path) as port:
        url = f"postgresql://pipeline:${{TEST_PASSWORD}}@127.0.0.1:{port}/mlmd"
        os.environ["TEST_PASSWORD"] = PASSWORD
        try:
            options = ("--metadata-url", url, "--pipeline-root", str(tmp_path / "root"))
            for run_id, state in (("first", "executed"), ("second", "cached")):
                code, printed, logged = story.run("ExampleGen", *options, run_id=run_id)
                assert (code, printed.split(" in ")[0]) == (0, f"ExampleGen: {state}"), logged
            connection = connection_config(url, output_layout(str(story.project.output)))
            record = read_run(connection, "second")["ExampleGen"]
        finally:
            del os.environ["TEST_PASSWORD"]
    examples = record.output("examples")
    assert examples is not None
    assert examples.uri.startswith(str(tmp_path / "root" / "ExampleGen"))
