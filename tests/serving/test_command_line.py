"""Habits of writing flags: what arrives in the settings."""

from pathlib import Path
from typing import Any

import pytest

from serving.cli import serve
from serving.command_line import FlagError


def read(*arguments: str) -> dict[str, Any]:
    """The values of the flags, without starting a server."""
    return serve.make_context("serve", list(arguments)).params


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model_name=x"], {"model_name": "x"}),
        (["--model_name", "x"], {"model_name": "x"}),
        (["--model-name=x-y"], {"model_name": "x-y"}),
        (["--model_name", "-x"], {"model_name": "-x"}),
        (["--model_name", "--noenable_batching"], {"model_name": "--noenable_batching"}),
        (["--model_name=a", "--model_name=b"], {"model_name": "b"}),
        (["--file_system_poll_wait_seconds", "-1"], {"file_system_poll_wait_seconds": -1.0}),
        (["--enable_batching"], {"enable_batching": True}),
        (["--enable_batching=true"], {"enable_batching": True}),
        (["--enable_batching=1"], {"enable_batching": True}),
        (["--enable_batching=yes"], {"enable_batching": True}),
        (["--enable_batching=False"], {"enable_batching": False}),
        (["--enable_batching", "false"], {"enable_batching": False}),
        (["--enable_batching", "--port=1"], {"enable_batching": True, "port": 1}),
        (["--enable_model_warmup=0"], {"enable_model_warmup": False}),
        (["--noenable_model_warmup"], {"enable_model_warmup": False}),
        (["--noenable-text-batching"], {"enable_text_batching": False}),
        (["--model_base_path=file:///models/hp"], {"model_base_path": Path("/models/hp")}),
        (["--model_base_path", "file:/models/hp/"], {"model_base_path": Path("/models/hp")}),
        (["--model_base_path=~/hp"], {"model_base_path": Path("~/hp").expanduser()}),
        (["--model_base_path="], {"model_base_path": None}),
        (["--model_config_file=file:///m"], {"model_config_file": Path("/m")}),
        (["--ssl_config_file=file:///m"], {"ssl_config_file": Path("/m")}),
        (["--monitoring_config_file=file:///m"], {"monitoring_config_file": Path("/m")}),
        (["--batching_parameters_file=FILE:///m"], {"batching_parameters_file": Path("/m")}),
    ],
)
def test_values(arguments: list[str], expected: dict[str, Any]) -> None:
    values = read(*arguments)
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize("argument", ["-model_name=x", "-model_name", "-port=1", "-help", "-host"])
def test_one_dash_is_refused(argument: str) -> None:
    with pytest.raises(FlagError, match=f"^{argument} begins with one dash; flags have two: -"):
        read("--port=1", argument)


@pytest.mark.parametrize("dash", ["\N{EN DASH}", "\N{EM DASH}", "\N{MINUS SIGN}" * 2])
def test_a_long_dash_is_refused(dash: str) -> None:
    text = f"^{dash}port=1 begins with a long dash; flags have two short ones: --port=1$"
    with pytest.raises(FlagError, match=text):
        read(f"{dash}port=1")


@pytest.mark.parametrize("argument", ["--nomodel_name", "--noport", "--noodles", "--no"])
def test_only_switches_are_switched_off(argument: str) -> None:
    context = serve.make_context("serve", [argument])
    assert context.args == [argument]


@pytest.mark.parametrize(
    ("argument", "meant"),
    [("--model_nam=x", "--model_name"), ("--rest_port=1", "--rest_api_port"), ("--zzz", "")],
)
def test_suggestions(argument: str, meant: str) -> None:
    assert serve.suggest(argument) == meant
