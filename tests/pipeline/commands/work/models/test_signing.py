"""`bert-aas sign` and `bert-aas verify`, as a user types them."""

from pathlib import Path

import pytest

from bert_aas.contracts.exit_codes import EXIT_REFUSED
from pipeline.cli import main
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.config.preflight import check_sign_key
from tests.pipeline.stored_model import MADE, write_model
from tests.signing_keys import KeyPair, write_keys

Output = pytest.CaptureFixture[str]
EXIT_VIOLATION = 4


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return write_model(tmp_path)


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    return write_keys(tmp_path)


def printed(capfd: Output, *arguments: object, code: int = 0) -> str:
    assert main(list(map(str, arguments))) == code
    shown = capfd.readouterr()
    return shown.err if code else shown.out


def test_signed_then_changed(version: Path, keys: KeyPair, capfd: Output) -> None:
    assert printed(capfd, "sign", version, "--key", keys.private) == (
        f"signed: {version}/model.sig\n"
    )
    said = f"{version} is signed with this key, and unchanged since\n"
    assert printed(capfd, "verify", version.parent, "--key", keys.public) == said
    (version / "saved_model.pb").write_bytes(b"grapx")
    refused = printed(capfd, "verify", version, "--key", keys.public, code=EXIT_VIOLATION)
    assert refused == (
        f"Error: {version} is refused: not as it was signed: changed saved_model.pb\n"
    )


def test_a_run_means_what_it_pushed(
    version: Path, keys: KeyPair, tmp_path: Path, capfd: Output
) -> None:
    where = ("--output-dir", tmp_path / "output")
    printed(capfd, "sign", MADE, *where, "--key", keys.private)
    assert str(version) in printed(capfd, "verify", MADE, *where, "--key", keys.public)


def test_a_folder_needs_no_metadata(
    version: Path, keys: KeyPair, tmp_path: Path, capfd: Output
) -> None:
    (tmp_path / "output" / "metadata.sqlite").unlink()
    refused = printed(capfd, "verify", version, "--key", keys.public, code=EXIT_VIOLATION)
    assert "is not signed: it has no model.sig" in refused
    printed(capfd, "sign", version, "--key", keys.private)
    printed(capfd, "verify", version, "--key", keys.public)


def test_refusals(version: Path, keys: KeyPair, tmp_path: Path, capfd: Output) -> None:
    for arguments, sentence in (
        (("sign", version, "--key", keys.public), "holds no private key"),
        (("verify", version, "--key", keys.private), "holds no public key"),
        (("sign", tmp_path, "--key", keys.private), "holds no SavedModel"),
        (
            ("sign", "gs://bucket/7", "--output-dir", tmp_path / "output", "--key", keys.private),
            "no run pushed the model in gs://bucket/7",
        ),
    ):
        refused = printed(capfd, *arguments, code=EXIT_REFUSED)
        assert sentence in refused
        assert refused.count("\n") == 1


def test_a_key_is_tried_before_a_run(keys: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    def config(key: Path) -> PipelineConfig:
        return PipelineConfig.model_validate(
            {"data": {"path": "x"}, "push": {"sign_key": str(key)}}
        )

    check_sign_key(config(keys.private))
    with pytest.raises(ValueError, match="holds no private key"):
        check_sign_key(config(keys.public))
    monkeypatch.setattr("bert_aas.contracts.signing.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r'pip install "bert-aas\[sign\]"'):
        check_sign_key(config(keys.private))
