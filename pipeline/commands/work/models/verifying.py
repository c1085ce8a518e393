"""What `bert-aas models verify` does."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError, UnavailableError, ViolationError
from bert_aas.contracts.files.hashes import file_hash
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.signing import FolderVerifier
from bert_aas.registry.content import folder_hash
from bert_aas.registry.deploying import Deployer
from pipeline.commands.work.data.cataloguing import print_table
from pipeline.governance.registries import (
    Reference,
    RegisteredVersion,
    open_registry,
    registered_version,
)

_AS_REGISTERED = "as registered"
_SIGNED = "signed with this key"


@dataclass(frozen=True)
class _Check:
    """What was looked at, and what is wrong with it; nothing if `problem` is empty."""

    what: str
    place: str
    outcome: str
    problem: str = ""


def verify_version(model: str, version: str, key: Path | None, registry: str | None) -> None:
    """Verify that the model of a version, its files and what is served are as registered.

    Args:
        model: Name of the model.
        version: Number or alias.
        key: File with a public key, to verify the signatures of what is served, too.
        registry: Where the registry is.

    Raises:
        ViolationError: If something is not.
    """
    verifier = FolderVerifier(key) if key else None
    found = registered_version(Reference(model, version), open_registry(registry))
    checks = [_model(found), *_files(found), *_served(found, verifier)]
    print_table(
        ("Verified", "Where", "Outcome"),
        ((one.what, one.place, one.problem or one.outcome) for one in checks),
    )
    wrong = sum(bool(one.problem) for one in checks)
    if wrong:
        raise ViolationError(f"{found.name}: {wrong} of {len(checks)} checks failed")


def _model(found: RegisteredVersion) -> _Check:
    version = found.version

    def unchanged() -> None:
        with Deployer(found.registry, version.model).unchanged(version):
            pass

    return _checked(_Check("model", version.source, _AS_REGISTERED), unchanged)


def _files(found: RegisteredVersion) -> Iterator[_Check]:
    """Compare the files in the registry with the hashes that were written down."""
    with tempfile.TemporaryDirectory() as folder:
        found.registry.store.files(found.version, Path(folder))
        for name, digest in sorted(found.version.evidence.items()):
            file = Path(folder, name)
            problem = "is missing"
            if file.is_file():
                problem = "" if file_hash(file) == digest else "was changed"
            yield _Check("file", name, _AS_REGISTERED, problem)


def _served(found: RegisteredVersion, verifier: FolderVerifier | None) -> Iterator[_Check]:
    for made in found.served:
        if is_remote(made.directory) or not Path(made.directory).is_dir():
            yield _Check("served copy", made.folder, "not on this machine, so not looked at")
            continue

        check = _Check("served copy", made.folder, _AS_REGISTERED)
        yield _checked(check, partial(_check_copy, Path(made.folder), found.version.content))
        if verifier is not None:
            check = _Check("signature", made.folder, _SIGNED)
            yield _checked(check, partial(verifier.verify, Path(made.folder)))


def _check_copy(folder: Path, content: str) -> None:
    if not folder.is_dir():
        raise InvalidInputError("is missing")
    if folder_hash(folder) != content:
        raise InvalidInputError("was changed")


def _checked(check: _Check, work: Callable[[], None]) -> _Check:
    try:
        work()
    except UnavailableError:
        raise
    except InvalidInputError as exc:
        problem = str(exc).removeprefix(f"{check.place} ")
        return _Check(check.what, check.place, check.outcome, problem)
    return check
