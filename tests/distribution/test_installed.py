"""An installed wheel works where there is no checkout."""

import json

import pytest

from bert_aas.version import VERSION
from tests.distribution.conftest import Installation

pytestmark = pytest.mark.slow

EXPLAINED = """
from models.attribution.attributed import Attribution, Word
from pipeline.report.pages.attribution import attribution_chart

words = (Word("warm", 0.25), Word("jacket", 0.05))
pieces = ("[CLS]", "warm", "jacket", "[SEP]")
probabilities = {"good": 0.8, "bad": 0.2}
found = Attribution(pieces, (0.0, 0.25, 0.05, 0.0), words, "good", probabilities, 0.5, 0.0)
print(attribution_chart([found]).page())
"""


@pytest.mark.parametrize("package", ["bert_aas", "pipeline", "components", "models", "serving"])
def test_the_packages_are_the_wheels(installation: Installation, package: str) -> None:
    where = installation.python(f"import {package}; print({package}.__file__)")
    assert where.startswith(str(installation.venv))


def test_bert_aas(installation: Installation) -> None:
    assert "Commands:" in installation.run("bert-aas", "--help").stdout
    assert installation.run("bert-aas", "--version").stdout == f"bert-aas, version {VERSION}\n"


def test_the_model_server(installation: Installation) -> None:
    assert "--model_base_path" in installation.run("python", "-m", "serving", "--help").stdout
    versions = installation.run("python", "-m", "serving", "--version").stdout
    assert versions.startswith(f"bert-aas: {VERSION}\nTensorFlow Library: 2.")


def test_a_page_is_rendered_from_the_packages_templates_and_styles(
    installation: Installation,
) -> None:
    page = installation.python(EXPLAINED)
    assert "<style>" in page
    assert "jacket" in page


def test_the_servers_page_and_description_are_there(installation: Installation) -> None:
    code = "from serving.rest.site import _read; print(_read({!r}).decode())"
    assert json.loads(installation.python(code.format("openapi.json")))["openapi"]
    assert "<script" in installation.python(code.format("page/index.html"))
