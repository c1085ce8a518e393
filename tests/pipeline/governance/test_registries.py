"""How users name versions of a registry."""

import pytest

from pipeline.governance.registries import Reference, reference


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("toy", Reference("toy")),
        ("toy/2", Reference("toy", "2")),
        ("toy/champion", Reference("toy", "champion")),
        ("toy@champion", Reference("toy", "champion")),
        ("models:/toy", Reference("toy", is_certain=True)),
        ("models:/toy@champion", Reference("toy", "champion", is_certain=True)),
        ("models:/my toy/2", Reference("my toy", "2", is_certain=True)),
        ("/toy/2", None),
        ("./toy", None),
        ("output/demo/serving_model", None),
        ("toy/", None),
        ("gs://bucket/toy", None),
    ],
)
def test_a_name_is_no_path(asked: str, expected: Reference | None) -> None:
    assert reference(asked) == expected
    if expected:
        assert reference(str(expected)) == Reference(expected.model, expected.version, True)
