import hashlib
from pathlib import Path

from bert_aas.contracts.files.hashes import file_hash, files_hashes, joined_hash


def test_a_folder_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "sub" / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "seal").write_bytes(b"left out")
    found = files_hashes(tmp_path, {"seal"})
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
    assert found == {"a": one, "sub/b": two}
    assert list(found) == ["a", "sub/b"]
    assert joined_hash(found) == hashlib.sha256(f"a\0{one}\nsub/b\0{two}\n".encode()).hexdigest()
    assert file_hash(tmp_path / "a") == one
