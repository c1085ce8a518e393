"""Fine-tune the classifier in PyTorch's bfloat16: dynamic padding, length grouping, fused AdamW.

What a team does that knows its tools: autocast, variables in float32, scaled dot-product attention,
rows grouped by length as Hugging Face's Trainer does. Weights, rows, schedule, dropout, clipping
and weight decay are ours.

Usage: python -m benchmarks.baselines.torch_training FOLDER
with a folder of `TrainingCorpus.write_for_torch`; a line of JSON asks, a line answers.

Source:
    `group_by_length` in transformers (`LengthGroupedSampler`): rows are shuffled, fifty batches at
    a time are sorted by length, batches are cut from that.
"""

import copy
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

BATCHES_PER_POOL = 50
EVALUATED_ROWS = 64
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class Rows:
    """A split in memory."""

    def __init__(self, path: Path) -> None:
        """Read what `write_for_torch` wrote."""
        stored = np.load(path)
        self.classes = int(stored["classes"])
        self._labels = torch.from_numpy(stored["labels"])
        ids = torch.from_numpy(stored["word_ids"]).long()
        self._texts = torch.split(ids, stored["lengths"].tolist())

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._texts)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Batch]:
        """Give word ids, mask and labels, grouped by length, padded to the batch's longest row."""
        order = torch.randperm(len(self), generator=generator).tolist()
        pools = [
            order[at : at + size * BATCHES_PER_POOL]
            for at in range(0, len(order), size * BATCHES_PER_POOL)
        ]
        ranked = [i for pool in pools for i in sorted(pool, key=lambda i: -len(self._texts[i]))]
        cut = [ranked[at : at + size] for at in range(0, len(ranked), size)]
        for place in torch.randperm(len(cut), generator=generator).tolist():
            yield self._padded(cut[place])

    def _padded(self, rows: list[int]) -> Batch:
        texts = [self._texts[row] for row in rows]
        ids = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence(
            [torch.ones_like(t) for t in texts], batch_first=True
        )
        return ids, mask, self._labels[rows]


class Classifier(torch.nn.Module):
    """`transformers`' BERT, dropout and a linear map of its [CLS] vector."""

    def __init__(self, folder: Path, classes: int, dropout: float) -> None:
        """Load the encoder; the linear map starts as ours does."""
        super().__init__()
        config = BertConfig.from_json_file(folder / "config.json")
        self.bert = BertModel(config, add_pooling_layer=False)
        tensors = load_file(folder / "model.safetensors")
        self.load_state_dict(tensors, strict=True)
        self.dropout = torch.nn.Dropout(dropout)
        self.classifier = torch.nn.Linear(config.hidden_size, classes)
        torch.nn.init.trunc_normal_(self.classifier.weight, std=0.02, a=-0.04, b=0.04)
        torch.nn.init.zeros_(self.classifier.bias)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Map tokens `[n, s]` to logits `[n, C]`."""
        hidden = self.bert(ids, mask).last_hidden_state
        logits: torch.Tensor = self.classifier(self.dropout(hidden[:, 0]))
        return logits


class Training:
    """One training: model, optimizer, schedule."""

    def __init__(self, folder: Path, params: dict[str, Any]) -> None:
        """Build all that it needs.

        Args:
            folder: Of rows and weights.
            params: Our `TrainParams`.
        """
        torch.manual_seed(params["seed"])
        self._params = params
        self._generator = torch.Generator().manual_seed(params["seed"])
        self.train, self.evaluation, self.test = (
            Rows(folder / f"{name}.npz") for name in ("train", "eval", "test")
        )
        self.model = Classifier(folder, self.train.classes, params["dropout"])
        named = list(self.model.named_parameters())
        plain = [p for name, p in named if "bias" in name or "LayerNorm" in name]
        decayed = [p for name, p in named if not ("bias" in name or "LayerNorm" in name)]
        groups = [
            {"params": decayed, "weight_decay": params["weight_decay"]},
            {"params": plain, "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(
            groups, lr=params["learning_rate"], eps=1e-6, fused=True
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._share)

    def _share(self, step: int) -> float:
        """Tell which share of the learning rate a step has."""
        size, epochs = self._params["batch_size"], self._params["epochs"]
        total = -(-len(self.train) // size) * epochs
        warmup = int(total * self._params["warmup_fraction"])
        if step < warmup:
            return float((step + 1) / warmup)
        return float(max(total - step, 0) / (total - warmup))

    def epoch(self, steps: int | None = None) -> float:
        """Train on all rows once, or on the first batches; return examples per second."""
        self.model.train()
        seen, start = 0, time.perf_counter()
        batches = self.train.batches(self._params["batch_size"], self._generator)
        for number, (ids, mask, labels) in enumerate(batches):
            if steps is not None and number >= steps:
                break
            with torch.autocast("cpu", torch.bfloat16):
                logits = self.model(ids, mask)
            torch.nn.functional.cross_entropy(logits.float(), labels).backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._params["clip_norm"])
            self._optimizer.step()
            self._schedule.step()
            self._optimizer.zero_grad()
            seen += len(labels)
        return seen / (time.perf_counter() - start)

    @torch.inference_mode()
    def accuracy(self, rows: Rows) -> float:
        """Return the share of rows with the right class."""
        self.model.eval()
        right = 0
        for ids, mask, labels in rows.batches(EVALUATED_ROWS, torch.Generator()):
            right += int((self.model(ids, mask).argmax(-1) == labels).sum())
        return right / len(rows)

    def run(self) -> float:
        """Train all epochs; return the held-out accuracy of the best one's weights."""
        best, weights = -1.0, dict[str, torch.Tensor]()
        for _ in range(self._params["epochs"]):
            self.epoch()
            found = self.accuracy(self.evaluation)
            if found > best:
                best, weights = found, copy.deepcopy(self.model.state_dict())
        self.model.load_state_dict(weights)
        return float(self.accuracy(self.test))


def main() -> int:
    """Answer until standard input ends."""
    folder = Path(sys.argv[1])
    lasting: Training | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["action"] == "train":
            answer = {"accuracy": Training(folder, asked["params"]).run()}
        else:
            lasting = lasting or Training(folder, asked["params"])
            answer = {"examples_per_s": lasting.epoch(asked["steps"])}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
