"""Run cells and whole notebooks in a real kernel of their own."""

import textwrap
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

TIMEOUT_S = 900


def run_cells(*sources: str, folder: Path | None = None) -> list[Any]:
    """Run cells in a new kernel; a cell that fails raises.

    Args:
        sources: The cells.
        folder: Where the kernel starts.

    Returns:
        The cells with their outputs.
    """
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(source).strip()) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return list(run_notebook(notebook, folder or Path.cwd()).cells)


def run_notebook(notebook: Any, folder: Path) -> Any:
    """Run all cells of a notebook in a new kernel.

    Args:
        notebook: The notebook, which gets the outputs.
        folder: Where the kernel starts.

    Returns:
        The notebook.
    """
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return notebook
