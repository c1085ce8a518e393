"""Cut a smaller encoder out of an encoder: fewer layers, everything else unchanged."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.architecture.bert import BertConfig, BertEncoder, Weights
from models.encoders.exporting import CONFIG_FILE, check_new, export_encoder
from models.encoders.resolving import EncoderModule, resolve
from models.params import EncoderParams


def cut_encoder(source: str, layers: int, output: Path, cache_dir: Path) -> list[int]:
    """Write a module that keeps some layers of another one; complete or not at all.

    Embeddings, pooler, vocabulary and sizes stay. The student is a start for fine-tuning: what its
    layers compute together was never trained.

    Args:
        source: As `encoder.source`; the module must tell its shape, as those do that
            `bert-aas encoder import` and this function write.
        layers: How many to keep, at least 1 and fewer than there are.
        output: The module folder to create; absent or empty.
        cache_dir: Where imported and extracted modules are kept.

    Returns:
        The kept layers, by their number in the source.

    Raises:
        InvalidInputError: If the source's layers cannot be told apart, it has not more than
            `layers`, or something is at `output` already.
    """
    check_new(output)
    module = resolve(EncoderParams(source=source), cache_dir)
    config = _read_config(module, source)
    if not 1 <= layers < config.num_hidden_layers:
        raise InvalidInputError(
            f"The encoder {source} has {config.num_hidden_layers} layers; a student of it keeps "
            f"at least 1 and at most {config.num_hidden_layers - 1}, not {layers}."
        )
    kept = kept_layers(config.num_hidden_layers, layers)
    smaller = config.model_copy(update={"num_hidden_layers": layers})
    student = BertEncoder(smaller, _weights_of(module, kept))
    export_encoder(student, module.vocab_path, module.do_lower_case, output)
    return kept


def kept_layers(available: int, wanted: int) -> list[int]:
    """Choose layers at even distances, the first and the last among them.

    Args:
        available: Layers of the source, at least `wanted`.
        wanted: Layers of the student, at least 1.

    Returns:
        Numbers of layers, ascending; one layer is the first.

    Source:
        Sanh et al. 2019, "DistilBERT", section 3, arXiv:1910.01108 (one layer out of two); for 12
        and 6 the choice is that of its published script `extract_distilbert.py`: 0, 2, 4, 7, 9, 11.
    """
    return [round(place * (available - 1) / max(wanted - 1, 1)) for place in range(wanted)]


def _read_config(module: EncoderModule, source: str) -> BertConfig:
    """Read the shape that the module carries."""
    path = module.vocab_path.with_name(CONFIG_FILE)
    try:
        return BertConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as exc:
        raise InvalidInputError(
            f"The encoder {source} does not say how its layers are built (it has no "
            f"assets/{CONFIG_FILE}), so none can be taken out; a module that this version of "
            "`bert-aas encoder import` wrote is needed."
        ) from exc


def _weights_of(module: EncoderModule, kept: list[int]) -> Weights:
    """Give the variables' values by their names in the student."""
    values = {variable.name.removesuffix(":0"): variable for variable in _variables(module)}

    def weights(name: str, shape: tuple[int, ...]) -> Any:
        place, _, rest = name.partition("/")
        if place.startswith("layer_"):
            name = f"layer_{kept[int(place.removeprefix('layer_'))]}/{rest}"
        return tf.ensure_shape(values[name], shape).numpy()

    return weights


def _variables(module: EncoderModule) -> list[tf.Variable]:
    return list(tf.saved_model.load(str(module.path)).variables)
