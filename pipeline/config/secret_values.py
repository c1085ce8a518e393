"""Find passwords in a configuration: a compiled pipeline would contain them.

A password belongs into the environment of the process that needs it: `${NAME}` in `metadata.url`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

METADATA_URL = "metadata.url"

_METADATA_QUERY = frozenset({"sslmode"})
_VARIABLE = re.compile(r"\$\{\w+\}")
_FILLED_IN = "1"
"""Stands for a variable wherever one may stand: as a password, a host, a port, a name."""

_TOKEN_SCHEMES = frozenset({"http", "https", "git+https"})
"""Where an account without a password is a token."""

_ACCOUNT = re.compile(r"://.*@", re.DOTALL)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>|]+", re.IGNORECASE)
_PAIR = re.compile(r"([A-Za-z][\w.-]*)\"?\s*[=:](?=\s*\"?[^\s\"{},;&])")

_SECRET_WORDS = re.compile(
    r"(^|_)(password|passwd|passphrase|pwd|secret|token|sig|signature|apikey"
    r"|(api|private|account|access|shared)_key(?!_id)|connection_string)(_|$)"
)
_PLACES = re.compile(r"_(file|path|dir|name|url|uri|location)$")
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def is_secret_name(name: str) -> bool:
    """Tell whether a name is that of a secret, not of the place where one is kept.

    Args:
        name: Of an option, an environment variable, a part of a query.

    Returns:
        Whether it is, e.g. for `DB_PASSWORD` and `apiToken`; not for `SECRET_FILE`.
    """
    words = _WORD_ENDS.sub("_", name).lower().strip("_")
    return bool(_SECRET_WORDS.search(words)) and not _PLACES.search(words)


def metadata_url_problem(url: str) -> str | None:
    """Look for what must not stand in `metadata.url`.

    Args:
        url: The address as configured, `${NAME}` not filled in.

    Returns:
        What is wrong, a sentence without its subject, with nothing of the address in it; or `None`.
    """
    if url.startswith("sqlite:"):
        return None
    try:
        given, filled = urlsplit(url), urlsplit(_VARIABLE.sub(_FILLED_IN, url))
        whole = _is_whole(filled)
    except ValueError:  # a port that is none, a bracket that is not closed
        whole = False
    scheme = url.partition("://")[0]
    if not whole:
        return (
            f"it must be {scheme}://USER:${{PASSWORD}}@HOST:PORT/DATABASE, where "
            "characters other than letters and digits are written as %-codes, and "
            "sslmode is the only option"
        )
    if _VARIABLE.sub("", given.password or ""):
        return (
            "it holds a password in clear text, which every compiled pipeline would hold, too; "
            f"write {scheme}://USER:${{NAME}}@HOST/DATABASE and set the environment variable NAME "
            "where nodes run"
        )
    return None


def _is_whole(url: Any) -> bool:
    """Tell whether nothing of an address is where a password with odd signs may have put it."""
    database = url.path.removeprefix("/").removesuffix("/")
    options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
    return bool(
        url.hostname
        and (url.port is None or url.port > 0)
        and database
        and not set(database) & set("/@:")
        and not url.fragment
        and "@" not in (url.username or "") + (url.password or "")
        and options.keys() <= _METADATA_QUERY
    )


def holds_password(text: str) -> bool:
    """Tell whether a text is or has an address with a password or a token in it.

    Args:
        text: Any value.

    Returns:
        Whether it has.
    """
    found = [*_ADDRESS.findall(text), text] if "://" in text else []
    return any(_has_password(address) for address in found)


def _has_password(address: str) -> bool:
    scheme, _, rest = address.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    account, at, _ = authority.rpartition("@")
    if at and (account.partition(":")[2] or scheme.lower() in _TOKEN_SCHEMES):
        return bool(account.strip(":"))
    port = authority.rpartition("]")[2].partition(":")[2]
    if not at and port and not port.isdecimal() and "@" in rest:
        return True  # a password with a slash in it
    query = rest.partition("?")[2].partition("#")[0]
    return any(value and is_secret_name(name) for name, value in parse_qsl(query))


def holds_secret(name: str, value: Any) -> bool:
    """Tell whether an option or a variable is a secret, or has one in it.

    Args:
        name: Its name.
        value: Its value, or several.

    Returns:
        Whether it is.
    """
    values = [str(each) for each in (value if isinstance(value, list | tuple) else (value,))]
    if is_secret_name(name):
        return any(values)
    return any(is_secret_name(found) for each in values for found in _PAIR.findall(each))


def first_secret(config: Mapping[str, Any]) -> tuple[str, str] | None:
    """Look for a secret in a configuration, which would be written into compiled pipelines.

    Args:
        config: All sections but `metadata`.

    Returns:
        Its key, and the reason to refuse it; or `None`.
    """
    for key, text in _texts(config):
        if holds_password(text):
            return key, "it holds a password in clear text, which would be written down"
    for name, value in config["beam"]["options"].items():
        if holds_secret(name, value):
            cure = (
                "set it in the environment of the nodes and the workers, where the libraries "
                "look for it"
            )
            return f"beam.options.{name}", f"a secret would be written down; {cure}"
    for name, value in config["kubeflow"]["env"].items():
        if holds_secret(name, value):
            cure = f"name its secret in `kubeflow.secrets`, {{{name}: SECRET/KEY}}"
            return f"kubeflow.env.{name}", f"a secret would be written down; {cure}"
    return None


def _texts(content: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted key of each text in a configuration, and the text."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from _texts(value, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value, key)


def masked(text: str) -> str:
    """Hide user and password of an address: messages end up in logs.

    Args:
        text: A message, or what the user gave.

    Returns:
        The same with `…` between `://` and the last `@`.
    """
    return _ACCOUNT.sub("://…@", text)


def without_passwords(text: str) -> str:
    """Hide the passwords in a message that is about something else.

    Args:
        text: The message.

    Returns:
        The same; only addresses that hold a password lose their account. The name of a variable,
        `${NAME}`, is none.
    """

    def shown(found: re.Match[str]) -> str:
        return masked(found[0]) if holds_password(_VARIABLE.sub("", found[0])) else found[0]

    return _ADDRESS.sub(shown, text)
