import pytest

from serving.errors import Code, ServingError


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (Code.INVALID_ARGUMENT, 400),
        (Code.FAILED_PRECONDITION, 400),
        (Code.NOT_FOUND, 404),
        (Code.RESOURCE_EXHAUSTED, 429),
        (Code.UNAVAILABLE, 503),
        (Code.DEADLINE_EXCEEDED, 504),
        (Code.UNIMPLEMENTED, 501),
        (Code.INTERNAL, 500),
    ],
)
def test_http_status(code: Code, status: int) -> None:
    assert ServingError(code, "m").http_status == status


def test_every_code_has_a_status() -> None:
    assert all(ServingError(code, "m").http_status for code in Code)


def test_codes_are_grpc_s() -> None:
    grpc = pytest.importorskip("grpc")
    assert {code.name: int(code) for code in Code} == {
        status.name: status.value[0] for status in grpc.StatusCode
    }


def test_description() -> None:
    assert ServingError(Code.NOT_FOUND, "gone").describe() == "NOT_FOUND: gone"
