"""The command line `bert-aas`. Heavy imports happen inside the commands: `--help` is instant."""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.plain_text import printable, shell_word
from models.attribution.attributed import DEFAULT_STEPS
from pipeline.console import os_errors
from pipeline.console.messages import print_anything, say
from pipeline.stopping import EXIT_TERMINATED, Terminated, terminated_by_sigterm
from serving.errors import ServingError

EXIT_FAILED = 1
EXIT_REFUSED = 2

QUOTING = ("auto", "quotes", "none")
RUNNERS = ("airflow", "kubeflow", "vertex", "dot", "mermaid")


class _PathType(click.Path):
    """A path of this machine; `~` is the home folder, which shells leave in `--output=~/model`."""

    def convert(self, value: Any, *context: Any) -> Any:
        """Expand the home folder; refuse names that are not UTF-8."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail(f"{str(value)!a} is not UTF-8; rename it.")
        return super().convert(os.path.expanduser(value), *context)  # noqa: PTH111


_FILE = _PathType(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bert-aas")
def cli() -> None:
    """Fine-tune, evaluate, push and serve a BERT text classifier with TensorFlow Extended."""


@cli.command()
@click.option("--config", "config_path", type=_FILE, required=True, help="YAML file, see configs/.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="e.g. train.epochs=2")
@click.option("--output-dir", type=str, help="Folder for everything that is made.")
@click.option("--no-cache", is_flag=True, help="Run every node again.")
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of TFX and TensorFlow.")
def run(
    config_path: Path,
    overrides: tuple[str, ...],
    output_dir: str | None,
    no_cache: bool,
    verbose: bool,
) -> int:
    """Run the whole pipeline on this machine.

    Exit codes: 0 pushed, 3 trained but not blessed, 2 refused input, 1 failure.
    """
    from pipeline.config.pipeline_config import load_config
    from pipeline.runners.local.running import run_pipeline

    config = load_config(config_path, _with_output_dir(overrides, output_dir))
    summary = run_pipeline(config, use_cache=not no_cache, verbose=verbose)
    if summary["error"]:
        say(f"Error: {summary['error']}", error=True)
    from pipeline.runs.summary import EXIT_CODES

    return EXIT_CODES[summary["status"]]


@cli.command("compile")
@click.option("--runner", type=click.Choice(RUNNERS), required=True, help="What will run it.")
@click.option("--config", "config_path", type=_FILE, required=True, help="YAML file, see configs/.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="e.g. train.epochs=2")
@click.option("--output-dir", type=str, help="Folder or URI for everything that runs make.")
@click.option("--output", "output_path", type=_FILE, required=True, help="What to write; - prints.")
@click.option("--no-cache", is_flag=True, help="Every run runs every node.")
def compile_(
    runner: str,
    config_path: Path,
    overrides: tuple[str, ...],
    output_dir: str | None,
    output_path: Path,
    no_cache: bool,
) -> int:
    """Compile the pipeline for an orchestrator, or draw it.

    airflow: a folder for the DAG file to read; kubeflow: a package for Kubeflow Pipelines 2;
    vertex: a job for Vertex AI; dot, mermaid: a picture of the graph.
    """
    from pipeline.commands.packaging import write_package
    from pipeline.config.pipeline_config import load_config

    config = load_config(config_path, _with_output_dir(overrides, output_dir))
    say(write_package(runner, config, output_path, enable_cache=not no_cache), newline=False)
    return 0


@cli.command()
@click.option("--ir", required=True, help="Compiled pipeline: a path, a URI, or a data: URI.")
@click.option("--node", "node_id", required=True, help="Id of the node, e.g. Trainer.")
@click.option("--run-id", required=True, help="Id shared by all nodes of one run.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="e.g. train.epochs=2")
@click.option("--output-dir", type=str, help="Folder or URI for everything that is made.")
@click.option("--pipeline-root", help="Folder or URI of the artifacts; else OUTPUT_DIR/artifacts.")
@click.option("--metadata-url", help="Address of the metadata, as metadata.url.")
@click.option("--report-dir", help="The node that ends the run writes its report here.")
@click.option("--not-pushed-exit-code", default=0, show_default=True, type=click.IntRange(0, 255))
@click.option("--executor-input", help="Kubeflow Pipelines' ExecutorInput, JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of TFX and TensorFlow.")
def node(
    ir: str,
    overrides: tuple[str, ...],
    output_dir: str | None,
    metadata_url: str | None,
    verbose: bool,
    **options: Any,
) -> int:
    """Run one node of a compiled pipeline in this process; orchestrators call this.

    All nodes of a run have the same run id and the same --set. A call that was killed can be
    repeated as it was. Exit codes: 0 the node ended well, 2 refused input, 1 failure, 143 stopped
    by SIGTERM.
    """
    from pipeline.commands.node_process import NodeRequest, run_node_process

    settings = [
        *_with_output_dir(overrides, output_dir),
        *([f"metadata.url={metadata_url}"] if metadata_url else []),
    ]
    with terminated_by_sigterm():
        return run_node_process(NodeRequest(ir, settings=settings, **options), verbose=verbose)


@cli.command()
@click.option("--model-dir", type=_FILE, help="A version folder, or the folder of versions.")
@click.option("--url", help="A server's REST address instead, e.g. http://localhost:8501.")
@click.option("--grpc", help="A server's gRPC address instead, e.g. localhost:8500.")
@click.option("--model-name", help="On a server; needed if it does not serve just one model.")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option("--input", "input_path", type=_FILE, help="CSV, TSV, JSON lines or Parquet.")
@click.option("--text-column", default="text", show_default=True)
@click.option("--text-pair-column", help="For models of pairs of texts.")
@click.option("--encoding", default="auto", show_default=True, help="Of --input, e.g. cp1252.")
@click.option("--separator", default="auto", show_default=True, help="Between fields of CSV, TSV.")
@click.option("--quoting", default="auto", show_default=True, type=click.Choice(QUOTING))
@click.option("--output", "output_path", type=_FILE, help="File to write; its name says how.")
@click.option("--batch-size", default=64, show_default=True, type=click.IntRange(1, 4096))
def predict(
    model_dir: Path | None,
    url: str | None,
    grpc: str | None,
    model_name: str | None,
    **options: Any,
) -> int:
    """Classify texts, or the rows of a file, with a pushed model or a model server.

    A file keeps its rows, order and columns and gains predicted_label, probability and one
    probability_<class> per class.
    """
    from bert_aas.tables.options import checked_options
    from pipeline.predictions.prediction import ModelSource, run_predict

    given = checked_options(*(options.pop(name) for name in ("encoding", "separator", "quoting")))
    return run_predict(ModelSource(model_dir, url, grpc, model_name), options=given, **options)


@cli.command()
@click.option("--model-dir", type=_FILE, required=True, help="A version folder, or their folder.")
@click.argument("texts", nargs=-1, metavar="TEXT...", required=True)
@click.option("--text-pair", "text_pairs", multiple=True, help="For models of pairs, one per TEXT.")
@click.option("--class", "target", help="The class to explain; else the predicted one.")
@click.option("--steps", default=DEFAULT_STEPS, show_default=True, type=click.IntRange(1, 4096))
@click.option("--output", "output_path", type=_FILE, help="HTML page to write as well.")
def explain(model_dir: Path, texts: tuple[str, ...], **options: Any) -> int:
    """Show what each word of a text contributed to its class, with a pushed model.

    Integrated gradients: more --steps are slower and more exact.
    """
    from pipeline.commands.explaining import run_explain

    return run_explain(model_dir, texts, **options)


@cli.command()
@click.option("--output-dir", help="The output folder of the runs.")
@click.option("--metadata-url", help="The address of their metadata instead, as metadata.url.")
@click.argument("run_ids", nargs=-1, metavar="[RUN]...")
@click.option("--compare", "side_by_side", is_flag=True, help="Put the runs side by side.")
@click.option("--last", type=click.IntRange(min=1), help="The newest ones only.")
@click.option("--output", type=_FILE, help="HTML page of the comparison to write as well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def runs(**options: Any) -> int:
    """List past runs, or compare them: parameters, metrics, artifacts.

    For example: bert-aas runs --output-dir output/demo --compare RUN RUN
    """
    from pipeline.commands.listing import ListingRequest, list_runs

    list_runs(ListingRequest(**options))
    return 0


@cli.group()
def encoder() -> None:
    """Bring encoders in, make smaller ones."""


def _use_of(module: Path) -> str:
    """Say how to use a module; a folder may be called like an encoder, or have blanks."""
    from models.encoders.sources import spelt_source

    setting = shell_word(f"encoder.source={spelt_source(module)}")
    return f"wrote {printable(module)}; use it with --set {setting}"


@encoder.command("import")
@click.argument("source", type=_FILE)
@click.option("--output", type=_FILE, required=True, help="Folder of the TF-Hub module to write.")
def import_encoder(source: Path, output: Path) -> int:
    """Turn a Hugging Face BERT checkpoint folder SOURCE into a TF-Hub module."""
    from pipeline.environment import quiet_libraries

    quiet_libraries()
    from models.encoders.importing.huggingface import import_checkpoint

    import_checkpoint(source, output)
    say(_use_of(output))
    return 0


@encoder.command("cut")
@click.argument("source")
@click.option("--layers", type=click.IntRange(min=1), required=True, help="How many to keep.")
@click.option("--output", type=_FILE, required=True, help="Folder of the TF-Hub module to write.")
def cut_encoder(source: str, layers: int, output: Path) -> int:
    """Keep some layers of the encoder SOURCE (as encoder.source), for a student of train.teacher.

    For example: bert-aas encoder cut minilm --layers 3 --output encoders/minilm-3
    """
    from pipeline.environment import quiet_libraries

    quiet_libraries()
    from models.encoders import students
    from models.environment import cache_dir

    kept = students.cut_encoder(source, layers, output, cache_dir())
    say(f"kept the layers {', '.join(map(str, kept))} (the first is 0)")
    say(_use_of(output))
    return 0


@cli.command()
def doctor() -> int:
    """Say what is missing or mismatched in this environment."""
    from pipeline.commands.doctor import diagnose

    problems = diagnose()
    for problem in problems:
        say(f"✗ {problem}")
    if not problems:
        say("✓ everything that a run needs is installed, in versions that work together")
    return EXIT_FAILED if problems else 0


def _with_output_dir(overrides: Sequence[str], output_dir: str | None) -> list[str]:
    return [*overrides, *([f"output_dir={output_dir}"] if output_dir else [])]


def _add_serve() -> None:
    from serving.cli import serve

    cli.add_command(serve, "serve")


_add_serve()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Without the program's name; `None` takes the process's.

    Returns:
        The exit code.
    """
    return guarded(lambda: cli.main(arguments, prog_name="bert-aas", standalone_mode=False))


