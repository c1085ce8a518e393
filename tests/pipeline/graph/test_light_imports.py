"""What a node's process does not import before it knows that it has work to do."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

HEAVY = ("tensorflow", "tfx.components.trainer", "tensorflow_data_validation", "kubernetes")
PROGRAM = """
import sys
from pipeline.graph.light_imports import import_launcher
import_launcher(remote_files={remote})
import pipeline.nodes.node
{more}
"""


def run(more: str, *, remote: bool = False) -> str:
    program = PROGRAM.format(remote=remote, more=more)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_launcher_comes_alone() -> None:
    assert run(f"print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_storages_that_tensorflow_reads_bring_it_along() -> None:
    assert run("print('tensorflow' in sys.modules)", remote=True) == "True"


def test_tensorflow_can_be_imported_afterwards() -> None:
    assert run("import tensorflow; print(int(tensorflow.constant(2) + 1))") == "3"


def test_a_component_can_be_imported_alone_and_then_all() -> None:
    more = (
        "import tfx.components.pusher.executor; "
        "print('tfx.components.trainer' in sys.modules); "
        "from tfx.components import Trainer, Pusher; "
        "print(Trainer.__name__, Pusher.__name__)"
    )
    assert run(more).split() == ["False", "Trainer", "Pusher"]


@pytest.mark.both_stacks
def test_tfma_is_loaded_by_its_first_name() -> None:
    more = (
        "from tensorflow_model_analysis.proto import config_pb2; "
        "print('tensorflow_model_analysis.metrics' in sys.modules); "
        "from components.evaluator.tfma_compat import tfma; "
        "print(tfma.EvalConfig is config_pb2.EvalConfig, tfma.metrics.__name__)"
    )
    assert run(more).split() == ["False", "True", "tensorflow_model_analysis.metrics"]


@pytest.mark.both_stacks
def test_a_graph_can_be_compiled_afterwards() -> None:
    more = (
        "from pipeline.config.pipeline_config import PipelineConfig; "
        "from pipeline.graph.compiling import compile_config; "
        "config = PipelineConfig.model_validate({'name': 'toy', 'data': {'path': '/rows.csv'}}); "
        "nodes = compile_config(config).ir.nodes; "
        "print('Evaluator' in [node.pipeline_node.node_info.id for node in nodes])"
    )
    assert run(more) == "True"


def test_an_unknown_name_is_an_attribute_error_as_ever() -> None:
    more = "import tfx.components\ntry:\n  tfx.components.Nope\nexcept AttributeError: print('no')"
    assert run(more) == "no"
