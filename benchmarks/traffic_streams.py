"""Simulated feedback on two versions of a model, read after every single answer."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_aas.traffic.statistics.evidence import Array, differ

AT_ONCE = 256
"""Answers of every stream that are simulated together."""

_Z = 1.959964  # the normal distribution's 97.5th percentile

Reader = Callable[[Array, Array], NDArray[np.bool_]]
"""From totals and numbers, both `[2, streams, answers]`, to where a verdict is reached."""


@dataclass(frozen=True)
class Streams:
    """Streams of feedback.

    Attributes:
        champion: Its true rate.
        challenger: Its true rate.
        share: The challenger's share.
        length: Answers with feedback per stream.
        number: Of streams.
        seed: Of the random numbers.
    """

    champion: float
    challenger: float
    share: float = 0.5
    length: int = 10_000
    number: int = 2_000
    seed: int = 19


def first_verdicts(streams: Streams, reader: Reader) -> Array:
    """Say after how many answers a verdict was reached for the first time.

    Args:
        streams: What is simulated.
        reader: Reads the rewards after every answer.

    Returns:
        One number per stream; infinite where none was reached.
    """
    found = np.full(streams.number, np.inf)
    for start, totals, numbers in _parts(streams):
        waiting = np.isinf(found)
        if not waiting.any():
            break
        reached = reader(totals[:, waiting], numbers[:, waiting])
        first = np.where(reached.any(axis=1), start + reached.argmax(axis=1) + 1, np.inf)
        found[waiting] = first
    return found


def always_valid(share: float, alpha: float = 0.05) -> Reader:
    """Return what our verdicts do."""

    def read(totals: Array, numbers: Array) -> NDArray[np.bool_]:
        flat = differ(totals.reshape(2, -1), numbers.reshape(2, -1), share, alpha)
        return np.asarray(flat.reshape(totals.shape[1:]) & (numbers > 0).all(axis=0))

    return read


def fixed_sample(least: int = 50) -> Reader:
    """Return the test of two shares at 5 %, which may be read once, at a number fixed before.

    Args:
        least: Answers of each version before it is read.

    Returns:
        The reader.
    """

    def read(totals: Array, numbers: Array) -> NDArray[np.bool_]:
        difference, variance = _difference(totals, numbers)
        far = np.abs(difference) > _Z * np.sqrt(variance)
        return np.asarray(far & (numbers >= least).all(axis=0))

    return read


def asymptotic(alpha: float = 0.05, tightest: float = 5_000, least: int = 50) -> Reader:
    """Return the asymptotic confidence sequence, which holds for many answers only.

    Args:
        alpha: Its probability of an error.
        tightest: The number of answers that it is tuned for.
        least: Answers of each version before it is read.

    Returns:
        The reader.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024, "Time-uniform central limit theory and
        asymptotic confidence sequences", arXiv:2103.06476, equation (2).
    """
    loss = -2 * math.log(alpha)
    tuned = (loss + math.log(loss + 1)) / tightest

    def read(totals: Array, numbers: Array) -> NDArray[np.bool_]:
        difference, variance = _difference(totals, numbers)
        grown = numbers.sum(axis=0) * tuned + 1
        factor = 2 * grown / (grown - 1) * np.log(np.sqrt(grown) / alpha)
        return np.asarray(
            (np.abs(difference) > np.sqrt(variance * factor)) & (numbers >= least).all(axis=0)
        )

    return read


def _difference(totals: Array, numbers: Array) -> tuple[Array, Array]:
    rates = totals / np.maximum(numbers, 1)
    variance = (rates * (1 - rates) / np.maximum(numbers, 1)).sum(axis=0)
    ready = (numbers > 0).all(axis=0)
    return np.where(ready, rates[1] - rates[0], 0.0), variance


def _parts(streams: Streams) -> Iterator[tuple[int, Array, Array]]:
    draw = np.random.default_rng(streams.seed)
    totals, numbers = np.zeros((2, 2, streams.number, 1))
    for start in range(0, streams.length, AT_ONCE):
        shape = (streams.number, min(AT_ONCE, streams.length - start))
        challenged = draw.random(shape) < streams.share
        rate = np.where(challenged, streams.challenger, streams.champion)
        right = draw.random(shape) < rate
        arms = np.stack([~challenged, challenged])
        numbers = numbers[..., -1:] + arms.cumsum(axis=-1)
        totals = totals[..., -1:] + (arms & right).cumsum(axis=-1)
        yield start, totals, numbers
