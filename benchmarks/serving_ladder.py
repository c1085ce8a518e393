"""Climb from what teams deploy first to what we ship, and measure every rung over HTTP.

Flask with PyTorch, padded to 128 tokens → the SavedModel padded to 128 → dynamic shape → lower
precision → batching; the same weights, texts, client and cores. Each rung's answers are compared
with the SavedModel's before anything is timed. The rungs take turns in every round.

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
from benchmarks.corpora import Corpus, load_corpora
from benchmarks.figures import machine, percentile, spread, summary, table, write_json
from benchmarks.http_load import Load, run_load
from benchmarks.rungs import (
    ROOT,
    GunicornSettings,
    ModelFolders,
    Rung,
    flask_rung,
    open_all,
    our_rungs,
)

FLASK = "Flask + PyTorch"
REFERENCE = "dynamic shape"
TOLERANCE = 1e-4
EXACT = ("Flask", "SavedModel", REFERENCE)
CHECKED_TEXTS = 8
TEXTS = 2000
TRIAL_S = 2.0
MAX_SEQ_LENGTH = 128
HEAD = ("rung", "texts/s", "x Flask", "p50 ms alone", "p95 ms alone", "client's share of the cores")


@dataclass
class Rounds:
    """What one rung did on one corpus, a value per round."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def main() -> int:
    """Print a table per model and corpus, and write JSON."""
    arguments = parse_arguments()
    corpora = load_corpora(arguments.corpus, TEXTS)
    found: dict[str, Any] = {"machine": machine(), "settings": _settings(arguments), "ladders": {}}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, model in models(arguments, work).items():
            print(f"\n# {name}", flush=True)
            found["ladders"][name] = climb(
                prepare(model, work / name, arguments), corpora, arguments
            )
    found["whole ladder"] = whole_ladder(found["ladders"])
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, help="folder of version folders (the demo's)")
    parser.add_argument("--heads", type=int, default=12, help="attention heads of the encoder")
    parser.add_argument("--bert-base", action="store_true", help="also a random BERT-base")
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=FILE.csv:COLUMN")
    parser.add_argument("--connections", type=int, default=32, help="at saturation")
    parser.add_argument("--length", type=int, default=128, help="tokens of the fixed shape")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="per rung, corpus and round")
    parser.add_argument("--lone-seconds", type=float, default=2.0, help="the same, one connection")
    parser.add_argument(
        "--baseline-python", type=Path, default=ROOT / ".venv-bench" / "bin" / "python"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="a tiny model; see whether it runs")
    arguments = parser.parse_args(given)
    if arguments.short:
        arguments.rounds, arguments.seconds, arguments.lone_seconds = 1, 0.3, 0.1
    elif arguments.model_dir is None:
        arguments.model_dir = ROOT / "output" / "demo" / "serving_model"
    return arguments


def models(arguments: argparse.Namespace, work: Path) -> dict[str, Path]:
    """Choose the models; the random ones are made.

    Args:
        arguments: The command line.
        work: An empty folder.

    Returns:
        Folders of version folders, by name.
    """
    from benchmarks import random_models

    if arguments.model_dir is None:
        vocab = random_models.write_tiny_vocab(work / "vocab.txt")
        config = random_models.tiny_config(vocab)
        random_models.export_random_model(
            config, vocab, random_models.TINY_MAX_SEQ_LENGTH, work / "tiny-model" / "1"
        )
        return {"tiny": work / "tiny-model"}
    chosen = {"fine-tuned": arguments.model_dir}
    if arguments.bert_base:
        vocab = latest_version(arguments.model_dir) / "assets" / "vocab.txt"
        config = random_models.base_config(vocab)
        base = work / "base-model"
        random_models.export_random_model(config, vocab, MAX_SEQ_LENGTH, base / "1")
        chosen["BERT-base, random weights"] = base
    return chosen


def prepare(model: Path, work: Path, arguments: argparse.Namespace) -> ModelFolders:
    """Write the model in the forms that the rungs want.

    Args:
        model: Folder of version folders.
        work: A folder to create.
        arguments: The command line.

    Returns:
        The forms.
    """
    from benchmarks.random_models import export_fixed_shape

    version = latest_version(model)
    folders = ModelFolders(model, work / "fixed", work / "weights")
    export_fixed_shape(version, arguments.length, folders.fixed / "1")
    export_weights(version, folders.weights, arguments.heads)
    return folders


