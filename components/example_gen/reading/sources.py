"""Find the input files of a run: local ones directly, others through Beam.

Beam takes seconds to import, so nothing here imports it for a local path.
"""

from dataclasses import replace
from typing import BinaryIO

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.names import ROW_KEY
from bert_aas.tables.finding import Match, TablePath, as_sources, find_local
from bert_aas.tables.sources import ReadOptions, SourceFile, is_local
from components.example_gen.params import GIVEN_SPLIT, DataParams


def find_files(params: DataParams) -> tuple[SourceFile, ...]:
    """List the files that `data.path` means, sorted by path; or those of each split.

    Args:
        params: Its `path` is a file, a glob, a folder or a feature group.

    Returns:
        At least one file; all have one format.

    Raises:
        InvalidInputError: If nothing matches, or the format is unclear.
    """
    given = params.split_files.given
    if not given:
        return _find(params, "data.path")
    found = []
    for split, place in given.items():
        path = params.model_copy(update={"path": _below(params.path, place)})
        found += [_of_split(file, split) for file in _find(path, f"data.split_files.{split}")]
    formats = sorted({file.format for file in found})
    if len(formats) > 1:
        raise InvalidInputError(
            f"data.split_files: the splits have the formats {' and '.join(formats)}; all must have "
            "one"
        )
    return tuple(found)


def _below(path: str, place: str) -> str:
    """Join paths, local or not; an absolute one stands for itself."""
    if place.startswith(("/", "~")) or "://" in place:
        return place
    return f"{path.rstrip('/')}/{place}"


def _of_split(file: SourceFile, split: str) -> SourceFile:
    """Give the rows of a file their split, and keys that no other split has."""
    partitions = ((GIVEN_SPLIT, split), *file.partitions)
    return replace(file, name=f"{split}/{file.name}", partitions=partitions)


def _find(params: DataParams, setting: str) -> tuple[SourceFile, ...]:
    options = ReadOptions(
        params.encoding, params.separator, params.quoting, params.label_column, (ROW_KEY,)
    )
    if params.is_feature_group:
        from bert_aas.features.snapshots import snapshot_file  # noqa: PLC0415 (DuckDB)

        stored = str(snapshot_file(params.path))
        return find_local(TablePath(stored, format="parquet", options=options))
    if is_local(params.path):
        return find_local(TablePath(params.path, setting, params.format, options))
    wanted = TablePath(params.path, setting, params.format, options, open_remote)
    is_folder, matches = _match_remote(params.path, setting)
    return as_sources(matches, wanted, is_folder=is_folder)


def open_remote(path: str) -> BinaryIO:
    """Open a file through Beam for reading its bytes as stored."""
    from apache_beam.io.filesystem import CompressionTypes  # noqa: PLC0415 (remote paths only)
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    stream: BinaryIO = FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    return stream


def _match_remote(path: str, setting: str) -> tuple[bool, list[Match]]:
    """Return whether `path` is a folder, and the files it means."""
    from apache_beam.io.filesystem import BeamIOError  # noqa: PLC0415 (remote paths only)
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    folder = path.rstrip("/") + "/"
    try:
        whole, inside = FileSystems.match([path, folder + "*"])
    except (BeamIOError, ValueError, OSError) as exc:
        raise UnavailableError(
            f"{setting}: '{path}' cannot be opened by Apache Beam; is its file system's extra "
            "(apache-beam[gcp], apache-beam[aws]) installed and the path spelt right?"
        ) from exc
    is_folder = path.endswith("/") or not whole.metadata_list
    hits = inside.metadata_list if is_folder else whole.metadata_list
    return is_folder, [
        Match(hit.path, hit.size_in_bytes, hit.last_updated_in_seconds or 0.0)
        for hit in hits
        if not is_folder or "/" not in hit.path.removeprefix(folder)
    ]
