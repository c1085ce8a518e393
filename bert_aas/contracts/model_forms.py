"""Where the faster forms of a model lie beside its SavedModel.

The Optimizer writes them; the server and the report read them. The folder `assets.extra` is
TensorFlow's place for files that other programs add to a SavedModel; TensorFlow Serving looks there
for its warm-up requests only.
"""

from pathlib import Path

FOLDER = Path("assets.extra") / "openvino"
"""In the SavedModel."""

MANIFEST = "manifest.json"
"""In the folder: what was measured, what was kept and why, and the checksums of the files."""

FORMAT = 1
"""Of the manifest; a reader refuses another one."""
