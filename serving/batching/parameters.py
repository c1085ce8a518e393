"""TensorFlow Serving's `BatchingParameters`: the fields, their defaults and their file."""

import bisect
import itertools
import os
from collections.abc import MutableSequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.errors import InvalidArgumentError, SettingsError
from serving.runtime.config_messages import config_messages


@dataclass(frozen=True)
class BatchingParameters:
    """How requests to any model are joined into batches.

    Attributes:
        max_batch_size: Most rows of one request; of one batch too unless large ones are split.
        batch_timeout_micros: Longest wait for more rows before a batch that is not full runs.
        max_enqueued_batches: Most batches that wait in one queue.
        num_batch_threads: Batches that run at once, over all models.
        thread_pool_name: Name of the threads that run the batches.
        allowed_batch_sizes: Sizes, increasing, to which batches are padded; empty pads none.
        pad_variable_length_inputs: Whether inputs whose shapes differ beyond the rows are padded.
        enable_large_batch_splitting: Whether a request may be cut over several batches.
        max_execution_batch_size: Most rows of one batch when large ones are split; None is
            `max_batch_size`.

    Source:
        TensorFlow Serving, `session_bundle_config.proto` and `shared_batch_scheduler.h`.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    thread_pool_name: str = "batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int | None = None

    @property
    def batch_limit(self) -> int:
        """Most rows of one batch."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size is not None:
            return self.max_execution_batch_size
        return self.max_batch_size

    @property
    def queue_limit(self) -> int:
        """Most waiting batches; without splitting, upstream takes 0 as 1."""
        if self.enable_large_batch_splitting:
            return self.max_enqueued_batches
        return max(1, self.max_enqueued_batches)

    def executed_rows(self, rows: int) -> int:
        """Return the smallest allowed batch size that holds `rows`; `rows` if there is none."""
        place = bisect.bisect_left(self.allowed_batch_sizes, rows)
        return self.allowed_batch_sizes[place] if place < len(self.allowed_batch_sizes) else rows

    def check(self) -> None:
        """Refuse values that no batch can be formed with.

        Raises:
            InvalidArgumentError: With TensorFlow Serving's text where it has one.
        """
        self._check_numbers()
        sizes = self.allowed_batch_sizes
        if any(left >= right for left, right in itertools.pairwise(sizes)):
            raise InvalidArgumentError(
                "allowed_batch_sizes entries must be monotonically increasing"
            )
        if sizes and sizes[-1] != self.max_batch_size:
            raise InvalidArgumentError(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {self.max_batch_size}"
            )

    def _check_numbers(self) -> None:
        positive = {
            "max_batch_size": self.max_batch_size,
            "max_enqueued_batches": self.queue_limit,
            "num_batch_threads": self.num_batch_threads,
            "max_execution_batch_size": self.batch_limit,
        }
        for name, value in positive.items():
            if value <= 0:
                raise InvalidArgumentError(f"{name} must be positive; was {value}")
        if self.batch_timeout_micros < 0:
            raise InvalidArgumentError(
                f"batch_timeout_micros must be non-negative; was {self.batch_timeout_micros}"
            )
        if self.batch_limit > self.max_batch_size:
            raise InvalidArgumentError(
                "max_execution_batch_size must not exceed max_batch_size; "
                f"was {self.batch_limit} and {self.max_batch_size}"
            )


def read_batching_parameters(path: Path) -> BatchingParameters:
    """Read a text file with the proto `BatchingParameters`.

    Args:
        path: The file.

    Returns:
        The parameters; what the file does not set has its default. They are not checked.

    Raises:
        SettingsError: If the file cannot be read or is not such a proto; the text names it.
    """
    from google.protobuf import text_format

    proto = config_messages().BatchingParameters()
    try:
        text_format.Parse(path.read_text(encoding="utf-8-sig"), proto)
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"Cannot read the batching parameters in {path}: {exc}") from exc
    except text_format.ParseError as exc:
        raise SettingsError(
            f"Error parsing text-format tensorflow.serving.BatchingParameters in {path}: {exc}"
        ) from exc
    return BatchingParameters(**_values(proto))


def _values(proto: Any) -> dict[str, Any]:
    """Return the fields that are set, taken out of their wrappers."""
    values: dict[str, Any] = {}
    for descriptor, value in proto.ListFields():
        if isinstance(value, MutableSequence):
            values[descriptor.name] = tuple(value)
        elif descriptor.message_type is not None:
            values[descriptor.name] = value.value
        else:
            values[descriptor.name] = value
    return values
