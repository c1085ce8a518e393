"""Run the cells of a Colab notebook in the project's own environment.

Colab's packages are others than TFX needs, often its Python too, and its kernel cannot be replaced.
So the first cell builds the project's environment beside it, starts a kernel there, and every
further cell is handed on to that kernel; what it shows comes back. Standard library, IPython and
jupyter_client only: this module is imported by Colab's Python.
"""

import queue
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

KERNEL = "bert-aas"
_POLL_S = 1.0
_NOT_RUN = "The cell was not run; run it again."
_ENDED = "The project's kernel has ended, maybe for lack of memory: restart the session."
_GPU_PACKAGE = "tensorflow[and-cuda]"


class CellError(Exception):
    """A cell failed in the other kernel; its traceback is shown as it was there."""

    def __init__(self, name: str, message: str, traceback: list[str]) -> None:
        """Keep what the other kernel says.

        Args:
            name: Type of the error.
            message: Its message.
            traceback: Its lines, as a notebook shows them.
        """
        super().__init__(f"{name}: {message}")
        self._traceback = traceback

    def _render_traceback_(self) -> list[str]:
        return self._traceback


class OtherKernel:
    """A kernel that runs the cells of this one."""

    def __init__(self, client: Any, shell: Any, manager: Any) -> None:
        """Tie the two together.

        Args:
            client: jupyter_client's client of the other kernel.
            shell: IPython's shell of this one.
            manager: jupyter_client's manager of the other kernel.
        """
        self._client, self._shell, self._manager = client, shell, manager

    def run_cell(self, source: str) -> None:
        """Run a cell there, and show here what it shows.

        Args:
            source: The cell, magics included.

        Raises:
            CellError: If it fails, or the kernel has ended.
        """
        # A kernel that stops on errors drops whatever reaches it just after one, the next cell too;
        # not to run the rest of the notebook is the business of the kernel here.
        request = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        try:
            self._follow(request)
        except KeyboardInterrupt:
            self._manager.interrupt_kernel()
            self._follow(request)  # until it has stopped
        content = self._reply(request)
        if content["status"] == "error":
            raise CellError(content["ename"], content["evalue"], content["traceback"])
        if content["status"] != "ok":
            raise CellError("CellError", "the cell was not run; run it again", [_NOT_RUN])

    def take_over(self) -> None:
        """Hand every further cell of this notebook on."""
        self._shell.user_ns["_other_kernel"] = self
        self._shell.input_transformers_cleanup.append(_forwarded)

    def _follow(self, request: str) -> None:
        """Show what a cell shows until it has ended."""
        while True:
            message = self._next(self._client.get_iopub_msg)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["content"].get("execution_state") == "idle":
                return
            self._show(message)

    def _reply(self, request: str) -> dict[str, Any]:
        while True:
            message = self._next(self._client.get_shell_msg)
            if message["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = message["content"]
                return content

    def _next(self, get: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        """Wait for a message as long as the kernel is there."""
        while True:
            try:
                return get(timeout=_POLL_S)
            except queue.Empty:
                if not self._manager.is_alive():
                    raise CellError("CellError", _ENDED, [_ENDED]) from None

    def _show(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            target = sys.stderr if content["name"] == "stderr" else sys.stdout
            target.write(content["text"])
            target.flush()
        elif kind in {"display_data", "execute_result", "update_display_data"}:
            self._shell.display_pub.publish(
                content["data"],
                content["metadata"],
                transient=content.get("transient", {}),
                update=kind == "update_display_data",
            )
        elif kind == "clear_output":
            self._shell.display_pub.clear_output(wait=content["wait"])


def set_up(project: Path) -> None:
    """Build the environment of a fetched project and run all further cells there.

    Args:
        project: Folder of the project.

    Raises:
        RuntimeError: If the environment cannot be built; what failed has been printed.
    """
    python = project / ".venv" / "bin" / "python"
    build = [sys.executable, "tools/setup_environment.py"]
    commands = [[sys.executable, "-m", "pip", "install", "--quiet", "uv"]]
    needed = _printed([*build, "--missing-python"], project)
    if needed:
        commands.append([sys.executable, "-m", "uv", "python", "install", needed])
    commands.append(build)
    if shutil.which("nvidia-smi"):
        # uv keeps TensorFlow's release, as it is installed, and adds NVIDIA's libraries.
        install = [sys.executable, "-m", "uv", "pip", "install", "--python", str(python)]
        commands.append([*install, _GPU_PACKAGE])
    for command in commands:
        done = subprocess.run(command, cwd=project, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}")
    hand_over_to(python, project)
    print(f"All following cells run on {python}.")  # noqa: T201 - a notebook's output


def hand_over_to(python: Path, folder: Path) -> OtherKernel:
    """Start a kernel and run all further cells of this notebook there.

    Args:
        python: Interpreter of an environment with ipykernel.
        folder: Where the kernel starts.

    Returns:
        The kernel.

    Raises:
        RuntimeError: If this is no notebook.
    """
    from IPython import get_ipython
    from jupyter_client.manager import start_new_kernel

    shell = get_ipython()
    if shell is None:
        raise RuntimeError("cells can only be passed to another Python from a notebook")
    install = [str(python), "-m", "ipykernel", "install", "--sys-prefix", "--name", KERNEL]
    subprocess.run(install, check=True, capture_output=True)  # noqa: S603 - our own
    spec = python.parent.parent / "share" / "jupyter" / "kernels" / KERNEL
    manager, client = start_new_kernel(
        kernel_name=_register(spec), cwd=str(folder), stderr=subprocess.DEVNULL
    )
    kernel = OtherKernel(client, shell, manager)
    kernel.take_over()
    return kernel


def _register(spec: Path) -> str:
    """Make a kernel of another environment known to this one."""
    from jupyter_client.kernelspec import KernelSpecManager

    installed: str = KernelSpecManager().install_kernel_spec(
        str(spec), kernel_name=KERNEL, user=True
    )
    return Path(installed).name


def _printed(command: list[str], project: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own
        command, cwd=project, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _forwarded(lines: list[str]) -> list[str]:
    source = "".join(lines)
    return [f"_other_kernel.run_cell({source!r})\n"] if source.strip() else lines