def climb(
    folders: ModelFolders, corpora: Sequence[Corpus], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Start all rungs of one model, check their answers, and measure them.

    Args:
        folders: The model.
        corpora: The texts.
        arguments: The command line.

    Returns:
        Figures by corpus and rung, and how far the answers are from the SavedModel's.
    """
    contexts, left_out = our_rungs(folders, arguments.length)
    if arguments.baseline_python.exists():
        settings = best_settings(folders, arguments)
        title = f"{FLASK}, padded to {arguments.length}"
        flask = flask_rung(
            title, arguments.baseline_python, folders.weights, arguments.length, settings
        )
        contexts.insert(0, flask)
    else:
        left_out.insert(0, f"left out: {FLASK} (no .venv-bench; make setup-bench builds it)")
    for line in left_out:
        print(line)
    with ExitStack() as stack:
        rungs = open_all(contexts, stack)
        agreement = compare_answers(rungs, corpora)
        found = {corpus.name: measure(rungs, corpus, arguments) for corpus in corpora}
    return {"left_out": left_out, "agreement": agreement, "corpora": found}


def best_settings(folders: ModelFolders, arguments: argparse.Namespace) -> GunicornSettings:
    """Try the ways in which a team would share out the cores; return the fastest."""
    cores = len(os.sched_getaffinity(0))
    choices = dict.fromkeys(
        GunicornSettings(*each)
        for each in ((cores, 1, 1), (cores, 2, 1), (1, cores, 1), (1, 1, cores))
    )
    if arguments.short:
        return next(iter(choices))
    rates = {}
    for settings in choices:
        with flask_rung(
            FLASK, arguments.baseline_python, folders.weights, arguments.length, settings
        ) as rung:
            requests = [rung.request("A text of a few words.")]
            run_load(rung.port, requests, arguments.connections, TRIAL_S / 2)
            rates[settings] = run_load(rung.port, requests, arguments.connections, TRIAL_S * 2).rate
        print(f"gunicorn with {settings}: {rates[settings]:.1f} texts/s", flush=True)
    return max(rates, key=lambda settings: rates[settings])


def compare_answers(rungs: Sequence[Rung], corpora: Sequence[Corpus]) -> dict[str, float]:
    """Compare probabilities with those of the SavedModel as it is.

    Args:
        rungs: All of them.
        corpora: Where the texts come from.

    Returns:
        The largest difference of each rung.

    Raises:
        SystemExit: If a rung that computes in float32 is off by more than 1e-4.
    """
    texts = [text for corpus in corpora for text in corpus.texts[:CHECKED_TEXTS]]
    reference = next(rung for rung in rungs if rung.title == REFERENCE)
    expected = [reference.classify(text) for text in texts]
    differences = {}
    for rung in rungs:
        answers = [rung.classify(text) for text in texts]
        largest = max(
            abs(answer[name] - row[name])
            for answer, row in zip(answers, expected, strict=True)
            for name in row
        )
        differences[rung.title] = largest
        if rung.title.startswith(EXACT) and largest > TOLERANCE:
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
    for number in range(-1, arguments.rounds):
        for rung in rungs:
            seconds = arguments.seconds if number >= 0 else arguments.seconds / 4
            sent = requests[rung.title]
            many = run_load(rung.port, sent, arguments.connections, seconds)
            lone = run_load(rung.port, sent, 1, arguments.lone_seconds)
            if number >= 0:  # the first turn warms up
                note(rounds[rung.title], many, lone)
    figures = {title: condense(each) for title, each in rounds.items()}
    first = figures[rungs[0].title]["texts_per_s"]["median"]
    for each in figures.values():
        each["ratio"] = round(each["texts_per_s"]["median"] / first, 2)
    print_table(corpus, figures)
    return figures


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
            *(spread(each[name]) if name in each else "-" for name in ("p50_ms", "p95_ms")),
            f"{each['client_share']['median']:.1%}",
        )
        for title, each in figures.items()
    ]
    print(
        f"\n{corpus.name} ({corpus.mean_words} words on average)\n{table(HEAD, rows)}", flush=True
    )


def whole_ladder(ladders: dict[str, Any]) -> dict[str, float]:
    """Compare the last rung of the first model with the first rung of the last, per corpus.

    Args:
        ladders: By model, the small one first.

    Returns:
        Ratios by corpus; empty with one model.
    """
    if len(ladders) == 1:
        return {}
    small, *_, large = ladders.values()
    ratios = {}
    for name, figures in small["corpora"].items():
        top = [*figures.values()][-1]["texts_per_s"]["median"]
        bottom = next(iter(large["corpora"][name].values()))["texts_per_s"]["median"]
        ratios[name] = round(top / bottom, 1)
        print(f"whole ladder, {name}: {ratios[name]} times BERT-base's first rung")
    return ratios


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what was asked for, as JSON can hold it."""
    names = ("connections", "length", "rounds", "seconds", "lone_seconds", "short")
    return {name: getattr(arguments, name) for name in names}


if __name__ == "__main__":
    raise SystemExit(main())
