"""The configuration section `beam`: which Apache Beam runner the data nodes use, and its options.

Beam itself is imported late: a configuration is checked before anything heavy is loaded.
"""

import contextlib
import io
import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from pydantic import Field, field_validator, model_validator

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.params import FrozenParams

RUNNERS = (
    *("DirectRunner", "BundleBasedDirectRunner", "SwitchingDirectRunner", "PrismRunner"),
    *("DataflowRunner", "FlinkRunner", "SparkRunner", "PortableRunner"),
    *("InteractiveRunner", "TestDirectRunner", "TestDataflowRunner"),
)
"""Names that Beam knows in both stacks (`StandardOptions.KNOWN_RUNNER_NAMES`; a test compares)."""

Scalar: TypeAlias = str | int | float | bool

_LOCAL = "DirectRunner"
_DATAFLOW = ("DataflowRunner", "TestDataflowRunner")
_MASTERS = {"FlinkRunner": "flink_master", "SparkRunner": "spark_master_url"}
_LOCAL_MASTERS = ("[auto]", "[local]", "local")
_IMAGE = "sdk_container_image"
_PACKAGES = ("extra_package", "extra_packages", "setup_file", "requirements_file")
_NEGATED = {"use_public_ips": "no_use_public_ips"}


class BeamParams(FrozenParams):
    """Which Apache Beam runner the data nodes use, and how."""

    runner: str = Field(
        default=_LOCAL,
        description="`DirectRunner` (this machine), `DataflowRunner`, `FlinkRunner`, "
        "`SparkRunner`, `PortableRunner` or another one that Beam knows.",
    )
    options: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default={}, description="Options of Beam and of the runner, see [Beam](beam.md)."
    )

    @field_validator("runner")
    @classmethod
    def _known(cls, runner: str) -> str:
        for name in RUNNERS:
            if runner.lower() in {name.lower(), name.lower().removesuffix("runner")}:
                return name
        raise ValueError(f"it must be a runner of Beam: {', '.join(RUNNERS)}")

    @field_validator("options", mode="before")
    @classmethod
    def _writable(cls, options: Any) -> Any:
        if not isinstance(options, dict):
            raise ValueError("it must map options to values, such as {direct_num_workers: 2}")
        for name, value in options.items():
            if not str(name).replace("_", "").isalnum():
                raise ValueError(f"an option is written without dashes, not {name!r}")
            values = value if isinstance(value, list | tuple) else (value,)
            if not all(isinstance(each, Scalar) for each in values):
                raise ValueError(f"{name} must be text, a number, true, false or a list of these")
        if "runner" in options:
            raise ValueError("the runner is the key `beam.runner`, not an option")
        return {
            key: tuple(each) if isinstance(each, list) else each for key, each in options.items()
        }

    @model_validator(mode="after")
    def _can_start_workers(self) -> "BeamParams":
        if self.runner == "PortableRunner" and "job_endpoint" not in self.options:
            raise ValueError(
                "the PortableRunner needs the address of a job service, "
                "`beam.options.job_endpoint` (HOST:PORT)"
            )
        if self._in_containers() and not self._brings_packages() and not self._image():
            option = _IMAGE if self.runner in _DATAFLOW else "environment_config"
            raise ValueError(
                f"the workers of {self.runner} run in containers: name an image that has this "
                f"project and TF Text in `beam.options.{option}`"
            )
        return self

    def arguments(self) -> list[str]:
        """Spell the section as arguments of a Beam pipeline.

        Returns:
            Arguments such as `--runner=FlinkRunner`; none where all is left at its default.

        Raises:
            InvalidInputError: If Beam refuses an option's value, or if an option is unknown and
                there is no job service that could know it.
        """
        if self == BeamParams():
            return []
        arguments = [f"--runner={self.runner}"]
        for name, value in {**self._defaults(), **self.options}.items():
            arguments.extend(_spell(name, value))
        _check(arguments, local="Direct" in self.runner)
        return arguments

    def _defaults(self) -> dict[str, Scalar]:
        """Choose what a user need not know about."""
        defaults: dict[str, Scalar] = {}
        if self.options.get("direct_num_workers", 1) != 1:
            defaults["direct_running_mode"] = "multi_processing"
        if not self._brings_packages():
            # Unless an image is named, TFX zips itself for the workers: seconds in every node.
            defaults[_IMAGE] = self._image() or "workers-have-the-packages"
        return defaults

    def _brings_packages(self) -> bool:
        return any(name in self.options for name in _PACKAGES)

    def _in_containers(self) -> bool:
        """Tell whether workers start in containers, as Beam decides it."""
        if self.runner in _DATAFLOW:
            return True
        kind = self.options.get("environment_type")
        if kind is not None:
            return str(kind).upper() == "DOCKER"
        if self.runner in _MASTERS:
            # With a cluster inside this machine, Beam starts them beside the pipeline.
            master = str(self.options.get(_MASTERS[self.runner], "local"))
            return not master.startswith(_LOCAL_MASTERS)
        return self.runner == "PortableRunner"

    def _image(self) -> str:
        """Return the image of workers in containers; empty if none is named."""
        if not self._in_containers():
            return ""
        if self.runner in _DATAFLOW:
            return str(self.options.get(_IMAGE, ""))
        named = self.options.get("environment_options", ())
        for choice in named if isinstance(named, tuple) else (named,):
            key, _, image = str(choice).partition("=")
            if key == "docker_container_image":
                return image
        return str(self.options.get("environment_config", ""))


def _spell(name: str, value: Scalar | tuple[Scalar, ...]) -> Iterator[str]:
    """Write an option as Beam's `PipelineOptions.from_dictionary` does."""
    if value is True:
        yield f"--{name}"
    elif value is False:
        yield from [f"--{_NEGATED[name]}"] if name in _NEGATED else []
    else:
        for each in value if isinstance(value, tuple) else (value,):
            yield f"--{name}={each if isinstance(each, str) else json.dumps(each)}"


def _check(arguments: list[str], *, local: bool) -> None:
    """Let Beam read the arguments before any node does."""
    from apache_beam.options.pipeline_options import PipelineOptions

    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            options = PipelineOptions(arguments)
            known = options.get_all_options()
            given = options.get_all_options(retain_unknown_options=True)
    except SystemExit as exc:  # argparse prints its usage and leaves
        reason = complaint.getvalue().strip().rpartition("error: ")[2]
        raise InvalidInputError(f"Beam refuses `beam.options`: {reason}") from exc
    names = {argument[2:].partition("=")[0] for argument in arguments}
    cut_short = {name for name in names if name.startswith("direct_")}  # argparse completes them
    unknown = sorted((cut_short | given.keys()) - known.keys())
    if local and unknown:
        raise InvalidInputError(
            f"`beam.options` has {', '.join(unknown)}, which Beam does not know; its options for "
            "this machine are direct_num_workers and direct_running_mode, see docs/beam.md"
        )
