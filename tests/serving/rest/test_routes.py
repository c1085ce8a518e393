import pytest

from serving.data_plane import ModelQuery
from serving.errors import InvalidArgumentError
from serving.rest.routes import Target, VersionOverflowError, is_api_path, parse_target


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/v1/models/m:predict", Target("predict", ModelQuery("m"))),
        ("POST", "/V1/Models/m/Versions/007:regress", Target("regress", ModelQuery("m", 7))),
        (
            "POST",
            "/v1/models/m/labels/a%20b:classify",
            Target("classify", ModelQuery("m", None, "a b")),
        ),
        ("GET", "/v1/models/a%2Fb%3Ac", Target("status", ModelQuery("a/b:c"))),
        ("GET", "/v1/models/metadata", Target("status", ModelQuery("metadata"))),
        ("GET", "/v1/models/m/metadata", Target("metadata", ModelQuery("m"))),
        ("GET", "/v1/models/m/traffic", Target("traffic", ModelQuery("m"))),
        ("GET", "/v1/models/traffic", Target("status", ModelQuery("traffic"))),
        ("GET", "/v1/models/m?x=1", Target("status", ModelQuery("m?x=1"))),
        ("GET", "/v1/models/%00%ff", Target("status", ModelQuery("\0\udcff"))),
    ],
)
def test_legal(method: str, path: str, target: Target) -> None:
    assert parse_target(method, path) == target


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/m:PREDICT"),
        ("POST", "/v1/models/m:predict?x=1"),
        ("POST", "/v1/models/m:predict/"),
        ("POST", "/v1/models/m/versions/5/labels/x:predict"),
        ("GET", "/v1/models/m:predict"),
        ("GET", "/v1/models/m/versions/abc"),
        ("HEAD", "/v1/models/m"),
        ("DELETE", "/v1/models/m"),
    ],
)
def test_malformed(method: str, path: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_target(method, path)
    assert caught.value.message == f"Malformed request: {method} {path}"


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/versions/1"])
def test_missing_name(path: str) -> None:
    with pytest.raises(InvalidArgumentError, match="Missing model name"):
        parse_target("GET", path)


@pytest.mark.parametrize("version", ["9223372036854775808", "18446744073709551615", "9" * 10_000])
def test_overflowing_versions(version: str) -> None:
    with pytest.raises(VersionOverflowError):
        parse_target("POST", f"/v1/models/m/versions/{version}:predict")


def test_the_largest_version() -> None:
    path = "/v1/models/m/versions/0009223372036854775807"
    assert parse_target("GET", path).query.version == 9223372036854775807


@pytest.mark.parametrize(
    ("path", "expected"), [("/v1/", True), ("/V1/x", True), ("/v1", False), ("/v1?/", False)]
)
def test_paths_of_the_api(path: str, expected: bool) -> None:
    assert is_api_path(path) is expected
