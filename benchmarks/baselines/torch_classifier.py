"""The same classifier in PyTorch: `transformers`' BERT and a linear map of its [CLS] vector."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel, BertTokenizerFast

EXPORT = "export.json"


class TorchClassifier(torch.nn.Module):
    """`BertForSequenceClassification` without the pooler, which our classifier lacks, too."""

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Args:
            folder: As written by `export_weights`.
        """
        super().__init__()
        tensors = load_file(folder / "model.safetensors")
        classes, hidden = tensors["classifier.weight"].shape
        config = BertConfig.from_json_file(folder / "config.json")
        self.bert = BertModel(config, add_pooling_layer=False)
        self.classifier = torch.nn.Linear(hidden, classes)
        self.load_state_dict(tensors)
        self.eval()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Classify tokens.

        Args:
            input_ids: int64 `[n, s]`.
            attention_mask: int64 `[n, s]`, 1 for tokens.
            token_type_ids: int64 `[n, s]`.

        Returns:
            Probabilities, float32 `[n, C]`.
        """
        output = self.bert(input_ids, attention_mask, token_type_ids)
        logits = self.classifier(output.last_hidden_state[:, 0])
        return torch.softmax(logits.float(), dim=-1)


class PaddingTokenizer:
    """Hugging Face's fast tokenizer, every text padded to the same length."""

    def __init__(self, folder: Path, length: int) -> None:
        """Load the vocabulary.

        Args:
            folder: As written by `export_weights`.
            length: Tokens that each text is padded to.
        """
        facts = read_facts(folder)
        self._limit = min(length, facts["max_seq_length"])
        self._length = length
        self._tokenizer = BertTokenizerFast(
            str(folder / "vocab.txt"), do_lower_case=facts["do_lower_case"]
        )

    def __call__(self, text: str) -> Any:
        """Tokenize one text; return `input_ids`, `attention_mask`, `token_type_ids`, `[1, s]`."""
        encoding = self._tokenizer(
            text, truncation=True, max_length=self._limit, padding="max_length", return_tensors="pt"
        )
        missing = self._length - self._limit  # padding of 0s beyond what the model was trained on
        return {name: torch.nn.functional.pad(ids, (0, missing)) for name, ids in encoding.items()}


def read_facts(folder: Path) -> Any:
    """Read `export.json`: `max_seq_length`, `do_lower_case`, `classes`."""
    return json.loads((folder / EXPORT).read_text(encoding="utf-8"))
