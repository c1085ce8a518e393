import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_nodes_process_finds_every_message_of_the_configuration() -> None:
    """As a node does it: without the package of TFX's components, which would set them."""
    code = (
        "from pipeline.graph.light_imports import import_launcher; "
        "import_launcher(remote_files=False); "
        "from components.evaluator.executor import tfma; "
        "import sys; "
        "from tensorflow_model_analysis.proto.config_pb2 import DESCRIPTOR; "
        "print([name for name in DESCRIPTOR.message_types_by_name if not hasattr(tfma, name)], "
        "tfma is sys.modules['tensorflow_model_analysis'], tfma.EvalConfig.DESCRIPTOR.name)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stdout == "[] True EvalConfig\n", done.stderr[-2000:]
