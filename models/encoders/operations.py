"""Refuse graphs that would read or write files or run Python: an encoder only computes.

A SavedModel is a program, and TensorFlow runs it with our rights.

Source:
    https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md
"""

from collections.abc import Iterator
from typing import Any

from bert_aas.contracts.errors import InvalidInputError

# Variables and vocabularies are restored by other operations, which each SavedModel has.
_REFUSED = frozenset(
    {
        *("PyFunc", "PyFuncStateless", "EagerPyFunc", "GeneratorDataset"),
        *("ReadFile", "WriteFile", "MatchingFiles", "MatchingFilesDataset", "PrintV2"),
        *("WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2"),
        *("TFRecordReader", "TFRecordReaderV2", "LMDBReader", "IdentityReader"),
        *("FixedLengthRecordReader", "FixedLengthRecordReaderV2"),
        *("TextLineDataset", "TFRecordDataset", "TFRecordDatasetV2", "FixedLengthRecordDataset"),
        *("FixedLengthRecordDatasetV2", "ExperimentalCSVDataset", "CSVDataset", "CSVDatasetV2"),
        *("SqlDataset", "ExperimentalSqlDataset", "ExperimentalLMDBDataset", "LMDBDataset"),
        *("CacheDataset", "CacheDatasetV2", "SnapshotDataset", "SnapshotDatasetV2"),
        *("SaveDataset", "SaveDatasetV2", "LoadDataset", "DatasetToTFRecord"),
        *("ExperimentalDatasetToTFRecord", "DataServiceDataset", "DataServiceDatasetV2"),
        *("CreateSummaryFileWriter", "CreateSummaryDbWriter", "DebugIdentity", "DebugIdentityV2"),
        *("Save", "SaveSlices", "LoadAndRemapMatrix", "GenerateVocabRemapping"),
    }
)


def check_operations(model: Any, called: str) -> None:
    """Refuse a SavedModel whose graph has an operation that no encoder needs.

    Args:
        model: A `SavedModel` message.
        called: What messages call it.

    Raises:
        InvalidInputError: If there is such an operation.
    """
    found = sorted(_REFUSED.intersection(_operations(model)))
    if found:
        raise InvalidInputError(
            f"{called} has operations that read or write files or run Python ({', '.join(found)}), "
            "which no encoder needs; get it from a place that you trust."
        )


def _operations(model: Any) -> Iterator[str]:
    for graph in model.meta_graphs:
        yield from (node.op for node in graph.graph_def.node)
        for function in graph.graph_def.library.function:
            yield from (node.op for node in function.node_def)
