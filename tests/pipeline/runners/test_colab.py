"""Cells that run on another Python: two real kernels."""

import os
import re
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel
from nbclient.exceptions import CellExecutionError

from pipeline.runners import colab
from pipeline.runners.colab import hand_over_to
from tests.notebooks.cells import run_cells

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def hand_over(folder: Path) -> str:
    return f"""
    import os
    from pathlib import Path
    from pipeline.runners.colab import hand_over_to
    kernel = hand_over_to(Path({sys.executable!r}), Path({str(folder)!r}))
    print(os.getpid())
    """


def text(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_further_cells_run_in_the_other_kernel(tmp_path: Path) -> None:
    cells = run_cells(
        hand_over(tmp_path),
        "import os, sys; print(os.getpid(), os.getcwd()); print('warned', file=sys.stderr)",
        "value = 20 + 1\nvalue * 2",
        """
        from IPython.display import HTML, display, clear_output
        handle = display(HTML("<b>before</b>"), display_id=True)
        handle.update(HTML("<b>after</b>"))
        """,
        "!echo magic {value}\n%pwd",
        "# nothing",
    )
    here, there = text(cells[0]).strip(), text(cells[1]).split()
    assert here != there[0]
    assert there[1] == os.path.realpath(tmp_path)
    assert [output["name"] for output in cells[1].outputs] == ["stdout", "stderr"]
    assert cells[2].outputs[0]["data"]["text/plain"] == "42"
    assert [output["data"]["text/html"] for output in cells[3].outputs] == ["<b>after</b>"]
    assert "magic 21" in text(cells[4])
    assert cells[4].outputs[-1]["data"]["text/plain"].strip("'") == there[1]
    assert not cells[5].outputs


def test_an_error_there_stops_the_notebook_here(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError) as failed:
        run_cells(
            hand_over(tmp_path), "def broken():\n    return 1 / 0\nbroken()", "print('never')"
        )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", str(failed.value))
    assert "ZeroDivisionError: division by zero" in shown
    assert "return 1 / 0" in shown
    assert "execute_interactive" not in shown  # of the bridge nothing is seen


def test_a_kernel_that_has_ended_is_told(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="The project's kernel has ended"):
        run_cells(hand_over(tmp_path), "import os; os._exit(9)")


def test_the_stop_button_stops_the_other_kernel_and_the_next_cell_runs(tmp_path: Path) -> None:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        assert run(client, hand_over(tmp_path))[0] == "ok"
        source = "print('begun', flush=True)\nimport time; time.sleep(120)"
        # Without stop_on_error=False the kernel drops what reaches it just after the error.
        request = client.execute(source, stop_on_error=False)
        while client.get_iopub_msg(timeout=60)["content"].get("text") != "begun\n":
            pass
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != request:
            pass
        assert reply["content"]["evalue"].startswith("KeyboardInterrupt")
        assert run(client, "print('next')") == ("ok", "next\n")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: Any, source: str) -> tuple[str, str]:
    """Run a cell; return its status and what it printed."""
    printed: list[str] = []

    def show(message: Any) -> None:
        printed.append(message["content"].get("text", ""))

    reply = client.execute_interactive(textwrap.dedent(source), output_hook=show, timeout=60)
    return reply["content"]["status"], "".join(printed)


@pytest.mark.parametrize("missing", ["", "3.10"])
def test_a_python_is_installed_where_the_stack_that_fits_lacks_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    (tmp_path / "tools").mkdir()
    log = tmp_path / "log"
    (tmp_path / "tools" / "setup_environment.py").write_text(
        f"import sys\nif sys.argv[1:]: print({missing!r})\nelse: open({str(log)!r}, 'w').close()"
    )
    # `python -m uv` and `python -m pip` are modules of the project's folder here.
    (tmp_path / "uv.py").write_text(
        f"import sys; open({str(tmp_path / 'uv.log')!r}, 'a').write(' '.join(sys.argv[1:]))"
    )
    (tmp_path / "pip.py").touch()
    monkeypatch.setattr(colab, "hand_over_to", lambda *_: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    colab.set_up(tmp_path)

    asked = (tmp_path / "uv.log").read_text() if missing else ""
    assert asked == (f"python install {missing}" if missing else "")
    assert (tmp_path / "uv.log").exists() is bool(missing)
    assert log.exists()


def test_it_needs_a_notebook(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="only be passed to another Python from a notebook"):
        hand_over_to(Path(sys.executable), tmp_path)
