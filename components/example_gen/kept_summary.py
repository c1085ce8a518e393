"""Store what preflight found in the data, so that the same data are not parsed again.

The summary is kept under the hash of the content, the settings and the code that read it. A kept
summary that cannot be read, or is of anything else, is made again.
"""

import contextlib
import hashlib
import sys
from importlib import metadata
from pathlib import Path

from pydantic import ValidationError

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.sources import SourceFile, is_local
from components.example_gen.fingerprint import FileState, content_fingerprint, settled_state
from components.example_gen.params import DataParams
from components.example_gen.preflight import inspect
from components.example_gen.reading.sources import find_files
from components.example_gen.splitting.analysis import SourceSummary
from models.encoders.folders import hash_files

_ROOT = Path(__file__).resolve().parents[2]
_CODE = ("components/example_gen", "bert_aas")


class KeptSummary(FrozenParams):
    """A summary and what it was made of.

    Attributes:
        made_by: Hash of settings, names of files, and code.
        content: `content_fingerprint` of the files.
        summary: What was found in them.
    """

    made_by: str
    content: str
    summary: SourceSummary


def inspect_once(params: DataParams, place: Path) -> SourceSummary:
    """Inspect the data, or take what an earlier call has kept of the same data.

    Args:
        params: What to read and how.
        place: File of the kept summary. It is written if the data can be used and did not change
            meanwhile.

    Returns:
        What `preflight.inspect` returns.

    Raises:
        InvalidInputError: As `preflight.inspect` raises it.
    """
    files = find_files(params)
    made_by = _made_by(params, files)
    kept = _read(place)
    if kept and kept.made_by == made_by and kept.content == content_fingerprint(files):
        return kept.summary
    before = _states(files)
    summary = inspect(params)
    if before is None:
        return summary
    content = content_fingerprint(files)
    now = find_files(params)
    if now == files and _states(now) == before:
        _write(KeptSummary(made_by=made_by, content=content, summary=summary), place)
    return summary


def _made_by(params: DataParams, files: tuple[SourceFile, ...]) -> str:
    named = [repr((file.path, file.name, file.format, file.partitions)) for file in files]
    code = [hash_files(_ROOT / folder, "*.py") for folder in _CODE]
    releases = [sys.version, metadata.version("pyarrow")]
    parts = "\0".join([params.model_dump_json(), *named, *code, *releases])
    return hashlib.sha256(parts.encode(errors="surrogatepass")).hexdigest()


def _states(files: tuple[SourceFile, ...]) -> list[FileState] | None:
    """Return the states of the local files; `None` if one of them proves nothing."""
    found = [settled_state(file) for file in files if is_local(file.path)]
    known = [state for state in found if state is not None]
    return known if len(known) == len(found) else None


def _read(place: Path) -> KeptSummary | None:
    try:
        return KeptSummary.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):  # none yet, damaged, or another release's
        return None


def _write(kept: KeptSummary, place: Path) -> None:
    with contextlib.suppress(OSError):  # the run itself says what it cannot write
        write_text(place, kept.model_dump_json(indent=1))
