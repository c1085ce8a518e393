"""No password reaches what is written, printed or shown to other processes."""

import pytest

from pipeline.config.secret_values import (
    holds_password,
    holds_secret,
    is_secret_name,
    masked,
    metadata_url_problem,
    without_passwords,
)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///runs/all.db",
        "sqlite:////var/ann:word@home/all.db",
        "mysql://localhost/mlmd",
        "mysql://ann@db:3306/mlmd",
        "mysql://ann:@db:3306/mlmd",
        "mysql://ann:${WORD}@db:3306/mlmd",
        "mysql://${USER}:${WORD}@${HOST}:${PORT}/${NAME}",
        "postgresql://ann:${A}${B}@[::1]:5432/mlmd?sslmode=require",
    ],
)
def test_addresses_without_a_clear_password(url: str) -> None:
    assert metadata_url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:s3cret@db/mlmd",
        "mysql://:s3cret@db/mlmd",
        "mysql://ann:s3cret${WORD}@db/mlmd",
        "mysql://ann:%73%33cret@db/mlmd",
        "postgresql://ann:${WORD@db/mlmd",
        "postgresql://ann:$WORD@db/mlmd",
    ],
)
def test_clear_passwords_are_refused_with_the_cure(url: str) -> None:
    problem = metadata_url_problem(url)
    assert problem
    assert "holds a password in clear text" in problem
    assert "${NAME}" in problem
    assert "cret" not in problem


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:s3/cret@db/mlmd",
        "mysql://ann:12/s3cret@db/mlmd",
        "mysql://ann:s3#cret@db/mlmd",
        "mysql://ann:12#s3cret@db/mlmd",
        "mysql://ann:s3?cret@db/mlmd",
        "mysql://ann:12/x?s3cret@db/mlmd",
        "mysql://ann:s3@cret@db/mlmd",
        "mysql://ann:${WORD}@db/mlmd?password=s3cret",
        "mysql://ann:[s3cret@db/mlmd",
        "mysql://db",
        "mysql://db:99999/mlmd",
    ],
)
def test_addresses_that_hide_a_password_elsewhere_are_refused(url: str) -> None:
    problem = metadata_url_problem(url)
    assert problem
    assert "it must be mysql://USER:${PASSWORD}@HOST:PORT/DATABASE" in problem
    assert "cret" not in problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://ann:word@hub.example/bert/1", True),
        ("https://token@hub.example/bert/1", True),
        ("hdfs://ann:wo/rd@node/rows.csv", True),
        ("s3://key:wo'rd@bucket/rows.csv", True),
        ("https://store.example/rows.csv?sig=abc", True),
        ("https://store.example/rows.csv?X-Amz-Signature=abc", True),
        ("--flink_master=http://ann:word@flink", True),
        ("gs://bucket/a:b@c/rows.csv", False),
        ("https://hub.example:8443/bert/1?tf-hub-format=compressed", False),
        ("hdfs://ann@node:9000/rows.csv", False),
        ("/data/ann:word@home/rows.csv", False),
        ("minilm", False),
    ],
)
def test_addresses_with_passwords(text: str, found: bool) -> None:
    assert holds_password(text) is found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("DB_PASSWORD", True),
        ("s3_secret_access_key", True),
        ("s3_session_token", True),
        ("apiToken", True),
        ("API_KEY", True),
        ("AZURE_STORAGE_CONNECTION_STRING", True),
        ("s3_access_key_id", False),
        ("TOKENIZERS_PARALLELISM", False),
        ("SECRET_FILE", False),
        ("max_tokens", False),
        ("GOOGLE_APPLICATION_CREDENTIALS", False),
    ],
)
def test_names_of_secrets(name: str, found: bool) -> None:
    assert is_secret_name(name) is found


def test_secrets_within_values() -> None:
    assert holds_secret("environment_config", '{"env": {"DB_PASSWORD": "word"}}')
    assert holds_secret("environment_options", ("docker_env=DB_PASSWORD=word",))
    assert not holds_secret("environment_options", ("docker_container_image=x",))
    assert not holds_secret("DB_PASSWORD", "")


def test_what_is_masked() -> None:
    assert masked("x mysql://ann:a/b@c@db/x y") == "x mysql://…@db/x y"
    told = "https://ann:word@host/x cannot be reached, ask ann@example.com"
    assert without_passwords(told) == "https://…@host/x cannot be reached, ask ann@example.com"
    assert without_passwords("http://host:80/x, ann@b") == "http://host:80/x, ann@b"


@pytest.mark.parametrize(
    "address", ["mysql://USER:${NAME}@HOST/DATABASE", "https://${TOKEN}@host/x"]
)
def test_the_name_of_a_variable_is_shown(address: str) -> None:
    assert without_passwords(f"write {address} instead") == f"write {address} instead"
    assert "word" not in without_passwords(address.replace("${", "word${"))
