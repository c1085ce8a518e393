"""What GitHub reads: workflow, issue forms, updates. Each fits its schema."""

import re

import pytest
import yaml

from tests.deploy.tools import ROOT, check

GITHUB = ROOT / ".github"
FORMS = sorted(path.name for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
SCHEMAS = {
    "workflows/audit.yml": "github-workflows",
    "workflows/ci.yml": "github-workflows",
    "dependabot.yml": "dependabot",
    "ISSUE_TEMPLATE/config.yml": "github-issue-config",
    "ISSUE_TEMPLATE/bug.yml": "github-issue-forms",
    "ISSUE_TEMPLATE/feature.yml": "github-issue-forms",
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_fits_its_schema(name: str) -> None:
    check("check-jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[name]}", GITHUB / name)


def test_there_is_a_schema_for_every_file() -> None:
    assert {str(path.relative_to(GITHUB)) for path in GITHUB.rglob("*.yml")} == set(SCHEMAS)


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"config.yml"}))
def test_a_form_asks_each_thing_once(name: str) -> None:
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / name).read_text(encoding="utf-8"))
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_links_lead_to_files_of_the_repository() -> None:
    text = (GITHUB / "ISSUE_TEMPLATE" / "config.yml").read_text(encoding="utf-8")
    paths = re.findall(r"/blob/main/(\S+)", text)
    assert paths
    assert all((ROOT / path).is_file() for path in paths)
    assert ("/security/policy" in text) <= (ROOT / "SECURITY.md").is_file()


def test_the_lists_in_the_template_name_commands_that_exist() -> None:
    text = (GITHUB / "pull_request_template.md").read_text(encoding="utf-8")
    targets = re.findall(r"`make ([\w-]+)`", text)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
