"""Compare a teacher with students of fewer layers, taught and untaught: accuracy and speed.

All learn from the same rows and are measured on the same held-out rows, in `train.precision: auto`.
The students are cut from the teacher's encoder as `bert-aas encoder cut` does; the taught one also
learns from the teacher of its seed. Speed is that of the signature `tokens` over the held-out rows
in batches by length; teacher and student take turns.

What is trained stays in `--folder`: a second call goes on there, and then only measures.

Usage: python -m benchmarks.distillation --data reviews.csv --text-column review_body \
           --label-column sentiment --seeds 3 [--folder DIR] [--no-timing] [--json FILE]
"""

import argparse
import csv
import json
import random
import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.keras_compat import keras  # isort: skip - before TensorFlow
import numpy as np
import tensorflow as tf

from benchmarks.figures import machine, spread, summary, table, write_json
from benchmarks.random_models import FEATURES, RandomTransform, tiny_config, write_tiny_vocab
from models.encoders.architecture.bert import BertEncoder, random_weights
from models.encoders.exporting import export_encoder
from models.encoders.resolving import EncoderModule, resolve
from models.encoders.students import cut_encoder
from models.environment import cache_dir
from models.export.signatures import export_model
from models.params import (
    DistillationParams,
    EncoderParams,
    TrainerParams,
    TrainParams,
    TransformParams,
    TuneParams,
)
from models.training.batching import batches_by_length, read_rows
from models.training.fitting import FitRequest, fit, load_data
from models.training.teaching.soft_labels import with_teacher
from models.training.teaching.teachers import resolve_teacher

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_SEED = 3
BATCH_ROWS = 32
MAX_TOKENS = 128
TEACHER, ALONE, TAUGHT = "teacher", "student alone", "student taught"
ACCURACY_FILE = "accuracy.json"
Figures = dict[str, Any]


@dataclass(frozen=True)
class Course:
    """What is the same for all trainings of a call."""

    arguments: argparse.Namespace
    teacher: EncoderModule
    student: EncoderModule
    classes: list[bytes]

    @property
    def folder(self) -> Path:
        """Return where everything is kept."""
        return Path(self.arguments.folder)

    def split(self, name: str) -> str:
        """Return the file of a split."""
        return str(self.folder / f"{name}.gz")

    def model(self, name: str, seed: int) -> Path:
        """Return the folder of a trained model."""
        return self.folder / f"{name.replace(' ', '-')}-{seed}"


class Labels(RandomTransform):
    """Stands in for Transform's output: the encoder's tokenizer, and our classes."""

    def __init__(self, course: Course) -> None:
        """Build the tokenizer; teacher and student share it."""
        encoder = course.teacher
        super().__init__(encoder.vocab_path, encoder.do_lower_case, _max_tokens(encoder))
        self._classes = course.classes

    def vocabulary_by_name(self, name: str) -> list[bytes]:
        """Return the classes; `name` is the only vocabulary there is."""
        del name
        return self._classes


def main() -> int:
    """Print a table and write JSON."""
    arguments = _parser().parse_args()
    if arguments.short:
        _shorten(arguments)
    course = prepare(arguments)
    found: Figures = {"machine": machine(), "settings": _settings(arguments), "accuracy": {}}
    for name in (TEACHER, ALONE, TAUGHT):
        found["accuracy"][name] = [
            train(course, name, seed) for seed in range(1, arguments.seeds + 1)
        ]
    means = {name: statistics.mean(values) for name, values in found["accuracy"].items()}
    found["points_lost"] = {
        name: round(100 * (means[TEACHER] - means[name]), 2) for name in (ALONE, TAUGHT)
    }
    if not arguments.no_timing:
        found["examples_per_s"], found["speed_ratio"] = compare_speed(course, arguments.rounds)
    _print(found)
    write_json(arguments.json, found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "product_reviews.csv")
    parser.add_argument("--text-column", default="review_body")
    parser.add_argument("--label-column", default="sentiment")
    parser.add_argument("--folder", type=Path, default=ROOT / "output" / "bench" / "distillation")
    parser.add_argument("--encoder", default="minilm", help="as `encoder.source`")
    parser.add_argument("--layers", type=int, default=3, help="of the students")
    parser.add_argument("--rows", type=int, help="to train on; default: the rest")
    parser.add_argument("--held-out", type=int, default=2000, help="rows to measure on")
    parser.add_argument("--eval-rows", type=int, default=600, help="to choose the best epoch by")
    parser.add_argument("--teacher-epochs", type=int, default=3)
    parser.add_argument("--student-epochs", type=int, default=4)
    parser.add_argument("--student-learning-rate", type=float, default=2e-4)
    parser.add_argument("--alpha", type=float, default=DistillationParams().alpha)
    parser.add_argument("--temperature", type=float, default=DistillationParams().temperature)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-timing", action="store_true", help="train only")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    return parser


