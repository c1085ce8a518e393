"""Ask `baselines.torch_training`, a process of the baselines' environment, for trainings."""

import json
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from models.params import TrainParams

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
STOP_LIMIT_S = 30


class TorchTraining(AbstractContextManager["TorchTraining"]):
    """A process that trains when it is asked to; in the meantime it waits."""

    def __init__(self, python: Path, folder: Path) -> None:
        """Start it.

        Args:
            python: Of the baselines' environment.
            folder: As `TrainingCorpus.write_for_torch` left it.
        """
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.baselines.torch_training", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __exit__(self, *exception: object) -> None:
        """Stop it."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        self._process.wait(STOP_LIMIT_S)

    def accuracy(self, params: TrainParams) -> float:
        """Train and evaluate.

        Args:
            params: Hyperparameters.

        Returns:
            Accuracy of the best epoch's weights on the held-out rows.
        """
        return float(self._ask(params, "train")["accuracy"])

    def rate(self, params: TrainParams, steps: int | None = None) -> float:
        """Train one more epoch of a training that lasts, or its first steps.

        Args:
            params: Hyperparameters.
            steps: At most.

        Returns:
            Examples per second.
        """
        return float(self._ask(params, "rate", steps)["examples_per_s"])

    def _ask(self, params: TrainParams, action: str, steps: int | None = None) -> Any:
        process = self._process
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        asked = {"action": action, "steps": steps, "params": params.model_dump(mode="json")}
        print(json.dumps(asked), file=process.stdin, flush=True)
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the PyTorch baseline ended; its message is above")
        return json.loads(answer)
