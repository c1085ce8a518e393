"""The command line: help at once, refusals in one line, exit codes."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline import cli
from pipeline.cli import guarded, main

HEAVY = ("tensorflow", "tfx", "apache_beam", "keras", "tf_keras", "ml_metadata", "transformers")
COMMANDS = [
    (),
    ("run",),
    ("compile",),
    ("node",),
    ("predict",),
    ("card",),
    ("sbom",),
    ("sign",),
    ("verify",),
    ("lineage",),
    ("runs",),
    ("runs", "artifacts"),
    ("runs", "list"),
    ("runs", "show"),
    ("condition",),
    ("otherwise",),
    ("models",),
    ("models", "list"),
    ("models", "show"),
    ("models", "compare"),
    ("models", "approve"),
    ("models", "reject"),
    ("models", "deploy"),
    ("models", "rollback"),
    ("models", "export"),
    ("models", "card"),
    ("models", "verify"),
    ("traffic",),
    ("traffic", "start"),
    ("traffic", "show"),
    ("traffic", "promote"),
    ("traffic", "rollback"),
    ("traffic", "hold"),
    ("traffic", "resume"),
    ("traffic", "clear"),
    ("traffic", "sync"),
    ("traffic", "report"),
    ("traffic", "learn"),
    ("bias",),
    ("data",),
    ("data", "check"),
    ("sql",),
    ("catalog",),
    ("catalog", "add"),
    ("catalog", "list"),
    ("catalog", "describe"),
    ("catalog", "remove"),
    ("features",),
    ("features", "list"),
    ("features", "describe"),
    ("features", "read"),
    ("features", "ingest"),
    ("features", "delete"),
    ("features", "join"),
    ("features", "export"),
    ("explain",),
    ("encoder",),
    ("encoder", "import"),
    ("encoder", "cut"),
    ("doctor",),
    ("serve",),
]


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that ends with a line that names the heavy packages it imported."""
    ending = f"; print(*sorted(set({HEAVY}) & set(sys.modules)), file=sys.stdout); sys.exit(code)"
    command = [sys.executable, "-c", f"import sys; {program}{ending}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def bert_aas(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("from pipeline.cli import main; code = main(sys.argv[1:])", *arguments)


def run_refused(config: Path, *arguments: str) -> str:
    """Run `bert-aas run`, check that it is refused at once and in one line, and return that."""
    done = bert_aas("run", "--config", str(config), *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout.splitlines()[-1] == ""  # no heavy package
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def write_rows(path: Path, labels: tuple[str, ...] = ("good", "bad")) -> Path:
    lines = [f"shirt number {row} fits,{labels[row % len(labels)]}" for row in range(30)]
    path.write_text("\n".join(["text,label", *lines]) + "\n")
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.csv")


@pytest.fixture
def config(tmp_path: Path, rows: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(f"output_dir: {tmp_path / 'out'}\ndata: {{path: {rows}}}\n")
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_there_at_once(command: tuple[str, ...]) -> None:
    done = bert_aas(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {' '.join(('bert-aas', *command))} ")
    assert done.stdout.splitlines()[-1] == ""  # no heavy package


def test_bias_is_measured_without_a_heavy_package(rows: Path) -> None:
    done = bert_aas("bias", str(rows), "--facet-words", "even=[0-9]*[02468]")
    assert (done.returncode, done.stderr) == (0, "")
    assert "even = [0-9]*[02468] for the class good" in done.stdout
    assert done.stdout.splitlines()[-1] == ""  # no heavy package


def test_the_commands_listed_here_are_all() -> None:
    names = {(name,) for name in cli.cli.commands}
    groups = [(name, one) for name, one in cli.cli.commands.items() if isinstance(one, click.Group)]
    inside = {(name, each) for name, group in groups for each in group.commands}
    assert {(), *names, *inside} == set(COMMANDS)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bert-aas, version ")


def test_data_are_checked_without_any_heavy_package(rows: Path) -> None:
    done = bert_aas("data", "check", str(rows))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Suggested configuration:" in done.stdout
    assert done.stdout.splitlines()[-1] == ""  # no heavy package


def test_an_unknown_key(config: Path) -> None:
    line = run_refused(config, "--set", "train.epoch=2")
    assert "`train.epoch` is not a known key; known here: epochs" in line


def test_a_missing_configuration(tmp_path: Path) -> None:
    assert "none.yaml cannot be read" in run_refused(tmp_path / "none.yaml")


def test_a_missing_file(config: Path) -> None:
    assert "none.csv" in run_refused(config, "--set", "data.path=none.csv")


def test_a_missing_column(config: Path) -> None:
    line = run_refused(config, "--set", "data.text_column=body")
    assert "'body'" in line
    assert "'text', 'label'" in line


def test_a_slice_by_no_column(config: Path) -> None:
    line = run_refused(config, "--set", "evaluate.slices=[country]")
    assert "`evaluate.slices` names 'country', which is not a column of" in line


def test_one_class_only(config: Path, rows: Path) -> None:
    write_rows(rows, labels=("good",))
    assert "class" in run_refused(config)


def test_a_label_that_train_lacks(config: Path, rows: Path, tmp_path: Path) -> None:
    rows.write_text(rows.read_text() + "rare 3,rare\nrare 2,rare\n")  # by hash eval and test
    line = run_refused(config)
    assert "label 'rare' (2 rows: 1 in eval and 1 in test)" in line
    assert "data.stratify: true" in line
    assert not (tmp_path / "out").exists()


def test_texts_named_as_label(config: Path) -> None:
    columns = ("--set", "data.label_column=text", "--set", "data.text_column=label")
    assert "column 'text' has 30 different labels in 30 rows" in run_refused(config, *columns)


@pytest.mark.parametrize("content", ["", "text,label\n"], ids=["nothing", "header only"])
def test_an_empty_file(config: Path, rows: Path, content: str) -> None:
    rows.write_text(content)
    assert "rows.csv" in run_refused(config)


def test_bytes_that_are_no_utf8(config: Path, rows: Path) -> None:
    rows.write_bytes(rows.read_bytes() + "größer,good\n".encode("latin-1"))
    line = run_refused(config)
    assert "UTF-8" in line
    assert "rows.csv" in line


def test_a_refused_run_makes_no_output_folder(config: Path, tmp_path: Path) -> None:
    run_refused(config, "--set", "data.path=none.csv")
    assert not (tmp_path / "out").exists()


def test_the_output_folder_of_the_command_line_wins(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.runners.local import running

    seen: dict[str, object] = {}

    def run_pipeline(config: object, **options: bool) -> dict[str, object]:
        seen.update(options, config=config)
        raise InvalidInputError("enough seen")

    monkeypatch.setattr(running, "run_pipeline", run_pipeline)
    arguments = ["run", "--config", str(config), "--output-dir", "else", "--no-cache", "-v"]
    assert main([*arguments, "--set", "output_dir=set"]) == 2
    assert getattr(seen["config"], "output_dir", None) == "else"
    assert (seen["use_cache"], seen["verbose"]) == (False, True)


def test_an_output_folder_may_look_like_yaml(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.runners.local import running

    seen = []

    def run_pipeline(config: object, **options: bool) -> dict[str, object]:
        seen.append(getattr(config, "output_dir", None))
        raise InvalidInputError("enough seen")

    monkeypatch.setattr(running, "run_pipeline", run_pipeline)
    for name in ("2026", "runs: new", "[a]"):
        main(["run", "--config", str(config), "--output-dir", name])
    assert seen == ["2026", "runs: new", "[a]"]


@pytest.mark.slow
def test_an_encoder_folder_that_is_no_encoder(config: Path, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    arguments = ("--config", str(config), "--set", f"encoder.source={tmp_path / 'encoder'}")
    done = bert_aas("run", *arguments)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert str(tmp_path / "encoder") in line
    assert "tfx" not in done.stdout.splitlines()[-1].split()


@pytest.mark.slow
def test_rows_that_are_longer_than_the_encoder_reads(config: Path, tmp_path: Path) -> None:
    from tests.tiny_encoder import MAX_SEQ_LENGTH, build_tiny_encoder

    encoder = build_tiny_encoder(tmp_path / "encoder")
    arguments = ("--set", f"encoder.source={encoder}", "--set", "transform.max_seq_length=33")
    done = bert_aas("run", "--config", str(config), *arguments)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("Error: `transform.max_seq_length` is 33, but the encoder ")
    assert line.endswith(f"reads at most {MAX_SEQ_LENGTH} tokens")


@pytest.mark.slow
def test_unknown_anomalies(config: Path, tmp_path: Path) -> None:
    from tests.tiny_encoder import build_tiny_encoder

    encoder = build_tiny_encoder(tmp_path / "encoder")
    arguments = (f"encoder.source={encoder}", "transform.max_seq_length=16")
    sets = [part for value in (*arguments, "validate.stop_on=[X]") for part in ("--set", value)]
    done = bert_aas("run", "--config", str(config), *sets)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("Error: `validate.stop_on` has 'X'; allowed are ALL and ")


def test_predict_refuses_without_tensorflow(tmp_path: Path) -> None:
    done = bert_aas("predict", "--model-dir", str(tmp_path), "a text")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert "holds no SavedModel" in done.stderr
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "Missing option '--config'"),
        (["fly"], "No such command 'fly'"),
        (["run", "--confg", "x"], "No such option"),
        (["predict", "--model-dir", "x", "--batch-size", "0", "a"], "0 is not in the range"),
    ],
)
def test_mistakes_in_the_command(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["tfx is not installed"], 1)])
def test_doctor(
    problems: list[str],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pipeline.commands.work.runs.diagnosis.diagnose", lambda: problems)
    assert main(["doctor"]) == code
    marks = [line[0] for line in capsys.readouterr().out.splitlines()]
    assert marks == (["✗"] if problems else ["✓"])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InvalidInputError("no such thing"), 2, "Error: no such thing"),
        (click.UsageError("bad flag"), 2, "Error: bad flag"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
    ],
)
def test_exit_codes_of_errors(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing() -> int:
        raise error

    assert guarded(failing) == code
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (3, 3)])
def test_exit_codes_of_commands(returned: int | None, code: int) -> None:
    assert guarded(lambda: returned) == code


