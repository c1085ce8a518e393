"""Climb from what teams deploy first to what we ship, and measure every rung over HTTP.

Flask with PyTorch, padded to 128 tokens → the SavedModel padded to 128 → dynamic shape → lower
precision → batching; the same weights, texts, client and cores. With `--bert-base` these steps come
first for a model of that size, so the last rung stands beside the very first. Each rung's answers
are compared with the SavedModel's before anything is timed. The rungs take turns in every round.

Usage: python -m benchmarks.serving_ladder --model-dir output/demo/serving_model [--bert-base]
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.baselines.export_weights import export_weights, latest_version
from benchmarks.chosen_models import add_options, base_model, small_model
from benchmarks.corpora import Corpus, load_corpora
from benchmarks.figures import machine, percentile, spread, summary, table, write_json
from benchmarks.http_load import Load, run_load
from benchmarks.ladder_chart import write_chart
from benchmarks.rungs import (
    FLASK,
    REFERENCE,
    GunicornSettings,
    ModelFolders,
    Rung,
    flask_rung,
    open_all,
    our_rungs,
)

TOLERANCE = 1e-4
EXACT = (FLASK, "SavedModel", REFERENCE)
CHECKED_TEXTS = 4
TEXTS = 2000
TRIAL_S = 1.5
FEW = 4  # connections where nothing is measured: what is left of them at the end is soon answered
HEAD = (
    "rung",
    "texts/s",
    "x first",
    "x same model's first",
    "p50 ms alone",
    "p95 ms alone",
    "client's share of the cores",
)


@dataclass
class Rounds:
    """What one rung did on one corpus, a value per round."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def main() -> int:
    """Print a table per corpus, and write JSON and a chart."""
    arguments = parse_arguments()
    corpora = load_corpora(arguments.corpus, TEXTS)
    found: dict[str, Any] = {"machine": machine(), "settings": _settings(arguments)}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        contexts, found["left_out"] = list_rungs(arguments, Path(folder))
        rungs = open_all(contexts, stack)
        found["agreement"] = compare_answers(rungs, corpora)
        found["corpora"] = {}
        for corpus in corpora:  # a run that is stopped leaves what it has measured
            found["corpora"][corpus.name] = measure(rungs, corpus, arguments)
            write_json(arguments.json, found)
            write_chart(arguments.chart, found["corpora"])
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, rounds=3)
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=FILE.csv:COLUMN")
    parser.add_argument("--connections", type=int, default=32, help="at saturation")
    parser.add_argument("--length", type=int, default=128, help="tokens of the fixed shape")
    parser.add_argument("--seconds", type=float, default=2.5, help="per rung, corpus and round")
    parser.add_argument("--lone-seconds", type=float, default=1.0, help="the same, one connection")
    parser.add_argument("--warm-up-seconds", type=float, default=8.0, help="per rung and corpus")
    parser.add_argument("--name", default="MiniLM", help="what the tables call the model")
    parser.add_argument("--chart", type=Path, help="an SVG to write")
    arguments = parser.parse_args(given)
    if arguments.short:
        arguments.rounds, arguments.seconds, arguments.lone_seconds = 1, 0.3, 0.1
        arguments.warm_up_seconds = 0.3
    return arguments


def list_rungs(arguments: argparse.Namespace, work: Path) -> tuple[list[Any], list[str]]:
    """Prepare the models, the large one first, and list their rungs.

    Args:
        arguments: The command line.
        work: An empty folder.

    Returns:
        The rungs as unopened contexts, and a line for each that is left out.
    """
    small = small_model(arguments, work)
    models = {arguments.name: small}
    if arguments.bert_base:
        models = {"BERT-base": base_model(small, arguments, work), **models}
    contexts, left_out = [], []
    for name, model in models.items():
        folders = prepare(name, model, work / name, arguments)
        ours, missing = our_rungs(folders, arguments.length)
        if arguments.baseline_python.exists():
            settings = best_settings(folders, arguments)
            ours.insert(
                0, flask_rung(folders, arguments.baseline_python, arguments.length, settings)
            )
        else:
            missing.insert(0, f"left out: {name}: {FLASK} (no .venv-bench; make setup-bench)")
        contexts += ours
        left_out += missing
    print(*left_out, sep="\n", flush=True)
    return contexts, left_out


def prepare(name: str, model: Path, work: Path, arguments: argparse.Namespace) -> ModelFolders:
    """Write a model in the forms that the rungs want.

    Args:
        name: What the tables call it.
        model: Folder of version folders.
        work: A folder to create.
        arguments: The command line.

    Returns:
        The forms.
    """
    from benchmarks.random_models import export_fixed_shape

    version = latest_version(model)
    folders = ModelFolders(name, model, work / "fixed", work / "weights")
    export_fixed_shape(version, arguments.length, folders.fixed / "1")
    export_weights(version, folders.weights, arguments.heads)
    return folders


