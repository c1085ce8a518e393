"""The public face: every name is there, documented, and looked up only when it is asked for."""

import ast
import doctest
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bert_aas
from bert_aas.public import ADDRESSES, NAMES
from pipeline.graph.code.fingerprint import PROJECT_ROOT, reachable

WITH_EXAMPLE = {
    "BiasReport",
    "Facet",
    "GrpcClient",
    "RestClient",
    "explain",
    "load_config",
    "measure_bias",
    "measure_model_bias",
    "open_pipeline",
    "predict",
    "sql",
}


def printed(code: str) -> str:
    """Run a program in a fresh process, and return what it printed."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_name_resolves_to_what_type_checkers_see(name: str) -> None:
    found = getattr(bert_aas, name)
    assert inspect.getdoc(found)
    if name in ADDRESSES:
        assert found is getattr(importlib.import_module(static_address(name)), name)


def test_the_names_for_type_checkers_are_the_same() -> None:
    (names,) = (
        ast.literal_eval(node.value)
        for node in for_type_checkers()
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert names == bert_aas.__all__ == NAMES
    assert set(NAMES) <= set(dir(bert_aas))


def test_a_star_brings_them_all() -> None:
    code = (
        "from bert_aas import *; print(*sorted(set(dir()) & set(__import__('bert_aas').__all__)))"
    )
    assert printed(code).split() == NAMES


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'bert_aas' has no attribute 'gone'"):
        bert_aas.gone  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'gone'"):
        from bert_aas import gone  # type: ignore[attr-defined]  # noqa: F401


def test_importing_costs_nothing() -> None:
    before = set(printed("import sys; print(*sys.modules)").split())
    after = set(printed("import sys, bert_aas; print(*sys.modules)").split())
    assert "bert_aas" in after
    added = {name.partition(".")[0] for name in after - before}
    assert added - sys.stdlib_module_names == {"bert_aas"}
    assert {name for name in after if name.startswith("bert_aas")} == {"bert_aas"}


def test_configurations_and_clients_need_neither_tfx_nor_tensorflow() -> None:
    heavy = "{'tensorflow', 'tfx', 'apache_beam', 'grpc', 'IPython'}"
    code = (
        "import sys, bert_aas; [getattr(bert_aas, name) for name in bert_aas.__all__]; "
        f"print({heavy} & set(sys.modules))"
    )
    assert printed(code) == "set()\n"


def test_the_parent_of_all_leads_to_nothing() -> None:
    assert set(reachable("bert_aas")) == {"bert_aas"}


def test_what_users_call_has_an_example() -> None:
    found = {name for name in ADDRESSES if "Example:" in (getattr(bert_aas, name).__doc__ or "")}
    assert found == WITH_EXAMPLE
    callables = {name for name in ADDRESSES if inspect.isfunction(getattr(bert_aas, name))}
    assert callables < WITH_EXAMPLE


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", bert_aas.__version__)
    changelog = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{bert_aas.__version__}] - 20" in changelog
    assert f"\n[{bert_aas.__version__}]: https://github.com/" in changelog


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configurations and a pushed model."""
    from tests.models.explainable import export_explainable

    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT_ROOT / "configs", folder / "configs")
    versions = folder / "output" / "demo" / "serving_model"
    versions.mkdir(parents=True)
    export_explainable(versions / "1")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "explain", "load_config", "predict", "sql"])
def test_examples_do_what_they_say(
    name: str | None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    documented = bert_aas if name is None else getattr(bert_aas, name)
    examples = doctest.DocTestFinder(recurse=False).find(documented, "bert_aas", globs={})
    assert [len(example.examples) for example in examples] >= [2]
    runner = doctest.DocTestRunner()
    for example in examples:
        runner.run(example)
    assert runner.failures == 0


def for_type_checkers() -> list[ast.stmt]:
    tree = ast.parse(Path(inspect.getfile(bert_aas)).read_text(encoding="utf-8"))
    (branch,) = (node for node in tree.body if isinstance(node, ast.If))
    return branch.body


def static_address(name: str) -> str:
    (module,) = (
        node.module
        for node in for_type_checkers()
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}
    )
    assert module is not None
    return module
