"""Read the tensors of a Hugging Face checkpoint under the names of our encoder."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.families import BERT, Family

Array = npt.NDArray[np.float32]
Tensors = dict[str, Array]

SINGLE_FILE = "model.safetensors"
SHARD_INDEX = "model.safetensors.index.json"

_EMBEDDINGS = {
    "word_embeddings/embeddings": "embeddings.word_embeddings.weight",
    "position_embedding/embeddings": "embeddings.position_embeddings.weight",
    "type_embeddings/embeddings": "embeddings.token_type_embeddings.weight",
}
# Module paths; `{}` is the layer's number in both names.
_MODULES = {
    "embeddings/layer_norm": "embeddings.LayerNorm",
    "embeddings/projection": "embeddings_project",
    "layer_{}/attention/output": "encoder.layer.{}.attention.output.dense",
    "layer_{}/attention/layer_norm": "encoder.layer.{}.attention.output.LayerNorm",
    "layer_{}/intermediate": "encoder.layer.{}.intermediate.dense",
    "layer_{}/output": "encoder.layer.{}.output.dense",
    "layer_{}/output/layer_norm": "encoder.layer.{}.output.LayerNorm",
    "pooler": "pooler.dense",
}
_SELF_ATTENTION = "encoder.layer.{}.attention.self.{}"


class CheckpointWeights:
    """Values for `BertEncoder`, from tensors with the names of Hugging Face's `BertModel`.

    PyTorch keeps a linear map as `[outputs, inputs]`; kernels are transposed here, and query, key
    and value put side by side.
    """

    def __init__(self, source: Path, tensors: Mapping[str, Array], family: Family = BERT) -> None:
        """Keep the tensors.

        Args:
            source: The checkpoint folder, named in messages.
            tensors: As `read_tensors` gives them.
            family: Whose names they have.
        """
        self._source = source
        self._tensors = {family.bert_name(name): tensor for name, tensor in tensors.items()}
        self._stored = {family.bert_name(name): name for name in tensors}
        self._family = family

    def __call__(self, name: str, shape: tuple[int, ...]) -> Array:
        """Give the value of one variable, or refuse a checkpoint that lacks it or its shape.

        Args:
            name: Its name in `BertEncoder`.
            shape: Its shape.

        Returns:
            float32 of that shape.
        """
        if name in _EMBEDDINGS:
            return self._embeddings(_EMBEDDINGS[name], shape)
        module, kind = name.rsplit("/", 1)
        layer = module.split("/")[0].removeprefix("layer_")
        if module.endswith("attention/qkv"):
            parts = [_SELF_ATTENTION.format(layer, part) for part in ("query", "key", "value")]
            third = (*shape[:-1], shape[-1] // 3)
            return np.concatenate([self._parameter(p, kind, third) for p in parts], axis=-1)
        theirs = _MODULES[module.replace(f"layer_{layer}", "layer_{}", 1)].format(layer)
        if theirs == "pooler.dense" and f"{theirs}.weight" not in self._tensors:
            return _identity(shape)
        return self._parameter(theirs, kind, shape)

    def _embeddings(self, name: str, shape: tuple[int, ...]) -> Array:
        if "token_type" in name and not self._family.has_types:
            return np.zeros(shape, np.float32)
        unused = self._family.unused_positions if "position" in name else 0
        return self._take(name, (shape[0] + unused, *shape[1:]))[unused:]

    def _parameter(self, module: str, kind: str, shape: tuple[int, ...]) -> Array:
        """Take a module's `kernel`, `gamma` or `bias`."""
        if kind == "kernel":
            kernel: Array = self._take(f"{module}.weight", shape[::-1]).T
            return kernel
        return self._take(f"{module}.{'weight' if kind == 'gamma' else kind}", shape)

    def _take(self, name: str, shape: tuple[int, ...]) -> Array:
        """Take one tensor and check its shape."""
        if name not in self._tensors:
            raise InvalidInputError(
                f"The checkpoint in {self._source} has no tensor {self._family.own_name(name)}; "
                f"the weights of {self._family.called} are needed."
            )
        tensor, name = self._tensors[name], self._stored[name]
        if tensor.shape != shape:
            raise InvalidInputError(
                f"The tensor {name} in {self._source} has shape {list(tensor.shape)}; by its "
                f"config.json it must be {list(shape)}."
            )
        if tensor.dtype.kind in "biuc":  # not "f" alone: bfloat16 is of no kind that NumPy knows
            raise InvalidInputError(
                f"The tensor {name} in {self._source} holds {tensor.dtype}; floats are needed, not "
                "quantized weights."
            )
        with np.errstate(over="ignore"):  # the next lines tell what was too large
            value: Array = tensor.astype(np.float32)
        if not np.isfinite(value).all():
            raise InvalidInputError(
                f"The tensor {name} in {self._source} has values that are not finite in float32 "
                "(NaN or infinity); fetch the checkpoint again, or train it again."
            )
        return value


def read_tensors(source: Path) -> Tensors:
    """Read all tensors of a checkpoint folder, single file or shards.

    Args:
        source: Folder with `model.safetensors`, or with `model.safetensors.index.json` and the
            files that it names.

    Returns:
        Tensors by their stored names; floats of any precision as stored.

    Raises:
        InvalidInputError: If there are none, or a file cannot be read.
    """
    tensors: Tensors = {}
    for path in _weight_files(source):
        try:
            tensors.update(load_file(path))
        except (OSError, SafetensorError, TypeError, ValueError) as exc:
            raise InvalidInputError(
                f"{path} cannot be read as safetensors ({exc}); fetch the checkpoint again."
            ) from exc
    return tensors


def _weight_files(source: Path) -> list[Path]:
    """List the safetensors files of a checkpoint."""
    if (source / SINGLE_FILE).is_file():
        return [source / SINGLE_FILE]
    index = source / SHARD_INDEX
    if not index.is_file():
        raise InvalidInputError(
            f"{source} has no {SINGLE_FILE} (nor {SHARD_INDEX}); only weights in safetensors "
            f"format can be imported{_conversion(source)}."
        )
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InvalidInputError(
            f"{index} cannot be read ({exc!r}); a JSON object with a weight_map is needed."
        ) from exc
    return [source / Path(str(name)).name for name in sorted(names)]  # never outside the folder


def _conversion(source: Path) -> str:
    """Say how to convert other weights that are there: PyTorch's files can run code when read."""
    others = ("pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5")
    found = next((name for name in others if (source / name).is_file()), None)
    if found is None:
        return ""
    from_tf = ", from_tf=True" if found == "tf_model.h5" else ""
    return (
        f"; where transformers and PyTorch are installed, and you trust its {found}, convert it: "
        f'python -c "from transformers import AutoModel; '
        f"AutoModel.from_pretrained({str(source)!r}{from_tf}).save_pretrained("
        f"{f'{source}-safetensors'!r}, safe_serialization=True)\", and copy its tokenizer's files "
        "there, too"
    )


def _identity(shape: tuple[int, ...]) -> Array:
    """Give the pooler that changes nothing: unit kernel, zero bias."""
    return np.eye(shape[0], dtype=np.float32) if len(shape) == 2 else np.zeros(shape, np.float32)  # noqa: PLR2004
