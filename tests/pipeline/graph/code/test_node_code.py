"""A changed module changes the fingerprints of exactly the nodes that execute it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.graph.catalogue.order import catalogue
from pipeline.graph.code import node_code
from pipeline.graph.code.fingerprint import PACKAGES, PROJECT_ROOT
from pipeline.graph.code.node_code import node_fingerprint

TRAINING = {"Tuner", "Trainer"}
WITHOUT_COMPONENTS = {*TRAINING, "SchemaGen"}

CHANGED = [
    ("bert_aas/tables/formats/json_lines.py", {"ExampleGen"}),
    ("components/example_gen/reading/rows.py", {"ExampleGen"}),
    ("bert_aas/tables/formats/dialects.py", {"ExampleGen"}),
    ("components/example_gen/driver.py", {"ExampleGen"}),
    ("components/preparer/deciding.py", {"Preparer"}),
    ("bert_aas/preparation/comparing/duplicates.py", {"Preparer"}),
    ("components/statistics_gen/limits.py", {"StatisticsGen"}),
    ("components/example_validator/anomalies.py", {"ExampleValidator"}),
    ("components/bias_detector/counting.py", {"BiasDetector"}),
    ("components/model_bias_detector/predicting.py", {"ModelBiasDetector"}),
    ("models/export/answering.py", {"ModelBiasDetector"}),
    ("bert_aas/bias/metrics.py", {"BiasDetector", "ModelBiasDetector"}),
    ("bert_aas/bias/predicted/formulas.py", {"ModelBiasDetector"}),
    ("components/transform/transforming.py", {"Transform"}),
    ("models/preprocessing.py", {"Transform"}),
    ("models/text/text_cleaning.py", {"Transform"}),
    ("components/feature_writer/rows.py", {"FeatureWriter"}),
    ("bert_aas/features/ingesting.py", {"FeatureWriter"}),
    ("bert_aas/features/snapshots.py", {"ExampleGen", "Transform", "FeatureWriter"}),
    ("bert_aas/features/store.py", {"ExampleGen", "Transform", "FeatureWriter"}),
    ("models/tuning.py", {"Tuner"}),
    ("models/training/fitting.py", TRAINING),
    ("components/optimizer/comparing/judging.py", {"Optimizer"}),
    ("components/model_resolver/strategy.py", {"Resolver"}),
    ("components/evaluator/metrics.py", {"Evaluator"}),
    ("components/evaluator/verdict.py", {"Evaluator"}),
    ("bert_aas/conditions/evaluating.py", {"Evaluator", "ModelBiasDetector"}),
    ("bert_aas/behaviour/cases.py", {"Evaluator"}),
    ("bert_aas/bias/files.py", {"BiasDetector", "ModelBiasDetector", "Evaluator"}),
    ("components/explainer/explaining.py", {"Explainer"}),
    ("bert_aas/explanations/deletion.py", {"Explainer"}),
    ("models/attribution/attribution.py", {"Explainer"}),
    ("components/infra_validator/runner.py", {"InfraValidator"}),
    ("serving/batching/plan.py", {"InfraValidator"}),
    ("components/pusher/publishing.py", {"Pusher"}),
    ("components/pusher/driver.py", {"Pusher"}),
    ("components/registrar/gathering.py", {"Registrar"}),
    ("bert_aas/registry/store.py", {"Registrar", "Pusher"}),
    # What several share.
    ("components/cache_key_driver.py", {"ExampleGen", "Registrar", "Pusher"}),
    (
        "components/tfrecords.py",
        {
            *("ExampleGen", "Preparer", "BiasDetector", "Transform", "FeatureWriter", "Evaluator"),
            "Explainer",
            "ModelBiasDetector",
            "Registrar",
        },
    ),
    ("models/text/tokenizer.py", {"Transform", *TRAINING, "Explainer"}),
    ("bert_aas/preparation/texts/steps.py", {"Preparer", "Transform"}),
    (
        "bert_aas/preparation/label_rules.py",
        {"ExampleGen", "Preparer", "Transform", "FeatureWriter", *TRAINING},
    ),
    ("bert_aas/preparation/params.py", {"Preparer", "Transform", "FeatureWriter", *TRAINING}),
    ("models/params.py", {"Transform", "FeatureWriter", *TRAINING}),
    ("models/training/batching.py", {*TRAINING, "Optimizer"}),
    ("components/__init__.py", set(catalogue()) - WITHOUT_COMPONENTS),
    # What no node executes.
    ("components/evaluator/component.py", set()),
    ("components/bias_detector/component.py", set()),
    ("components/explainer/component.py", set()),
    ("components/model_bias_detector/component.py", set()),
    ("pipeline/graph/told/evaluation.py", set()),
    ("pipeline/report/charts/svg.py", set()),
    ("serving/client/texts.py", set()),
    # The public face: `bert_aas` is the parent of `bert_aas.*`, but leads to nothing.
    ("bert_aas/public.py", set()),
    ("bert_aas/version.py", set()),
    ("pipeline/predictions/answers.py", set()),
    ("pipeline/runners/notebook/opening.py", set()),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    for package in PACKAGES:
        shutil.copytree(
            PROJECT_ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return folder


def fingerprints(root: Path) -> dict[str, str]:
    return {name: node_fingerprint(name, root=root) for name in catalogue()}


@pytest.fixture(scope="module")
def before(copy: Path) -> dict[str, str]:
    return fingerprints(copy)


def run_again(before: dict[str, str], root: Path) -> set[str]:
    """Name the nodes whose fingerprint is another one."""
    return {name for name, found in fingerprints(root).items() if found != before[name]}


@pytest.mark.parametrize(("module", "nodes"), CHANGED, ids=[module for module, _ in CHANGED])
def test_a_changed_module(copy: Path, before: dict[str, str], module: str, nodes: set[str]) -> None:
    path = copy / module
    content = path.read_text(encoding="utf-8")
    path.write_text(f"{content}\nCHANGED = True\n", encoding="utf-8")
    try:
        assert run_again(before, copy) == nodes
    finally:
        path.write_text(content, encoding="utf-8")


def test_every_node_with_code_of_ours_is_among_them() -> None:
    seen = set().union(*(nodes for _, nodes in CHANGED))
    assert seen == {name for name, entry in catalogue().items() if entry.code.modules}
    assert set(catalogue()) - seen == {"SchemaGen"}  # TFX's alone


def test_a_comment_and_a_docstring_in_every_module_change_nothing(
    copy: Path, before: dict[str, str], tmp_path: Path
) -> None:
    for path in copy.rglob("*.py"):
        changed = tmp_path / path.relative_to(copy)
        changed.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_text(encoding="utf-8").removeprefix('"""')
        start = '"""Changed. ' if content != path.read_text(encoding="utf-8") else ""
        changed.write_text(f"{start}{content}\n# changed\n", encoding="utf-8")
    assert run_again(before, tmp_path) == set()