def _shorten(arguments: argparse.Namespace) -> None:
    """Train a tiny random encoder on a few rows."""
    arguments.folder.mkdir(parents=True, exist_ok=True)
    vocab = write_tiny_vocab(arguments.folder / "vocab.txt")
    encoder = arguments.folder / "encoder"
    if not encoder.exists():
        export_encoder(BertEncoder(tiny_config(vocab), random_weights(1)), vocab, True, encoder)
    changes = {"rows": 48, "held_out": 32, "eval_rows": 16, "layers": 1, "rounds": 1}
    epochs = {"teacher_epochs": 1, "student_epochs": 1, "encoder": str(encoder)}
    vars(arguments).update(changes | epochs)


def _settings(arguments: argparse.Namespace) -> Figures:
    kept = set(vars(arguments)) - {"folder", "json", "data", "no_timing"}
    return {"data": arguments.data.name} | {name: vars(arguments)[name] for name in sorted(kept)}


def prepare(arguments: argparse.Namespace) -> Course:
    """Draw the rows, tokenize them as Transform does and cut the student; all of it once.

    Args:
        arguments: Of the command line.

    Returns:
        The course.
    """
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    teacher = resolve(EncoderParams(source=arguments.encoder), cache_dir())
    cut = folder / f"encoder-{arguments.layers}"
    if not cut.exists():
        cut_encoder(arguments.encoder, arguments.layers, cut, cache_dir())
    student = resolve(EncoderParams(source=str(cut)), cache_dir())
    rows = _draw(arguments)
    classes = sorted({label for _, label in rows})
    course = Course(arguments, teacher, student, [name.encode() for name in classes])
    test, rest = rows[: arguments.held_out], rows[arguments.held_out :]
    evaluation, rest = rest[: arguments.eval_rows], rest[arguments.eval_rows :]
    for name, part in (("test", test), ("eval", evaluation), ("train", rest[: arguments.rows])):
        if not Path(course.split(name)).exists():
            _write(course, name, part, classes)
    return course


