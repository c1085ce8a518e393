from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.params import TrainParams
from models.training.classifier import build_classifier
from models.training.precision import choose_precision, training_in

FIT_CPU = "flags\t\t: fpu sse2 avx512f avx512_bf16\n"
UNFIT_CPU = "flags\t\t: fpu sse2 avx512f avx512_vnni\n"
TOKENS = {
    "input_word_ids": tf.constant([[2, 50, 51, 3], [2, 60, 3, 0]]),
    "input_mask": tf.constant([[1, 1, 1, 1], [1, 1, 1, 0]]),
    "input_type_ids": tf.zeros([2, 4], tf.int32),
}


class Machine:
    """A machine whose devices the test decides."""

    def __init__(self, folder: Path, patches: pytest.MonkeyPatch) -> None:
        self._cpu_facts = folder / "cpuinfo"
        self._patches = patches
        patches.setattr("bert_aas.contracts.cpu.CPU_FACTS", self._cpu_facts)
        patches.setattr("platform.machine", lambda: "x86_64")
        self.has(UNFIT_CPU)

    def has(self, cpu: str, *capabilities: tuple[int, int]) -> None:
        self._cpu_facts.write_text(cpu)
        self._patches.setattr(tf.config, "list_physical_devices", lambda kind: list(capabilities))
        self._patches.setattr(
            tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": gpu}
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("cpu", "capabilities", "expected"),
    [
        (FIT_CPU, (), "bfloat16"),
        ("flags : amx_bf16 amx_tile", (), "bfloat16"),
        (UNFIT_CPU, (), "float32"),
        (FIT_CPU, ((7, 5),), "float16"),
        (FIT_CPU, ((6, 1),), "float32"),  # no tensor cores
        (FIT_CPU, ((8, 0), (8, 0)), "float32"),  # TensorFlow multiplies in TF32 there
        (FIT_CPU, ((7, 0), (6, 1)), "float32"),  # what all of them can do
    ],
)
def test_auto_takes_what_the_devices_multiply(
    machine: Machine, cpu: str, capabilities: tuple[tuple[int, int], ...], expected: str
) -> None:
    machine.has(cpu, *capabilities)

    assert choose_precision("auto") == expected
    assert choose_precision("float32") == "float32"


def test_an_unknown_cpu_trains_in_float32(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bert_aas.contracts.cpu.CPU_FACTS", tmp_path / "absent")

    assert choose_precision("auto") == "float32"


def test_another_kind_of_cpu_trains_in_float32(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has(FIT_CPU)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")

    assert choose_precision("auto") == "float32"


def test_what_the_machine_has_can_be_asked_for(machine: Machine) -> None:
    machine.has(FIT_CPU)
    assert choose_precision("bfloat16") == "bfloat16"

    machine.has(FIT_CPU, (8, 0))
    assert choose_precision("float16") == "float16"


def test_float16_without_a_gpu_is_refused(machine: Machine) -> None:
    with pytest.raises(InvalidInputError, match="float16, which needs a GPU"):
        choose_precision("float16")


@pytest.mark.parametrize("capabilities", [(), ((8, 0),)])
def test_bfloat16_that_would_be_emulated_is_refused(
    machine: Machine, capabilities: tuple[tuple[int, int], ...]
) -> None:
    machine.has(UNFIT_CPU, *capabilities)

    with pytest.raises(InvalidInputError, match="bfloat16, which needs training on a CPU with"):
        choose_precision("bfloat16")


@pytest.mark.parametrize("name", TrainParams.model_fields["precision"].annotation.__args__)  # type: ignore[union-attr]
def test_graphs_outside_the_block_are_left_alone(name: Any) -> None:
    before = _rewrites()

    with training_in(name):
        assert len(_rewrites() - before) == (name in {"bfloat16", "float16"})

    assert _rewrites() == before


def test_the_block_ends_with_an_error_too() -> None:
    before = _rewrites()

    with pytest.raises(KeyError), training_in("bfloat16"):
        raise KeyError

    assert _rewrites() == before


def _rewrites() -> set[str]:
    return {name for name, on in tf.config.optimizer.get_experimental_options().items() if on}


@pytest.fixture(scope="module")
def losses_and_gradients(tiny_encoder: Path) -> dict[str, tuple[float, list[Any]]]:
    """The same step of training in both formats; bfloat16 needs a CPU that has it."""
    model = build_classifier(str(tiny_encoder), num_classes=3, dropout=0.0)

    @tf.function
    def step() -> Any:
        with tf.GradientTape() as tape:
            logits = model(TOKENS, training=False)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant([0, 2]), logits)
            )
        return loss, tape.gradient(loss, model.trainable_variables)

    found: dict[str, tuple[float, list[Any]]] = {}
    for precision in ("float32", choose_precision("auto")):
        with training_in(precision):
            loss, gradients = step()
        dense = [tf.convert_to_tensor(g).numpy() for g in gradients if g is not None]
        found[precision] = float(loss), dense
    if "bfloat16" not in found:
        pytest.skip("this CPU does not multiply bfloat16")
    return found


def test_bfloat16_agrees_with_float32(
    losses_and_gradients: dict[str, tuple[float, list[Any]]],
) -> None:
    (loss, gradients), (narrow_loss, narrow) = losses_and_gradients.values()

    # bfloat16 keeps 8 bits of the fraction: each product is off by up to 2^-8.
    assert narrow_loss == pytest.approx(loss, rel=2**-7)
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    error = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(gradients, narrow, strict=True)))
    assert 0 < error < 2**-5 * norm


def test_gradients_reach_every_variable_in_bfloat16(
    losses_and_gradients: dict[str, tuple[float, list[Any]]],
) -> None:
    (_, gradients), (_, narrow) = losses_and_gradients.values()

    reached = [bool(gradient.any()) for gradient in gradients]
    assert sum(reached) > 30
    assert [bool(gradient.any()) for gradient in narrow] == reached
    assert all(gradient.dtype == np.float32 for gradient in narrow)
