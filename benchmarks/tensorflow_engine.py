"""The SavedModel's `tokens` signature, timed by `benchmarks.engines`.

Usage: python -m benchmarks.tensorflow_engine VERSION_FOLDER THREADS
"""

import sys
from typing import Any

from benchmarks.baselines.engine_protocol import answer_requests, as_feed

NAMES = ("input_word_ids", "input_mask", "input_type_ids")


def main() -> int:
    """Load the model and answer requests."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the model's operations

    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[2]))
    loaded = tf.saved_model.load(sys.argv[1])
    signature = loaded.signatures["tokens"]

    def engine(*tokens: Any) -> Any:
        given = tuple(tf.constant(each, tf.int32) for each in tokens)
        return signature(**as_feed(NAMES, given))["probabilities"].numpy()

    answer_requests(engine)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
