"""`bert-aas card` and `bert-aas sbom`, as a user types them."""

import json
from pathlib import Path

import pytest

from bert_aas.contracts.exit_codes import EXIT_REFUSED
from pipeline.cli import main
from tests.pipeline.stored_model import write_model

Output = pytest.CaptureFixture[str]


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return write_model(tmp_path)


def printed(capfd: Output, *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    shown = capfd.readouterr()
    return shown.err if code else shown.out


def test_the_formats(version: Path, tmp_path: Path, capfd: Output) -> None:
    said = tmp_path / "card.yaml"
    said.write_text("owner: me\n")
    given = (str(version), "--card", str(said))
    assert printed(capfd, "card", *given).startswith("# reviews 7\n")
    assert printed(capfd, "card", *given, "--format", "html").startswith("<!doctype html>")
    found = json.loads(printed(capfd, "card", *given, "--format", "sagemaker"))
    assert found["model_overview"]["model_owner"] == "me"
    file = tmp_path / "README.md"
    to_file = ("--format", "huggingface", "--output", str(file))
    assert printed(capfd, "card", *given, *to_file) == ""
    assert file.read_text().startswith("---\npipeline_tag: text-classification\n")


def test_refusals(version: Path, tmp_path: Path, capfd: Output) -> None:
    def refused(*arguments: str) -> str:
        return printed(capfd, "card", *arguments, code=EXIT_REFUSED)

    assert "holds no SavedModel" in refused(str(tmp_path))
    wrong = tmp_path / "card.yaml"
    wrong.write_text("owners: me")
    assert "`owners`" in refused(str(version), "--card", str(wrong))
    assert "its folder does not exist" in refused(
        str(version), "--output", str(tmp_path / "no" / "x")
    )


def test_the_bill_of_materials(version: Path, tmp_path: Path, capfd: Output) -> None:
    found = json.loads(printed(capfd, "sbom", str(version)))
    assert found["metadata"]["component"]["name"] == "reviews"
    file = tmp_path / "bom.json"
    assert printed(capfd, "sbom", str(version), "--output", str(file)) == ""
    assert json.loads(file.read_text()) == found
    refused = printed(capfd, "sbom", str(tmp_path), code=EXIT_REFUSED)
    assert "holds no SavedModel" in refused
