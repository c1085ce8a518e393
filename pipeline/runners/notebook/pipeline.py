"""The graph for the cells of a notebook: node by node, up to a node, or on from an earlier run."""

import contextlib
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig, load_config, override
from pipeline.graph.shape.run_parameters import as_settings
from pipeline.metadata.records import list_run_ids, read_runs
from pipeline.nodes.node import check_node
from pipeline.report.pages.fragment import Fragment
from pipeline.runners.notebook.display import CellProgress
from pipeline.runners.notebook.errors import NotebookError, in_a_sentence
from pipeline.runners.notebook.run import NotebookRun
from pipeline.runs.summary import error_sentence


class NotebookPipeline(NotebookRun):
    """The same graph as everywhere, for the cells of a notebook.

    Nodes run through `LauncherContext`, TFX's `InteractiveContext` over our launcher, so runs of
    notebooks share cache, metadata and blessings with `bert-aas run` in the same output folder. A
    node that has run in the current run is not run again; new values begin a new run, in which
    everything that they do not touch comes from the cache.

    Example:
        >>> pipeline = open_pipeline("configs/demo.yaml", parameters={"epochs": 1})
        >>> pipeline.run("ExampleGen")
        >>> pipeline.run_to("Trainer")
        >>> pipeline.show("training")

    """

    def __init__(
        self,
        config: str | Path | PipelineConfig,
        parameters: Mapping[str, Any] | None = None,
        settings: Iterable[str] = (),
        output_dir: str | None = None,
    ) -> None:
        """Check and compile; see `pipeline.runners.notebook.opening.open_pipeline`.

        Args:
            config: A YAML file, or a configuration.
            parameters: The parameters that a run has in every runner.
            settings: `section.key=value` pairs for any other field.
            output_dir: Folder for everything that is made.
        """
        overrides = [*_listed(settings), *as_settings(parameters or {})]
        overrides += [f"output_dir={output_dir}"] if output_dir else []
        if isinstance(config, PipelineConfig):
            loaded = override(config, overrides)
        else:
            loaded = load_config(Path(config), overrides)
        super().__init__(loaded)
        self._settings = overrides
        self._source = None if isinstance(config, PipelineConfig) else Path(config)
        self._seen: set[str] = set()

    def __repr__(self) -> str:
        return f"<NotebookPipeline {self.config.name}, run {self.run_id}>"

    @in_a_sentence
    def configure(
        self, parameters: Mapping[str, Any] | None = None, settings: Iterable[str] = ()
    ) -> None:
        """Change values and begin a new run.

        Args:
            parameters: As for `open_pipeline`, without `output_dir`.
            settings: As for `open_pipeline`.

        Raises:
            NotebookError: If a value is not allowed, or names another output folder.
        """
        given = [*_listed(settings), *as_settings(parameters or {})]
        changed = override(self.config, given)
        if output_layout(changed.output_dir) != self._layout:
            raise NotebookError(
                f"`output_dir` belongs to the pipeline ({self._layout.root}); open another "
                "pipeline to write elsewhere"
            )
        self._prepare(changed)
        self._settings += given

    @in_a_sentence
    def run(self, node_id: str, *, use_cache: bool = True) -> Fragment:
        """Run one node, unless the current run has it already.

        Args:
            node_id: Id of the node; what it needs must have run in this notebook.
            use_cache: `False` runs it in any case, in a new run.

        Returns:
            State, time and artifacts of the node.

        Raises:
            NotebookError: If the node is unknown, or what it needs did not run.
        """
        check_node(self._compiled.ir, node_id)
        if not use_cache and self.context.finished(node_id):
            self.new_run()
        missing = [name for name in self._upstream(node_id) if not self.context.finished(name)]
        unseen = [name for name in missing if name not in self._seen]
        if unseen:
            raise NotebookError(
                f"{node_id} needs {', '.join(unseen)}, which did not run yet; "
                f"run_to({node_id!r}) runs everything up to it"
            )
        self._execute([*missing, node_id], None if use_cache else node_id)
        return self.outputs([node_id])

    @in_a_sentence
    def run_to(self, node_id: str) -> Fragment:
        """Run a node and everything that it needs.

        Args:
            node_id: Id of the node.

        Returns:
            State, time and artifacts of the nodes.
        """
        check_node(self._compiled.ir, node_id)
        wanted = [*self._upstream(node_id), node_id]
        self._execute(wanted)
        return self.outputs(wanted)

    @in_a_sentence
    def run_all(self) -> Fragment:
        """Run the whole graph, and write summary and report as `bert-aas run` does.

        Returns:
            State, time and artifacts of all nodes.
        """
        try:
            self._execute(self.nodes)
        except BaseException:
            with contextlib.suppress(Exception):  # the report's failure must not hide the node's
                self.write_report()
            raise
        self.write_report()
        return self.outputs(self.nodes)

    @in_a_sentence
    def restore(self, run_id: str | None = None) -> Fragment:
        """Go back to a run of this output folder, from whatever runner, and go on from there.

        Args:
            run_id: Id of the run; by default the latest one.

        Returns:
            The nodes that the run has finished. Those that were made with other values than this
            pipeline's are marked: they stay as they are.

        Raises:
            NotebookError: If there is no such run.
        """
        self.context.take_up(self._find_run(run_id))
        self._seen |= self.context.results.keys()
        return self.outputs([name for name in self.nodes if self.context.finished(name)])

    def command(self) -> str:
        """Return the command line that runs the same: what it takes over is in the cache.

        Returns:
            The command, quoted for a shell.

        Raises:
            NotebookError: If the pipeline was not opened from a file.
        """
        if self._source is None:
            raise NotebookError("a command needs a configuration file, and this pipeline has none")
        program = Path(sys.prefix, "bin", "bert-aas")
        words = [str(program), "run", "--config", str(self._source)]
        for setting in self._settings:
            words += ["--set", setting]
        return shlex.join(words)

    def _find_run(self, run_id: str | None) -> str:
        """Return the id of the asked or the latest run of this pipeline."""
        connection = self.context.metadata_connection_config
        runs = read_runs(connection, list_run_ids(connection))
        mine = [run.run_id for run in runs if run.pipeline == self.config.name]
        if not mine:
            raise NotebookError(f"there is no run of {self.config.name} in {self._layout.root}")
        if run_id is not None and run_id not in mine:
            raise NotebookError(
                f"there is no run {run_id!r} of {self.config.name}; the latest are "
                f"{', '.join(mine[:5])}"
            )
        return run_id or mine[0]

    def _execute(self, names: Sequence[str], uncached: str | None = None) -> None:
        """Run nodes in turn, those that the current run has already left out."""
        self._seen |= set(names)
        wanted = [name for name in names if not self.context.finished(name)]
        if not wanted:
            return
        progress = CellProgress(wanted)
        with progress.shown():
            for name in wanted:
                progress.start(name)
                try:
                    self.context.run(self.components[name], enable_cache=name != uncached)
                except InvalidInputError:
                    raise
                except Exception as exc:  # an executor may fail in any way
                    raise NotebookError(self._failure(name, exc)) from exc
                finally:
                    if name in self.context.results:
                        progress.finish(self.context.results[name])

    def _failure(self, name: str, error: Exception) -> str:
        log = self._layout.log(self.run_id)
        return f"{name} failed: {error_sentence(error)}; the log {log} has the details"


def _listed(settings: Iterable[str]) -> list[str]:
    if isinstance(settings, str):
        raise NotebookError(f"`settings` is the text {settings!r}; give a list: [{settings!r}]")
    return list(settings)
