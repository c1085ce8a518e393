"""TensorFlow and TF Text in one process, over the C API, again and again.

With TensorFlow 2.20 and newer more than half of the processes ended at random ("Check failed: key
not found"), unless the libraries' symbols are global: the addresses in a process decide.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from serving.runtime.tensorflow_releases import symbols_must_be_global
from tests.serving.batching.exported_text_model import export_text_model

ROOT = Path(__file__).parents[3]
PROCESSES = 10
LOADS = 3
CALLS = 7
TOLERANCE = 0.01
CODE = f"""
import json
import sys
from pathlib import Path
import numpy as np
from serving.servables.saved_model import load_saved_model
texts = np.array([b"good", b"bad and good"], dtype=object)
answers = []
for _ in range({LOADS}):
    model = load_saved_model("m", 1, Path(sys.argv[1]))
    (given,) = model.signatures["serving_default"].inputs
    for _ in range({CALLS}):
        outputs = model.call("serving_default", {{given: texts}})
        answers.append(outputs["probabilities"].tolist())
print(json.dumps(answers))
"""


@pytest.mark.parametrize(
    ("version", "are_global"),
    [
        (b"2.16.2", False),
        (b"2.19.1", False),
        (b"2.20.0", True),
        (b"2.21.0-rc1", True),
        (b"3.0.0", True),
    ],
)
def test_since_which_release_symbols_are_global(version: bytes, *, are_global: bool) -> None:
    assert symbols_must_be_global(version) is are_global


@pytest.mark.slow
@pytest.mark.both_stacks
def test_every_process_answers(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = export_text_model(tmp_path_factory, None)
    command = [sys.executable, "-c", CODE, str(folder)]
    answers = []
    for number in range(PROCESSES):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"process {number}: {done.returncode} {done.stderr[-500:]}"
        answers += json.loads(done.stdout)
    assert len(answers) == PROCESSES * LOADS * CALLS
    assert np.ptp(answers, axis=0).max() < TOLERANCE
    assert np.ptp(answers[0]) > TOLERANCE  # the weights decide something
