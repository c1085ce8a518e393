import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bert_aas.contracts.model_forms import FOLDER
from serving.engines.errors import EngineUnavailableError
from serving.engines.manifest import Variant, read_variants
from serving.engines.openvino import OpenVinoEngine
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.servables.text_classifier import TOKEN_INPUTS
from tests.serving.engines.tiny_classifier import TYPES, WORDS, expected, token_arrays

ROWS = ([1, 5, 9], [1], [1, 30, 2, 2, 40, 49])


@pytest.fixture(scope="module")
def engine(prepared: Path) -> OpenVinoEngine:
    return OpenVinoEngine(read_variants(prepared))


def test_the_answers_are_those_of_the_model(engine: OpenVinoEngine) -> None:
    answers = engine.run(token_arrays(*ROWS), None)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected(*ROWS), atol=1e-5)


def test_answers_stay_when_the_next_ones_are_computed(engine: OpenVinoEngine) -> None:
    first = engine.run(token_arrays([1, 5]), None)
    engine.run(token_arrays([1, 6]), None)
    np.testing.assert_allclose(first, expected([1, 5]), atol=1e-5)


def test_single_rows_of_fixed_length(prepared: Path) -> None:
    engine = OpenVinoEngine(read_variants(prepared))
    engine.warm_up(20)
    for length in (1, 15, 16, 17, 20, 40):  # compiled for 16; the model takes more than 20
        row = [1, *range(2, 2 + length - 1)]
        np.testing.assert_allclose(engine.run(token_arrays(row), None), expected(row), atol=1e-5)


def test_a_large_model_is_not_compiled_for_each_length(prepared: Path, tmp_path: Path) -> None:
    (small,) = read_variants(prepared)
    large = replace(small, file=tmp_path / "model.xml")
    large.file.write_bytes(small.file.read_bytes())
    weights = large.file.with_suffix(".bin")
    weights.write_bytes(small.file.with_suffix(".bin").read_bytes())
    with weights.open("r+b") as file:
        file.truncate(100_000_001)  # zeros that no operation reads
    assert OpenVinoEngine([small]).fixed_lengths == (16, 32)
    engine = OpenVinoEngine([large])
    assert engine.fixed_lengths == ()
    engine.warm_up(20)
    np.testing.assert_allclose(engine.run(token_arrays(*ROWS), None), expected(*ROWS), atol=1e-5)


def test_arrays_of_any_layout(engine: OpenVinoEngine) -> None:
    tokens = {name: np.asfortranarray(array) for name, array in token_arrays(*ROWS).items()}
    np.testing.assert_allclose(engine.run(tokens, None), expected(*ROWS), atol=1e-5)


def test_many_threads_at_once(engine: OpenVinoEngine) -> None:
    rows = [[1, *range(2, 3 + place % 40)] for place in range(200)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda row: engine.run(token_arrays(row), None), rows))
    np.testing.assert_allclose(np.concatenate(answers), expected(*rows), atol=1e-5)


def test_a_deadline_that_has_passed(engine: OpenVinoEngine) -> None:
    with pytest.raises(DeadlineExceededError, match="before the model had run"):
        engine.run(token_arrays([1, 5]), time.monotonic() - 1)
    np.testing.assert_allclose(engine.run(token_arrays([1, 5]), None), expected([1, 5]), atol=1e-5)


def test_a_deadline_is_kept_within_a_large_batch(engine: OpenVinoEngine) -> None:
    ones = np.ones((4000, 1024), np.int32)  # 1000 runs
    with pytest.raises(DeadlineExceededError):
        engine.run(dict.fromkeys(TOKEN_INPUTS, ones), time.monotonic() + 0.01)
    np.testing.assert_allclose(engine.run(token_arrays([1, 5]), None), expected([1, 5]), atol=1e-5)


def test_a_batch_of_several_runs(engine: OpenVinoEngine) -> None:
    rows = [[1] * 1000 + [2 + place] for place in range(20)]  # 4096 tokens are 4 rows
    np.testing.assert_allclose(engine.run(token_arrays(*rows), None), expected(*rows), atol=1e-5)


def test_a_deadline_that_passes_while_all_are_busy(prepared: Path) -> None:
    busy = OpenVinoEngine(read_variants(prepared))
    busy.close()
    with pytest.raises(DeadlineExceededError, match="before the model was free"):
        busy.run(token_arrays([1]), time.monotonic() + 0.01)


def test_a_failure_has_a_code(engine: OpenVinoEngine) -> None:
    tokens = token_arrays([1, 2])
    tokens["input_mask"] = np.ones((3, 5), np.int32)
    with pytest.raises(ServingError, match="differ in shape") as raised:
        engine.run(tokens, None)
    assert raised.value.code is Code.INTERNAL


def test_no_row_of_the_warm_up_is_longer_than_the_model_takes(
    engine: OpenVinoEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []
    monkeypatch.setattr(
        "serving.engines.openvino._infer",
        lambda _request, tokens, _deadline: shapes.append(tokens["input_mask"].shape),
    )
    engine.warm_up(20)
    assert max(rows for rows, _ in shapes) > 1
    assert max(tokens for _, tokens in shapes) == 20


def test_a_failure_spoils_no_later_answer(engine: OpenVinoEngine) -> None:
    tokens = token_arrays([1, 2])
    with pytest.raises(ServingError):
        engine.run({**tokens, "input_mask": np.ones((3, 5), np.int32)}, None)
    np.testing.assert_allclose(engine.run(tokens, None), expected([1, 2]), atol=1e-5)


def test_what_it_tells_of_itself(engine: OpenVinoEngine) -> None:
    assert engine.name == "openvino f32"
    assert engine.parallel_runs >= 1
    assert engine.table_sizes == {"input_word_ids": WORDS, "input_type_ids": TYPES}


def test_the_first_variant_that_fits_the_cpu(prepared: Path) -> None:
    file = prepared / FOLDER / "model.xml"
    engine = OpenVinoEngine([Variant("tiny", "f8e4m3", file), Variant("plain", "f32", file)])
    assert engine.name == "openvino plain"


def test_no_variant_was_verified_for_this_cpu(prepared: Path) -> None:
    file = prepared / FOLDER / "model.xml"
    with pytest.raises(EngineUnavailableError, match="and the pipeline verified tiny only"):
        OpenVinoEngine([Variant("tiny", "f8e4m3", file)])


def test_a_file_that_openvino_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_text("<net>")
    with pytest.raises(EngineUnavailableError, match=r"model\.xml does not run"):
        OpenVinoEngine([Variant("f32", "f32", tmp_path / "model.xml")])


def test_without_the_package(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EngineUnavailableError, match="OpenVINO cannot be imported"):
        OpenVinoEngine(read_variants(prepared))


def test_a_warm_engine_lets_go_of_the_model_that_it_was_compiled_from(prepared: Path) -> None:
    engine = OpenVinoEngine(read_variants(prepared))
    assert engine._compile_fixed is not None
    engine.warm_up(64)
    assert engine._compile_fixed is None
    engine.close()
