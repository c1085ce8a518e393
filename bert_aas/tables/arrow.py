"""pyarrow, made safe: the rest of the code takes it from here and never imports it itself.

Releases before 14.0.1 unpickle what a file gives as the definition of a column's type, which runs
any code that the file holds. `pyarrow_hotfix` refuses such types for the whole process.

Source:
    CVE-2023-47248, https://github.com/pitrou/pyarrow-hotfix.
"""

import pyarrow as pa
import pyarrow_hotfix  # noqa: F401 - importing it is what makes pyarrow safe
from pyarrow import parquet

__all__ = ["pa", "parquet"]