def guarded(command: Callable[[], Any]) -> int:
    """Turn errors into one sentence and an exit code.

    Args:
        command: Returns an exit code, or `None` for 0.

    Returns:
        The exit code: 2 for what a user can mend.
    """
    try:
        return int(command() or 0)
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted", error=True)
        return 130
    except Terminated:
        with contextlib.suppress(OSError):  # who stops us may no longer read what we say
            say("stopped by SIGTERM", error=True)
        return EXIT_TERMINATED
    except Exception as exc:
        return _refused(exc)


def _refused(error: Exception) -> int:
    """Say what was wrong; what no user can mend is raised again, for its traceback."""
    if isinstance(error, BrokenPipeError):
        _give_up_output()
        return EXIT_FAILED
    if isinstance(error, InvalidInputError | ServingError):
        message, mendable = str(error), not isinstance(error, UnavailableError | ServingError)
    else:
        refused = os_errors.sentence(error)
        if refused is None:
            raise error
        message, mendable = refused, os_errors.is_mendable(error)
    say(f"Error: {message}", error=True)
    return EXIT_REFUSED if mendable else EXIT_FAILED


def _give_up_output() -> None:
    """Write nothing more: who read our output is gone (`bert-aas runs | head`)."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _let_functions_rest() -> None:
    """Keep TensorFlow's functions from tidying up in modules that Python has taken apart.

    Those that live to the end of the process print a traceback each (`AtomicFunction.__del__`).
    """
    module = sys.modules.get("tensorflow.python.eager.polymorphic_function.atomic_function")
    if module is not None and hasattr(module.AtomicFunction, "__del__"):
        del module.AtomicFunction.__del__


def entry_point() -> None:
    """Entry point of the console script."""
    print_anything()
    code = main()
    if code == EXIT_TERMINATED:
        # Threads of libraries that are in the middle of their work would hold the process.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)
    _let_functions_rest()
    sys.exit(code)
