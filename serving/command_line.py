"""How the server's flags are written: like TensorFlow Serving's, and in other common ways."""

import contextlib
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bert_aas.contracts.exit_codes import EXIT_REFUSED
from serving.errors import InvalidArgumentError
from serving.files.local_paths import local_path

_ONE_DASH = re.compile(r"-[A-Za-z_]\w+")
_LONG_DASH = re.compile("[\u2010-\u2015\u2212]+(?=[A-Za-z_])")  # word processors make them of two
_FLAG = re.compile(r"--([A-Za-z0-9_-]+)(=.*)?", re.DOTALL)
_NO = "no"


class FlagError(click.ClickException):
    """A flag that cannot be used, said in one sentence without the usage in front."""

    exit_code = EXIT_REFUSED


class LocalPath(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.5
    """A path; `file://` may stand in front, and an empty one counts as not given."""

    name = "path"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | None:
        """Read a path; see `click.ParamType`."""
        if isinstance(value, Path) or not value:
            return value or None
        flag = "a path" if param is None else f"--{param.name}"
        try:
            path = local_path(value, flag)
        except InvalidArgumentError as exc:
            raise FlagError(exc.message) from exc
        with contextlib.suppress(RuntimeError):  # nobody's home
            return path.expanduser()  # no shell does it behind `--flag=`
        return path


class Switch(click.Option):
    """An option that may stand without a value, and off with `no` in front."""


class ServeCommand(click.Command):
    """Takes `--flag=value`, `--flag value`, `--flag`, `--noflag`; refuses `-flag=value`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; see `click.Command`."""
        return super().parse_args(ctx, self._in_one_form(args))

    def suggest(self, argument: str) -> str:
        """Return the flag that an unknown argument may mean; empty if none is near."""
        near = difflib.get_close_matches(argument.partition("=")[0], self._flags(), n=1)
        return near[0] if near else ""

    def _in_one_form(self, arguments: Sequence[str]) -> list[str]:
        """Write every flag with underscores and without `no` in front."""
        flags = self._flags()
        formed: list[str] = []
        rest = iter(arguments)
        for argument in rest:
            flag = _FLAG.fullmatch(argument)
            if flag is None:
                _refuse_one_dash(argument)
                formed.append(argument)
                continue
            name, value = _to_known(flag[1], flags), flag[2]
            option = flags.get(f"--{name}")
            if option is None and value is None and _is_switched_off(name, flags):
                formed.append(f"--{name.removeprefix(_NO)}=false")
                continue
            formed.append(f"--{name}{value or ''}")
            if option is not None and value is None and _takes_a_value(option):
                formed.extend(next(([following] for following in rest), []))
        return formed

    def _flags(self) -> dict[str, click.Parameter]:
        return {name: parameter for parameter in self.params for name in parameter.opts}


def _refuse_one_dash(argument: str) -> None:
    if _ONE_DASH.match(argument):
        raise FlagError(f"{argument} begins with one dash; flags have two: -{argument}")
    if long := _LONG_DASH.match(argument):
        meant = argument[long.end() :]
        raise FlagError(f"{argument} begins with a long dash; flags have two short ones: --{meant}")


def _to_known(name: str, flags: Mapping[str, click.Parameter]) -> str:
    underscored = name.replace("-", "_")
    is_known = f"--{underscored}" in flags or _is_switched_off(underscored, flags)
    return underscored if is_known else name


def _is_switched_off(name: str, flags: Mapping[str, click.Parameter]) -> bool:
    return name.startswith(_NO) and isinstance(flags.get(f"--{name.removeprefix(_NO)}"), Switch)


def _takes_a_value(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and not (option.is_flag or isinstance(option, Switch))