def _draw(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    with arguments.data.open(encoding="utf-8", newline="") as file:
        found = {
            (row[arguments.text_column], row[arguments.label_column])
            for row in csv.DictReader(file)
            if row[arguments.text_column] and row[arguments.label_column]
        }
    rows = sorted(found)  # the same text is in one split only
    random.Random(SAMPLE_SEED).shuffle(rows)  # noqa: S311 - a sample, no secret
    return rows


def _write(course: Course, name: str, rows: list[tuple[str, str]], classes: list[str]) -> None:
    tokenize = Labels(course).transform_features_layer()
    ids = tokenize({FEATURES.text: tf.constant([text for text, _ in rows])})["input_word_ids"]
    partial = f"{course.split(name)}.new"
    with tf.io.TFRecordWriter(partial, "GZIP") as writer:
        for pieces, (_, label) in zip(ids.to_list(), rows, strict=True):
            example = tf.train.Example()
            features = example.features.feature
            features["input_word_ids"].int64_list.value.extend(pieces)
            features["label"].int64_list.value.append(classes.index(label))
            writer.write(example.SerializeToString())
    Path(partial).rename(course.split(name))


def train(course: Course, name: str, seed: int) -> float:
    """Train one model, unless that has been done, and write it with its signatures.

    Args:
        course: Data and encoders.
        name: Which of the three.
        seed: Of the training; the taught student's teacher has the same.

    Returns:
        The accuracy on the held-out rows.
    """
    folder = course.model(name, seed)
    if not (folder / ACCURACY_FILE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        checkpoints = str(course.folder / "checkpoints" / folder.name)
        params = _params(course, name, seed)
        data = load_data([course.split("train")], [course.split("eval")], len(course.classes))
        data = with_teacher(data, params, course.classes, checkpoints)
        encoder = course.teacher if name == TEACHER else course.student
        request = FitRequest(str(encoder.path), params.encoder, params.train, checkpoints)
        model, state = fit(request, data, len(course.classes))
        export_model(model, Labels(course), FEATURES, str(folder))
        accuracy = _accuracy(model, course)
        (folder / ACCURACY_FILE).write_text(json.dumps(accuracy), encoding="utf-8")
        state.delete()
        keras.backend.clear_session()
    return float(json.loads((folder / ACCURACY_FILE).read_text(encoding="utf-8")))


def _params(course: Course, name: str, seed: int) -> TrainerParams:
    arguments = course.arguments
    settings = TrainParams(
        seed=seed, precision="auto", early_stopping_patience=0, epochs=arguments.teacher_epochs
    ).model_dump()
    if name != TEACHER:
        settings["epochs"] = arguments.student_epochs
        settings["learning_rate"] = arguments.student_learning_rate
    teacher = None
    if name == TAUGHT:
        teacher = resolve_teacher(str(course.model(TEACHER, seed)))
        settings["teacher"] = teacher.path
        settings["distillation"] = {
            "alpha": arguments.alpha,
            "temperature": arguments.temperature,
        }
    encoder = course.teacher if name == TEACHER else course.student
    return TrainerParams(
        features=FEATURES,
        encoder=EncoderParams(source=str(encoder.path)),
        encoder_fingerprint=encoder.fingerprint,
        transform=TransformParams(max_seq_length=_max_tokens(encoder)),
        train=TrainParams.model_validate(settings),
        tune=TuneParams(),
        checkpoint_root=str(course.folder / "checkpoints"),
        code_fingerprint="",
        teacher_fingerprint=teacher.fingerprint if teacher else None,
    )


def _max_tokens(encoder: EncoderModule) -> int:
    return min(MAX_TOKENS, encoder.max_seq_length)


def _accuracy(model: Any, course: Course) -> float:
    right = [
        np.argmax(model.predict_on_batch(features), axis=1) == labels.numpy()
        for features, labels, _ in batches_by_length(read_rows([course.split("test")]), BATCH_ROWS)
    ]
    return float(np.concatenate(right).mean())


def compare_speed(course: Course, rounds: int) -> tuple[Figures, float]:
    """Let teacher and taught student classify the held-out rows in turns.

    Args:
        course: Data; both models of seed 1 are trained.
        rounds: How often each classifies all rows.

    Returns:
        Examples per second of each, and the ratio of the medians.
    """
    batches = [
        each for each, *_ in batches_by_length(read_rows([course.split("test")]), BATCH_ROWS)
    ]
    rows = sum(len(each["input_mask"]) for each in batches)
    loaded = {name: tf.saved_model.load(str(course.model(name, 1))) for name in (TEACHER, TAUGHT)}
    rates: dict[str, list[float]] = {name: [] for name in loaded}
    for turn in range(rounds + 1):
        for name, model in loaded.items():
            classify = model.signatures["tokens"]
            start = time.perf_counter()
            for features in batches:
                classify(**features)["probabilities"].numpy()
            if turn:  # the first round warms up
                rates[name].append(rows / (time.perf_counter() - start))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    figures = {name: summary(values, digits=1) for name, values in rates.items()}
    return figures, round(medians[TAUGHT] / medians[TEACHER], 2)


def _print(found: Figures) -> None:
    speeds = found.get("examples_per_s", {})
    lost = {TEACHER: 0.0, **found["points_lost"]}
    rows = [
        [
            name,
            " ".join(f"{value:.4f}" for value in values),
            f"{statistics.mean(values):.4f}",
            lost[name],
            spread(speeds[name]) if name in speeds else "",
        ]
        for name, values in found["accuracy"].items()
    ]
    print(table(["model", "accuracy by seed", "mean", "points lost", "examples/s"], rows))
    if "speed_ratio" in found:
        print(f"\nthe student is {found['speed_ratio']} times as fast as its teacher")


if __name__ == "__main__":
    raise SystemExit(main())
