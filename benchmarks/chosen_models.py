"""The options and the models that `engines` and `serving_ladder` have in common."""

import argparse
import importlib.util
from pathlib import Path

from benchmarks.baselines.export_weights import latest_version

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "output" / "demo" / "serving_model"
BASELINE_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
MAX_SEQ_LENGTH = 128


def add_options(parser: argparse.ArgumentParser, rounds: int) -> None:
    """Add the options.

    Args:
        parser: Of the benchmark.
        rounds: How many by default.
    """
    parser.add_argument("--model-dir", type=Path, help="folder of version folders (the demo's)")
    parser.add_argument("--heads", type=int, default=12, help="attention heads of the encoder")
    parser.add_argument("--bert-base", action="store_true", help="a BERT-base with random weights")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--baseline-python", type=Path, default=BASELINE_PYTHON)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="tiny models; see whether it runs")


def small_model(arguments: argparse.Namespace, work: Path) -> Path:
    """Return the model that was chosen; in short runs a tiny one is made if none was.

    Args:
        arguments: The command line.
        work: A folder to write to.

    Returns:
        A folder of version folders.
    """
    if arguments.model_dir or not arguments.short:
        return Path(arguments.model_dir or DEMO)
    from benchmarks import random_models

    vocab = random_models.write_tiny_vocab(work / "vocab.txt")
    config = random_models.tiny_config(vocab)
    length = random_models.TINY_MAX_SEQ_LENGTH
    random_models.export_random_model(config, vocab, length, work / "tiny-model" / "1")
    return work / "tiny-model"


def base_model(small: Path, arguments: argparse.Namespace, work: Path) -> Path:
    """Make a BERT-base with random weights; in short runs, a tiny model in its place.

    Args:
        small: Folder of version folders; its vocabulary is taken.
        arguments: The command line.
        work: A folder to write to.

    Returns:
        A folder of version folders.
    """
    from benchmarks import random_models

    vocab = latest_version(small) / "assets" / "vocab.txt"
    choose = random_models.tiny_config if arguments.short else random_models.base_config
    version = work / "base-model" / "1"
    random_models.export_random_model(choose(vocab), vocab, MAX_SEQ_LENGTH, version)
    if importlib.util.find_spec("openvino") is not None:
        random_models.add_openvino(version)
    return work / "base-model"
