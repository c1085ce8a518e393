"""The content of a model's folder as one number."""

from pathlib import Path

from bert_aas.contracts.files.hashes import files_hashes, joined_hash
from bert_aas.contracts.names import SIGNATURE_FILE


def folder_hash(folder: Path) -> str:
    """Hash the files of a folder, their paths and their content.

    Args:
        folder: The folder.

    Returns:
        A SHA-256 in hexadecimal digits. Empty folders count for nothing, nor does the signature.

    Raises:
        FileNotFoundError: If there is no such folder.

    Example:
        >>> folder_hash(Path("serving_model/1796058444"))
        'a3f5…'
    """
    if not folder.is_dir():
        raise FileNotFoundError(2, "No such folder", str(folder))
    return joined_hash(files_hashes(folder, {SIGNATURE_FILE}))
