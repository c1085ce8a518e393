"""The one place where the server behaves differently by TensorFlow's release."""

_GLOBAL_SINCE = (2, 20)


def symbols_must_be_global(version: bytes) -> bool:
    """Say whether TensorFlow's libraries must show their symbols to those loaded later.

    Since 2.20 TensorFlow's Python package loads them so. TF Text's library has its own copy of
    protobuf and Abseil; when it does not find TensorFlow's first, two copies share hash tables
    whose seeds differ, and the process ends at random with "Check failed: key not found". Earlier
    releases are used with a protobuf for Python in C++, which global symbols would replace.

    Args:
        version: What `TF_Version` returns, such as b"2.21.0" or b"2.22.0-rc1".

    Returns:
        Whether to open the libraries once more with `RTLD_GLOBAL`.

    Source:
        https://github.com/tensorflow/tensorflow/issues/124205
    """
    major, minor = version.split(b".")[:2]
    return (int(major), int(minor)) >= _GLOBAL_SINCE
