"""Kinds of checkpoints: what each calls its sizes and tensors, in the words of BERT."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
_DISTILBERT_SIZES = {
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size",
    "activation": "hidden_act",
    "dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
}
_DISTILBERT_MODULES = {
    "attention.q_lin": "attention.self.query",
    "attention.k_lin": "attention.self.key",
    "attention.v_lin": "attention.self.value",
    "attention.out_lin": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm",
    "ffn.lin1": "intermediate.dense",
    "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}
_ELECTRA_WIDTH = 128  # of the embeddings, where its config.json says nothing


@dataclass(frozen=True)
class Family:
    """A kind of checkpoint.

    Attributes:
        name: Its `model_type`.
        called: What messages call it.
        byte_level: Whether its tokenizer is byte-level; else it has word pieces.
        has_types: Whether it has embeddings of token types.
        unused_positions: Rows of the position embeddings before that of the first token.
        head: Name of a trained head's dense layer, which then maps the first token's vector.
        not_taken: The beginning of tensors' names that only a model has that is not taken, and what
            that model is.
    """

    name: str
    called: str
    byte_level: bool = False
    has_types: bool = True
    unused_positions: int = 0
    head: str | None = None
    not_taken: tuple[str, str] | None = None

    def bert_name(self, name: str) -> str:
        """Translate a tensor's stored name to that of `BertModel` in PyTorch."""
        name = name.removeprefix(f"{self.name}.")
        for old, new in _OLD_NAMES.items():
            name = name.replace(old, new)
        if self.name == "distilbert":
            return _renamed(name, r"transformer\.layer\.(\d+)\.", "encoder.layer.")
        return name

    def own_name(self, name: str) -> str:
        """Translate a name of `BertModel`'s tensor to that of this kind."""
        if self.name != "distilbert":
            return name
        back = {theirs: ours for ours, theirs in _DISTILBERT_MODULES.items()}
        return _renamed(name, r"encoder\.layer\.(\d+)\.", "transformer.layer.", back)

    def bert_config(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Translate a `config.json` to that of a BERT with the same layers."""
        found = dict(values)
        if self.name == "distilbert":
            found = {_DISTILBERT_SIZES.get(name, name): value for name, value in values.items()}
            found |= {"type_vocab_size": 2, "layer_norm_eps": 1e-12}
        if self.name == "electra":
            width = values.get("embedding_size") or _ELECTRA_WIDTH
            found["embedding_size"] = None if width == values.get("hidden_size") else width
        else:
            found.pop("embedding_size", None)
        positions = values.get("max_position_embeddings")
        if self.unused_positions and isinstance(positions, int):
            found["max_position_embeddings"] = positions - self.unused_positions
        found.pop("cls_head", None)
        return found


def _renamed(
    name: str, layer: str, new_layer: str, modules: Mapping[str, str] = _DISTILBERT_MODULES
) -> str:
    """Rename a tensor of a layer."""
    match = re.match(layer, name)
    if match is None:
        return name
    module, _, kind = name[match.end() :].rpartition(".")
    return f"{new_layer}{match[1]}.{modules.get(module, module)}.{kind}"


BERT = Family("bert", "a BERT encoder")
ROBERTA = Family(
    "roberta",
    "a RoBERTa encoder",
    byte_level=True,
    unused_positions=2,  # padding's is 1, and the first token's the next
    head="classifier.dense",
)
DISTILBERT = Family("distilbert", "a DistilBERT encoder", has_types=False)
ELECTRA = Family(
    "electra",
    "an ELECTRA discriminator",
    not_taken=("generator_", "ELECTRA's generator"),
)

FAMILIES = {family.name: family for family in (BERT, ROBERTA, DISTILBERT, ELECTRA)}
