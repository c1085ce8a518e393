"""A 2-layer random BERT with a vocabulary of about sixty pieces, for tests that need an encoder."""

from pathlib import Path

from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.encoders.exporting import export_encoder

HIDDEN_SIZE = 16
MAX_SEQ_LENGTH = 32
VOCAB = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"##{letter}" for letter in "adegilnorsty"),
    *(".", ",", "!", "?", "'", "-"),
    *("the", "and", "not", "very", "good", "bad", "fine", "shirt", "shoes", "movie", "fits"),
    *("love", "hate", "##ed", "##ing"),
]


def build_tiny_encoder(output: Path, seed: int = 0, do_lower_case: bool = True) -> Path:
    """Write the tiny TF-Hub module into `output` (a new folder) and return that path."""
    config = BertConfig(
        vocab_size=len(VOCAB),
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_SEQ_LENGTH,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    vocab = output.with_name(f"{output.name}-vocab.txt")
    vocab.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    encoder = BertEncoder(config, random_weights(seed, deviation=0.2))
    export_encoder(encoder, vocab, do_lower_case, output)
    vocab.unlink()
    return output
