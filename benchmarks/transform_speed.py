"""Measure the way of a review from CSV to tokenized TFRecord, beside its tokenization alone.

ExampleGen to Transform on generated reviews of growing number, each size in a process of its own,
bound to one core; before it, the tokenizer in a graph over texts in memory, in batches. What counts
is the processor's microseconds for each further row (the start of the nodes left out), and memory.

Usage: python -m benchmarks.transform_speed --rows 10000 100000 1000000
"""

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data_nodes import ROOT, generate, measure
from benchmarks.figures import machine, summary, table, write_json

TEXT_COLUMN = "review_body"
NODES = ("ExampleGen", "StatisticsGen", "Transform")
PATH = ("ExampleGen", "Transform")
TEXTS = 10_000
SHORT = (200, 400)
BATCH = 1024
MAX_SEQ_LENGTH = 128
MICRO = 1e6

Figures = dict[str, Any]


def main() -> int:
    """Print a line of JSON for each size, then the table of further rows."""
    arguments = parse_arguments()
    if arguments.child:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(tokenize(arguments.rounds) if arguments.child < 0 else of(arguments)))
        return 0
    counts, rounds = (SHORT, 1) if arguments.short else (arguments.rows, arguments.rounds)
    tokenizer = in_own_process(-1, rounds)
    print(json.dumps(tokenizer), flush=True)
    sizes = []
    for rows in counts:
        sizes.append(in_own_process(rows, rounds))
        print(json.dumps(sizes[-1]), flush=True)
    steps = [
        further(small, large, tokenizer["us_per_row"]["median"])
        for small, large in itertools.pairwise(sizes)
    ]
    print(table([*steps[0]], [[*step.values()] for step in steps]) if steps else "")
    found = {"machine": machine(), "tokenizer": tokenizer, "sizes": sizes, "further": steps}
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5, help="of the tokenizer alone")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    parser.add_argument("--child", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def in_own_process(rows: int, rounds: int) -> Figures:
    """Measure one size.

    Args:
        rows: Number of rows; negative for the tokenizer alone.
        rounds: Rounds of the tokenizer.

    Returns:
        What the process printed last.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.transform_speed"]
    command += ["--child", str(rows), "--rounds", str(rounds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.stderr)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def of(arguments: argparse.Namespace) -> Figures:
    """Run the data nodes of one size."""
    return measure(arguments.child, 1)


def tokenize(rounds: int) -> Figures:
    """Tokenize texts in memory with the pipeline's own tokenizer.

    Args:
        rounds: How often, after one that warms up.

    Returns:
        Tokens per row, and microseconds of the processor per row.
    """
    import tensorflow as tf

    from models.encoders.resolving import resolve
    from models.environment import cache_dir
    from models.params import EncoderParams
    from models.text.tokenizer import BertTokenizer, read_vocab

    vocab = read_vocab(resolve(EncoderParams(), cache_dir()).vocab_path)
    tokenizer = BertTokenizer(vocab, True, MAX_SEQ_LENGTH)
    call = tf.function(
        lambda texts: tokenizer.tokenize(texts).word_ids,
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    texts = generated_texts()
    batches = [tf.constant(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
    seconds = []
    for _ in range(rounds + 1):
        started = time.process_time()
        tokens = sum(int(call(batch).values.shape[0]) for batch in batches)
        seconds.append(time.process_time() - started)
    rates = summary([value / len(texts) * MICRO for value in seconds[1:]])
    return {"tokens_per_row": round(tokens / len(texts), 1), "us_per_row": rates}


def generated_texts() -> list[str]:
    """Return the texts of generated reviews."""
    with tempfile.TemporaryDirectory() as folder:
        generate(TEXTS, Path(folder, "reviews"))
        texts = []
        for path in sorted(Path(folder, "reviews").iterdir()):
            with path.open(encoding="utf-8", newline="") as file:
                texts += [row[TEXT_COLUMN] for row in csv.DictReader(file)]
    return texts


def further(small: Figures, large: Figures, tokenizer_us: float) -> Figures:
    """Compare two sizes.

    Args:
        small: Figures of the smaller one.
        large: Figures of the larger one.
        tokenizer_us: Microseconds per row of the tokenizer alone.

    Returns:
        A row of the table: microseconds per further row by node, how many times the tokenizer's
        the whole path takes, and MiB per 1,000 further rows. The peak is that of all nodes,
        StatisticsGen's among them.
    """
    rows = large["rows"] - small["rows"]
    longer = {
        name: (large["cpu_seconds_by_node"][name] - small["cpu_seconds_by_node"][name])
        / rows
        * MICRO
        for name in NODES
    }
    path = sum(longer[name] for name in PATH)
    growth = (large["peak_memory_mib"] - small["peak_memory_mib"]) / rows * 1000
    return {
        "rows": f"{small['rows']:,} to {large['rows']:,}",
        "tokenizer alone, us": tokenizer_us,
        **{f"{name}, us": round(value, 1) for name, value in longer.items()},
        "CSV to TFRecord, us": round(path, 1),
        "times the tokenizer": round(path / tokenizer_us, 1),
        "peak MiB": large["peak_memory_mib"],
        "MiB per 1,000 rows": round(growth, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
