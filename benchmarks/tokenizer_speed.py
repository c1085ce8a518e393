"""Compare tokens per second on one core: our tokenizer in a graph and Hugging Face's `tokenizers`.

Both take the same texts in the same batches, cut at the same length, and must give the same ids.
Ours starts from a tensor of strings, as in Transform and in the server; theirs from a list of
strings, without offsets (`encode_batch_fast`), to a list of ids. They take turns, bound to one
core; what counts is the time of the processor, so that other processes there do little harm.

Usage: python -m benchmarks.tokenizer_speed [--vocab VOCAB]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.corpora import Corpus, load_corpora
from benchmarks.figures import machine, spread, summary, table, write_json

BATCH_SIZES = (32, 128, 512, 1024, 4096)
TEXTS = 8192
MAX_SEQ_LENGTH = 128
HEAD = ("batch", "tokenizers, tokens/s", "ours, tokens/s", "ratio", "ours: clean-up's share")
SHORT_TEXTS = 64

Tokenize = Callable[[Any], list[list[int]]]


def main() -> int:
    """Print a table per corpus, and write JSON."""
    arguments = parse_arguments()
    bind_to_one_core()
    corpora = load_corpora(arguments.corpus, SHORT_TEXTS if arguments.short else TEXTS)
    with tempfile.TemporaryDirectory() as folder:
        vocab = arguments.vocab or find_vocab(Path(folder), arguments.short)
        contenders = build_contenders(vocab)
    found: dict[str, Any] = {"machine": machine(), "corpora": {}}
    for corpus in corpora:
        found["corpora"][corpus.name] = compare(contenders, corpus, arguments)
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocab", type=Path, help="word pieces, uncased (the bundled encoder's)")
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=FILE.csv:COLUMN")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=BATCH_SIZES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see whether it runs")
    arguments = parser.parse_args(given)
    if arguments.short:
        arguments.rounds, arguments.batch_sizes = 1, (32,)
    return arguments


def bind_to_one_core() -> None:
    """Keep every thread that is started from now on on one core, and theirs to one thread."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # Read by `tokenizers` when it is imported; there is no function for it.
    os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")  # noqa: TID251


def find_vocab(folder: Path, tiny: bool) -> Path:
    """Return the bundled encoder's word pieces, or for a short run single letters."""
    if tiny:
        from benchmarks.random_models import write_tiny_vocab

        return write_tiny_vocab(folder / "vocab.txt")
    from models.encoders.resolving import resolve
    from models.environment import cache_dir
    from models.params import EncoderParams

    return resolve(EncoderParams(), cache_dir()).vocab_path


def build_contenders(vocab: Path) -> dict[str, Any]:
    """Build both tokenizers over a vocabulary.

    Args:
        vocab: Word pieces, one per line; uncased.

    Returns:
        `theirs` from a list of strings and `ours` from a tensor to ids, `clean` from a tensor to
        cleaned texts: the first part of ours.
    """
    import tensorflow as tf
    from transformers import BertTokenizerFast

    from models.text.text_normalization import TextNormalizer
    from models.text.tokenizer import MAX_WORD_CHARACTERS, BertTokenizer, read_vocab

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    theirs = BertTokenizerFast(str(vocab), do_lower_case=True).backend_tokenizer
    theirs.enable_truncation(MAX_SEQ_LENGTH)
    tokenizer = BertTokenizer(read_vocab(vocab), True, MAX_SEQ_LENGTH)
    normalizer = TextNormalizer(True, MAX_WORD_CHARACTERS, "\N{REPLACEMENT CHARACTER}")
    signature = [tf.TensorSpec([None], tf.string)]
    return {
        "theirs": lambda texts: [each.ids for each in theirs.encode_batch_fast(texts)],
        "ours": tf.function(
            lambda texts: tokenizer.tokenize(texts).word_ids, input_signature=signature
        ),
        "clean": tf.function(normalizer, input_signature=signature),
    }


def compare(
    contenders: dict[str, Any], corpus: Corpus, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Let both take turns at every batch size, and print the table.

    Args:
        contenders: As `build_contenders` gives them.
        corpus: The texts.
        arguments: The command line.

    Returns:
        Figures per batch size.
    """
    tokens = check_equal(contenders, corpus.texts)
    found = []
    for size in arguments.batch_sizes:
        seconds = take_turns(contenders, corpus.texts, size, arguments.rounds)
        medians = {name: summary(values, 6)["median"] for name, values in seconds.items()}
        rates = {
            name: summary([tokens / value for value in seconds[name]], 0)
            for name in ("theirs", "ours")
        }
        ratio = round(medians["theirs"] / medians["ours"], 2)
        share = round(medians["clean"] / medians["ours"], 2)
        found.append({"batch": size, **rates, "ratio": ratio, "clean_up_share": share})
    rows = [
        (
            each["batch"],
            spread(each["theirs"]),
            spread(each["ours"]),
            each["ratio"],
            f"{each['clean_up_share']:.0%}",
        )
        for each in found
    ]
    print(
        f"\n{corpus.name} ({corpus.mean_words} words on average)\n{table(HEAD, rows)}", flush=True
    )
    return found


def check_equal(contenders: dict[str, Any], texts: Sequence[str]) -> int:
    """Compare the ids of both.

    Args:
        contenders: As `build_contenders` gives them.
        texts: All texts.

    Returns:
        How many tokens there are.

    Raises:
        SystemExit: If they differ.
    """
    import tensorflow as tf

    theirs = contenders["theirs"](list(texts))
    ours = contenders["ours"](tf.constant(texts)).to_list()
    for text, one, other in zip(texts, theirs, ours, strict=True):
        if one != other:
            raise SystemExit(f"The tokenizers disagree on {text!r}: {one} and {other}.")
    return sum(map(len, ours))


def take_turns(
    contenders: dict[str, Any], texts: Sequence[str], size: int, rounds: int
) -> dict[str, list[float]]:
    """Run all over all texts, in turn.

    Args:
        contenders: As `build_contenders` gives them.
        texts: All texts.
        size: Texts per batch.
        rounds: How often, after one that warms up.

    Returns:
        Seconds per round.
    """
    import tensorflow as tf

    batches = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
    tensors = [tf.constant(batch) for batch in batches]
    given = {"theirs": batches, "ours": tensors, "clean": tensors}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-1, rounds):
        for name, call in contenders.items():
            start = time.process_time()
            for batch in given[name]:
                call(batch)
            if number >= 0:
                seconds[name].append(time.process_time() - start)
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