def test_mistakes_of_ours_are_not_hidden() -> None:
    def failing() -> int:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        guarded(failing)


def test_the_home_folder_of_an_option_is_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["run", "--config=~/absent.yaml"]) == 2
    assert f"{tmp_path}/absent.yaml cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_a_module_called_like_an_encoder_is_named_as_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.tiny_encoder import build_tiny_encoder

    build_tiny_encoder(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BERT_AAS_CACHE", str(tmp_path / "cache"))
    command = ["encoder", "cut", "tiny", "--layers", "1", "--output"]
    assert main([*command, "minilm"]) == 0
    assert capsys.readouterr().out.endswith("use it with --set encoder.source=./minilm\n")
    assert main([*command, "my student"]) == 0
    assert capsys.readouterr().out.endswith("use it with --set 'encoder.source=my student'\n")


def test_an_option_that_is_not_utf_8_is_refused_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["encoder", "import", "/data/caf\udce9", "--output", str(tmp_path / "module")]
    assert main(command) == 2
    assert "'/data/caf\\udce9' is not UTF-8; rename it" in capsys.readouterr().err


@pytest.mark.slow
def test_the_end_is_clean_where_a_function_of_tensorflow_lives_to_it() -> None:
    code = (
        # Modules that came before TensorFlow are taken apart after it.
        "import abc, json, logging, os; import tensorflow as tf; from pipeline import cli; "
        "kept = tf.function(lambda: tf.constant(1)).get_concrete_function(); "
        "[setattr(module, 'kept', kept) for module in (json, os, abc, logging)]; del kept; "
        "cli.main = lambda: 0; cli.entry_point()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert "Exception ignored" not in ended.stderr
