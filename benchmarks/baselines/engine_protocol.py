"""How a benchmark times an engine in another process: a line of JSON asks, a line answers."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Engine = Callable[[Ints, Ints, Ints], npt.NDArray[np.float32]]
"""From word ids, mask and type ids `[n, s]` to probabilities `[n, C]`."""

FIRST_PIECE, PIECES = 5, 20


def answer_requests(engine: Engine) -> None:
    """Answer until standard input ends; begin with a line that says that the engine is loaded.

    Args:
        engine: What is measured. A request has `batch`, `length` and `calls`; its answer
            `seconds`, one per call, and the `probabilities` of the last one.
    """
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        tokens = make_tokens(asked["batch"], asked["length"])
        seconds, probabilities = [], np.zeros((0, 0), np.float32)
        for _ in range(asked["calls"]):
            start = time.perf_counter()
            probabilities = engine(*tokens)
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"seconds": seconds, "probabilities": probabilities.tolist()}), flush=True)


def make_tokens(batch: int, length: int) -> tuple[Ints, Ints, Ints]:
    """Make rows without padding; the same in every process.

    Args:
        batch: Rows.
        length: Tokens per row.

    Returns:
        Word ids, mask and type ids, `[batch, length]`.
    """
    generator = np.random.default_rng(batch * 1000 + length)
    word_ids = generator.integers(FIRST_PIECE, FIRST_PIECE + PIECES, (batch, length))
    return word_ids, np.ones_like(word_ids), np.zeros_like(word_ids)


def as_feed(names: tuple[str, str, str], tokens: tuple[Any, Any, Any]) -> dict[str, Any]:
    """Name the three inputs."""
    return dict(zip(names, tokens, strict=True))
