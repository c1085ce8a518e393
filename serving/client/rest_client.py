"""The client for the REST API."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from serving.client.answers import VersionStatus, parse_status
from serving.client.base import DEFAULT_SIGNATURE, Client, Target
from serving.client.errors import (
    ClientError,
    Question,
    ServerUnavailableError,
    code_of_status,
)
from serving.client.retries import Retries
from serving.client.signatures import STRINGS, Metadata, SignatureInfo, parse_metadata
from serving.errors import Code, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OK = 200
_JSON = "application/json"
_SCHEMES = ("http://", "https://")
_KEPT_CONNECTIONS = 64  # further threads open and close one per request


class RestClient(Client):
    """Asks one model over HTTP; connections are kept open.

    Example:
        >>> with RestClient("http://localhost:8501", model="bert") as client:  # doctest: +SKIP
        ...     print(client.classify_texts(["Sturdy and quiet."])[0].label)
    """

    def __init__(
        self,
        url: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        timeout_s: float = 30.0,
        retries: Retries | None = None,
    ) -> None:
        """Keep the settings; nothing is sent yet.

        Args:
            url: Address of the REST API, such as `http://localhost:8501`.
            model: The model's name.
            version: Its version; otherwise the server takes the highest.
            label: Label of a version, instead of `version`.
            timeout_s: Time for one request, retries included, seconds. Connecting, and every wait
                for a part of the answer, may each take what is left of it.
            retries: When to ask again; by default three times within some seconds.

        Raises:
            SettingsError: If the settings cannot work.
        """
        if not url.startswith(_SCHEMES):
            raise SettingsError(f"The address {url} does not start with http:// or https://.")
        address = url.rstrip("/")
        super().__init__(address, Target(model, version, label), timeout_s, retries or Retries())
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=_KEPT_CONNECTIONS)
        for scheme in _SCHEMES:
            self._session.mount(scheme, adapter)

    def predict_instances(
        self, instances: Sequence[Any], signature_name: str = DEFAULT_SIGNATURE
    ) -> list[Any]:
        """Run one signature in the row format, sent and answered as it is.

        Args:
            instances: One JSON value per row.
            signature_name: One of the model's signatures.

        Returns:
            One JSON value per row.

        Raises:
            ClientError: If the server refuses.
        """
        body = {"signature_name": signature_name, "instances": list(instances)}
        return list(self._field(self._ask(f"{self._path()}:predict", body), "predictions"))

    def metadata(self) -> Metadata:
        """Return the model's signatures and the version that answers.

        Returns:
            What the server says.

        Raises:
            ClientError: If it refuses or cannot be reached.
        """
        path = f"{self._path()}/metadata"
        answer = self._ask(path)
        try:
            return parse_metadata(answer)
        except ValueError as exc:
            raise self._nonsense(path, exc) from exc

    def models(self) -> list[str] | None:
        """Ask which models there are; only this project's own server tells.

        Returns:
            Their names, or `None` if the server does not say.

        Raises:
            ServerUnavailableError: If it cannot be reached.
        """
        try:
            answer = self._ask("/models.json")
            entries = answer["models"] if isinstance(answer, dict) else answer
            return [str(entry["name"]) for entry in entries]
        except ServerUnavailableError:
            raise
        except (ClientError, LookupError, TypeError):
            return None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _status(self, retries: Retries) -> list[VersionStatus]:
        path = self._path()
        answer = self._ask(path, retries=retries)
        try:
            return parse_status(answer)
        except ValueError as exc:
            raise self._nonsense(path, exc) from exc

    def _run(
        self, inputs: Mapping[str, NDArray[Any]], signature_name: str, signature: SignatureInfo
    ) -> dict[str, NDArray[Any]]:
        path = f"{self._path()}:predict"
        columns = {name: _to_json(array) for name, array in inputs.items()}
        body = {"signature_name": signature_name, "inputs": columns}
        outputs = self._field(self._ask(path, body), "outputs")
        if len(signature.outputs) == 1:  # a single output comes without its name
            outputs = {next(iter(signature.outputs)): outputs}
        try:
            return {
                name: _from_json(outputs[name], info.dtype)
                for name, info in signature.outputs.items()
            }
        except (LookupError, ValueError, TypeError) as exc:
            raise self._nonsense(path, exc) from exc

    def _path(self) -> str:
        path = f"/v1/models/{quote(self.target.model, safe='')}"
        if self.target.version is not None:
            return f"{path}/versions/{self.target.version}"
        if self.target.label is not None:
            return f"{path}/labels/{quote(self.target.label, safe='')}"
        return path

    def _ask(self, path: str, body: Any = None, retries: Retries | None = None) -> Any:
        question = self._question(f"{'GET' if body is None else 'POST'} {path}")
        data = None if body is None else json.dumps(body).encode("ascii")

        def attempt(left_s: float) -> Any:
            return self._exchange(question, path, data, left_s)

        return (retries or self.retries).run(attempt, self.timeout_s)

    def _exchange(self, question: Question, path: str, data: bytes | None, left_s: float) -> Any:
        method, headers = ("GET", {}) if data is None else ("POST", {"Content-Type": _JSON})
        try:
            answer = self._session.request(
                method, self.address + path, data=data, headers=headers, timeout=left_s
            )
        except requests.exceptions.ReadTimeout as exc:
            reason = f"no answer within {self.timeout_s:g} s"
            raise ClientError(Code.DEADLINE_EXCEEDED, reason, question) from exc
        except requests.RequestException as exc:
            raise _unreachable(exc, question) from exc
        if answer.status_code != _OK:
            raise _refused(answer, question)
        try:
            return json.loads(answer.content)
        except ValueError as exc:
            raise ClientError(Code.INTERNAL, f"the answer is not JSON: {exc}", question) from exc

    def _field(self, answer: Any, name: str) -> Any:
        try:
            return answer[name]
        except (LookupError, TypeError) as exc:
            raise self._nonsense(f"{self._path()}:predict", exc) from exc


def _unreachable(exc: requests.RequestException, question: Question) -> ServerUnavailableError:
    causes = list(_causes(exc))
    # A refused or broken connection is worth another attempt; a wrong host name is not.
    transient = any(isinstance(cause, ConnectionError) for cause in causes)
    known = [cause for cause in causes if isinstance(cause, OSError) and cause.strerror]
    reason = known[-1].strerror if known else str(causes[-1])
    return ServerUnavailableError(str(reason), question, is_transient=transient)


def _causes(exc: BaseException) -> Sequence[BaseException]:
    found = [exc]
    while (cause := found[-1].__cause__ or found[-1].__context__) is not None:
        found.append(cause)
    return found


def _refused(answer: requests.Response, question: Question) -> ClientError:
    status = answer.status_code
    try:
        message = json.loads(answer.content)["error"]
    except (ValueError, LookupError, TypeError):
        message = f"{answer.reason}; the answer does not come from a model server"
    return ClientError(
        code_of_status(status),
        str(message),
        question,
        http_status=status,
        retry_after_s=_seconds(answer.headers.get("Retry-After")),
    )


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.strip().isdecimal() else None


def _to_json(array: NDArray[Any]) -> Any:
    if array.dtype.name != STRINGS:
        return array.tolist()
    import numpy as np

    values = np.empty(array.shape, dtype=object)
    for place, item in np.ndenumerate(array):
        values[place] = _text_or_base64(item)
    return values.tolist()


def _text_or_base64(item: bytes) -> str | dict[str, str]:
    try:
        return item.decode("utf-8")
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(item).decode("ascii")}


def _from_json(value: Any, dtype: str) -> NDArray[Any]:
    import numpy as np

    if dtype != STRINGS:
        return np.array(value, dtype=dtype)
    given = np.array(value, dtype=object)
    found = np.empty(given.shape, dtype=object)
    for place, item in np.ndenumerate(given):
        is_text = isinstance(item, str)
        found[place] = item.encode("utf-8") if is_text else base64.b64decode(item["b64"])
    return found