@pytest.mark.parametrize(
    ("library", "nodes"),
    [
        ("tensorflow-model-analysis", {"Evaluator"}),
        ("tensorflow-data-validation", {"StatisticsGen", "SchemaGen", "ExampleValidator"}),
        ("nncf", {"Optimizer"}),
        ("keras-tuner", {"Tuner"}),
        ("tf-keras", TRAINING),
        ("tensorflow-transform", {"Transform"}),
        ("pyarrow", {"ExampleGen", "Preparer", "FeatureWriter"}),
        ("rensa", {"Preparer"}),
        ("duckdb", {"FeatureWriter"}),
        ("tfx", set(catalogue())),
        ("requests", set()),
    ],
)
def test_another_release_of_a_library(
    monkeypatch: pytest.MonkeyPatch,
    other_releases: None,
    copy: Path,
    before: dict[str, str],
    library: str,
    nodes: set[str],
) -> None:
    known = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "99.0" if name == library else known(name)
    )
    assert run_again(before, copy) == nodes


@pytest.fixture
def other_releases(before: dict[str, str]) -> Iterator[None]:
    """Forget the releases that were looked up, before and after."""
    node_code._release.cache_clear()
    yield
    node_code._release.cache_clear()


def test_every_process_and_every_copy_has_the_same(before: dict[str, str]) -> None:
    code = (
        "from pipeline.graph.catalogue.order import catalogue\n"
        "from pipeline.graph.code.node_code import node_fingerprint\n"
        "for name in reversed(catalogue()): print(name, node_fingerprint(name))"
    )
    command = [sys.executable, "-c", code]
    printed = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert dict(line.split() for line in printed.splitlines()) == before


def test_a_service_runs_another_function_of_transform() -> None:
    assert node_fingerprint("Transform", service=True) != node_fingerprint("Transform")
    assert node_fingerprint("Evaluator", service=True) == node_fingerprint("Evaluator")


@pytest.mark.parametrize(
    "module", ["components/transform/transforming.py", "models/encoder_preprocessing.py"]
)
def test_a_services_transform_holds_executor_and_function(copy: Path, module: str) -> None:
    before = node_fingerprint("Transform", service=True, root=copy)
    path = copy / module
    content = path.read_text(encoding="utf-8")
    path.write_text(f"{content}\nCHANGED = True\n", encoding="utf-8")
    try:
        assert node_fingerprint("Transform", service=True, root=copy) != before
    finally:
        path.write_text(content, encoding="utf-8")


def test_a_node_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="the node Oracle is not in the catalogue"):
        node_fingerprint("Oracle")
