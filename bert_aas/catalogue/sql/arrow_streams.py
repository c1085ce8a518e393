"""Hand Arrow's batches to DuckDB one by one, whatever release pyarrow has."""

import ctypes
from collections.abc import Iterator
from typing import Any

from bert_aas.catalogue.contents import Batches
from bert_aas.tables.arrow import pa

_NAME = b"arrow_array_stream"


class _CStream(ctypes.Structure):
    """Arrow's stream between libraries.

    Source:
        https://arrow.apache.org/docs/format/CStreamInterface.html, "Structure definition".
    """

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
    ]


class StreamedOnce:
    """Batches that DuckDB may read once, by Arrow's protocol for any reader.

    DuckDB knows readers of pyarrow since 14 by themselves; this is also good for those before.

    Attributes:
        error: What reading raised. DuckDB keeps its message alone.
    """

    def __init__(self, content: Batches) -> None:
        """Take the batches; nothing is read yet."""
        self.error: BaseException | None = None
        self._content = content
        self._kept: list[Any] = []

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Export the batches as a capsule; DuckDB releases what is in it."""
        reader = pa.RecordBatchReader.from_batches(self._content.schema, self._noted())
        stream = _CStream()
        reader._export_to_c(ctypes.addressof(stream))
        self._kept += [reader, stream]
        capsule = ctypes.pythonapi.PyCapsule_New
        capsule.restype = ctypes.py_object
        capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return capsule(ctypes.addressof(stream), _NAME, None)

    def _noted(self) -> Iterator[Any]:
        try:
            yield from self._content.batches()
        except BaseException as exc:
            self.error = exc
            raise
