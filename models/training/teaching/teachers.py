"""Find the teacher that a configuration names: a model that an earlier run pushed."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from bert_aas.contracts.errors import InvalidInputError
from models.params import TrainerParams

SIGNATURES = frozenset({"serving_default", "tokenize", "tokens"})
"""What a student asks of its teacher."""

_MODEL_FILE = "saved_model.pb"
_LEFT_OUT = frozenset({"fingerprint.pb"})  # TensorFlow writes a random id into it
_EXTRA_FILES = "assets.extra"
_CHUNK_BYTES = 1 << 20
_WANTED = (
    "the folder of a classifier that a run pushed is needed, e.g. output/demo/serving_model/VERSION"
)


@dataclass(frozen=True)
class Teacher:
    """A classifier on this machine or in a storage, checked.

    Attributes:
        path: Folder of the SavedModel.
        fingerprint: SHA-256 of what decides on its answers.
    """

    path: str
    fingerprint: str


def resolve_teacher(source: str) -> Teacher:
    """Find a teacher, check its signatures and fingerprint its content.

    Args:
        source: A version's folder, or the folder of versions: the newest one is taken. A path or
            an address that TensorFlow reads.

    Returns:
        The teacher.

    Raises:
        InvalidInputError: If there is no such model, or it lacks a signature.
    """
    path = _version(source)
    model = _read(f"{path}/{_MODEL_FILE}", source)
    absent = SIGNATURES - set(model.meta_graphs[0].signature_def)
    if absent:
        raise InvalidInputError(
            f"train.teacher is {source!r}, a SavedModel without the signature "
            f"{', '.join(sorted(absent))}; {_WANTED}."
        )
    return Teacher(path, _fingerprint(path))


def declared_teacher(params: TrainerParams) -> Teacher | None:
    """Find the teacher that a node was declared with.

    Args:
        params: The parameters of the node.

    Returns:
        The teacher, or `None` where the configuration names none.

    Raises:
        InvalidInputError: If there is none at its place, or it is another one.
    """
    source = params.train.teacher
    if source is None:
        return None
    teacher = resolve_teacher(source)
    if teacher.fingerprint != params.teacher_fingerprint:
        raise InvalidInputError(
            f"train.teacher is {source!r}, which is now another model "
            f"({teacher.fingerprint[:16]}…) than when the pipeline was compiled "
            f"({str(params.teacher_fingerprint)[:16]}…); name the folder of one version, "
            "and do not change it."
        )
    return teacher


def is_version(source: str) -> bool:
    """Tell a version's folder from the folder of versions.

    Args:
        source: A path or an address.

    Returns:
        Whether a SavedModel lies in the folder itself.
    """
    return bool(tf.io.gfile.exists(f"{source}/{_MODEL_FILE}"))


def _version(source: str) -> str:
    """Give the folder of the SavedModel."""
    if is_version(source):
        return source
    names = tf.io.gfile.listdir(source) if tf.io.gfile.isdir(source) else []
    numbers = [int(name) for name in (name.rstrip("/") for name in names) if name.isdecimal()]
    versions = [number for number in numbers if is_version(f"{source}/{number}")]
    if not versions:
        raise InvalidInputError(
            f"train.teacher is {source!r}, but there is no SavedModel there; {_WANTED}."
        )
    return f"{source}/{max(versions)}"


def _read(path: str, source: str) -> Any:
    model = saved_model_pb2.SavedModel()
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            model.ParseFromString(file.read())
    except (DecodeError, tf.errors.OpError) as exc:
        raise InvalidInputError(
            f"train.teacher is {source!r}, whose {_MODEL_FILE} cannot be read ({exc}); {_WANTED}."
        ) from exc
    return model


def _fingerprint(path: str) -> str:
    """Hash graph, weights and vocabularies; what the Optimizer put beside them decides nothing."""
    files: dict[str, str] = {}
    for folder, _, names in tf.io.gfile.walk(path):
        inside = PurePosixPath(folder).relative_to(path)
        if _EXTRA_FILES not in inside.parts:
            files |= {str(inside / name): f"{folder}/{name}" for name in set(names) - _LEFT_OUT}
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{_hash(files[name])} {name}\n".encode())
    return digest.hexdigest()


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with tf.io.gfile.GFile(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