def best_settings(folders: ModelFolders, arguments: argparse.Namespace) -> GunicornSettings:
    """Try the ways in which a team would share out the cores; return the fastest."""
    cores = len(os.sched_getaffinity(0))
    choices = dict.fromkeys(
        GunicornSettings(*each) for each in ((cores, 1, 1), (1, cores, 1), (1, 1, cores))
    )
    if arguments.short:
        return next(iter(choices))
    rates = {}
    for settings in choices:
        with flask_rung(folders, arguments.baseline_python, arguments.length, settings) as rung:
            requests = [rung.request("A text of a few words.")]
            run_load(rung.port, requests, FEW, TRIAL_S / 3)
            rates[settings] = run_load(rung.port, requests, FEW, TRIAL_S).rate
        print(
            f"{folders.name}, gunicorn with {settings}: {rates[settings]:.1f} texts/s", flush=True
        )
    return max(rates, key=lambda settings: rates[settings])


def compare_answers(rungs: Sequence[Rung], corpora: Sequence[Corpus]) -> dict[str, float]:
    """Compare probabilities with those of the same model's SavedModel as it is.

    Args:
        rungs: All of them.
        corpora: Where the texts come from.

    Returns:
        The largest difference of each rung.

    Raises:
        SystemExit: If a rung that computes in float32 is off by more than 1e-4.
    """
    texts = [text for corpus in corpora for text in corpus.texts[:CHECKED_TEXTS]]
    references = {rung.model: rung for rung in rungs if rung.kind == REFERENCE}
    expected = {name: [rung.classify(text) for text in texts] for name, rung in references.items()}
    differences = {}
    for rung in rungs:
        largest = max(
            abs(probability - row[name])
            for text, row in zip(texts, expected[rung.model], strict=True)
            for name, probability in rung.classify(text).items()
        )
        differences[rung.title] = largest
        if rung.kind.startswith(EXACT) and largest > TOLERANCE:
            raise SystemExit(
                f"{rung.title}: probabilities differ by {largest:.1e} from {REFERENCE}."
            )
    return differences


def measure(rungs: Sequence[Rung], corpus: Corpus, arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the rungs take turns on one corpus, and print their table.

    Args:
        rungs: In order; the first is what the others are compared with.
        corpus: The texts.
        arguments: The command line.

    Returns:
        Figures by rung.
    """
    rounds = {rung.title: Rounds() for rung in rungs}
    requests = {rung.title: [rung.request(text) for text in corpus.texts] for rung in rungs}
    for rung in rungs:  # an engine prepares its operations for each new shape of a batch
        warm_up_s = arguments.warm_up_seconds
        run_load(rung.port, requests[rung.title], arguments.connections, warm_up_s)
    for _ in range(arguments.rounds):
        for rung in rungs:
            sent = requests[rung.title]
            many = run_load(rung.port, sent, arguments.connections, arguments.seconds)
            lone = run_load(rung.port, sent, 1, arguments.lone_seconds)
            note(rounds[rung.title], many, lone)
    figures = {title: condense(each) for title, each in rounds.items()}
    add_ratios(rungs, figures)
    print_table(corpus, figures)
    return figures


def add_ratios(rungs: Sequence[Rung], figures: dict[str, Any]) -> None:
    """Compare each rung's texts per second with the first rung's and with its own model's first.

    Args:
        rungs: In order.
        figures: By title; gets `ratio` and `model_ratio`.
    """
    firsts: dict[str, float] = {}
    for rung in rungs:
        rate = figures[rung.title]["texts_per_s"]["median"]
        first = firsts.setdefault(rung.model, rate)
        lowest = figures[rungs[0].title]["texts_per_s"]["median"]
        figures[rung.title]["ratio"] = round(rate / lowest, 2)
        figures[rung.title]["model_ratio"] = round(rate / first, 2)


def note(rounds: Rounds, many: Load, lone: Load) -> None:
    """Add one round."""
    rounds.rates.append(many.rate)
    rounds.shares.append(many.client_share)
    if lone.latencies_ms:
        rounds.p50.append(percentile(lone.latencies_ms, 0.5))
        rounds.p95.append(percentile(lone.latencies_ms, 0.95))


def condense(rounds: Rounds) -> dict[str, Any]:
    """Turn a rung's rounds into medians and spread."""
    alone = rounds.p50 and {"p50_ms": summary(rounds.p50), "p95_ms": summary(rounds.p95)}
    return {
        "texts_per_s": summary(rounds.rates, 1),
        "client_share": summary(rounds.shares, 3),
        **(alone or {}),
    }


def print_table(corpus: Corpus, figures: dict[str, Any]) -> None:
    """Print one corpus' table."""
    rows = [
        (
            title,
            spread(each["texts_per_s"]),
            each["ratio"],
            each["model_ratio"],
            *(spread(each[name]) if name in each else "-" for name in ("p50_ms", "p95_ms")),
            f"{each['client_share']['median']:.1%}",
        )
        for title, each in figures.items()
    ]
    print(
        f"\n{corpus.name} ({corpus.mean_words} words on average)\n{table(HEAD, rows)}", flush=True
    )


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what was asked for, as JSON can hold it."""
    names = (
        "connections",
        "length",
        "rounds",
        "seconds",
        "lone_seconds",
        "warm_up_seconds",
        "short",
    )
    return {name: getattr(arguments, name) for name in names}


if __name__ == "__main__":
    raise SystemExit(main())
