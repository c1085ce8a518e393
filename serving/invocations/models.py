"""The models of a multi-model endpoint: listed, loaded and unloaded over HTTP.

Source:
    Amazon SageMaker's developer guide, container contract of multi-model endpoints.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from serving.data_plane import DataPlane
from serving.errors import Code, InvalidArgumentError, NotFoundError, ServingError
from serving.files.local_paths import local_path
from serving.invocations.errors import container_error
from serving.rest.codecs.predict_codec import parse_document
from serving.rest.json.writer import encode_text
from serving.rest.options import RestOptions
from serving.rest.replies import Reply, error_reply
from serving.rest.requests.admission import Admission
from serving.rest.requests.body import read_body
from serving.states import find_versions
from serving.versions.model_config import All, ModelConfig

logger = logging.getLogger(__name__)

_MODELS = "/models"
_INVOKE = "/invoke"
_LOAD_S = 300.0
_NO_MEMORY = 507
_EXHAUSTED = Code.RESOURCE_EXHAUSTED.name


class NoMemoryError(ServingError):
    """A model for which there is no memory (HTTP 507); SageMaker unloads another one then."""

    @property
    def http_status(self) -> int:
        """Return 507."""
        return _NO_MEMORY


def is_models_path(path: str) -> bool:
    """Tell whether a path is about the models themselves, not a question to one of them."""
    plain = path.partition("?")[0]
    return plain == _MODELS or (plain.startswith(f"{_MODELS}/") and not plain.endswith(_INVOKE))


class ModelsApi:
    """Answers `GET`, `POST /models`, and `GET`, `DELETE /models/NAME`."""

    def __init__(self, plane: DataPlane, options: RestOptions, may_change: bool) -> None:
        """Prepare.

        Args:
            plane: The models.
            options: Limits of bodies.
            may_change: Whether models may be loaded and unloaded.
        """
        self._plane = plane
        self._options = options
        self._may_change = may_change
        self._admission = Admission(options.max_concurrent_requests, options.max_buffered_bytes)
        self._changing = threading.Lock()

    async def answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Args:
            path: Its path as sent.
            scope: ASGI's description of it.
            receive: ASGI's source of its body.
            send: ASGI's sink.
        """
        ticket = self._admission.ticket()
        try:
            body = await read_body(receive, None, ticket, self._options)
            name = unquote(path.partition("?")[0].removeprefix(_MODELS).removeprefix("/"))
            document = await asyncio.to_thread(self._answer, scope["method"], name, body)
            reply = Reply(200, encode_text(json.dumps(document)))
        except ServingError as exc:
            reply = container_error(exc)
        except Exception:
            logger.exception("A request about models failed inside the server.")
            reply = error_reply(ServingError(Code.INTERNAL, "Internal error"))
        finally:
            ticket.release()
        await reply.send(send)

    def _answer(self, method: str, name: str, body: bytes) -> Mapping[str, Any]:
        match method, bool(name):
            case "GET", False:
                return {"models": [_described(one) for one in self._plane.configs()]}
            case "GET", True:
                return _described(self._config(name))
            case "POST", False:
                wish = _read(body)
                self._change(lambda: self._load(wish))
                return {"status": f"Successfully loaded model {wish.name}."}
            case "DELETE", True:
                self._change(lambda: self._unload(name))
                return {"status": f"Successfully unloaded model {name}."}
        raise NotFoundError(f"There is no {method} of this path")

    def _change(self, change: Any) -> None:
        if not self._may_change:
            raise ServingError(
                Code.UNIMPLEMENTED,
                "Models cannot be loaded over HTTP here (--enable_reload_config=false)",
            )
        with self._changing:
            change()

    def _config(self, name: str) -> ModelConfig:
        for config in self._plane.configs():
            if config.name == name:
                return config
        raise NotFoundError(f"Model {name} is not loaded yet.")

    def _load(self, wish: "_Wish") -> None:
        before = self._plane.configs()
        if any(config.name == wish.name for config in before):
            raise ServingError(Code.ALREADY_EXISTS, f"Model {wish.name} is already loaded.")
        added = ModelConfig(wish.name, _base_path(wish), All())
        try:
            self._plane.reload([*before, added], _LOAD_S)
        except ServingError as exc:
            self._plane.reload(before, _LOAD_S)
            if _EXHAUSTED in exc.describe():
                raise NoMemoryError(exc.code, exc.message) from exc
            raise

    def _unload(self, name: str) -> None:
        gone = self._config(name)
        self._plane.reload([one for one in self._plane.configs() if one is not gone], _LOAD_S)


@dataclass(frozen=True)
class _Wish:
    """A model to load."""

    name: str
    url: str


def _read(body: bytes) -> _Wish:
    document = parse_document(body)
    name, url = document.get("model_name"), document.get("url")
    if not isinstance(name, str) or not isinstance(url, str) or not name or "\0" in url:
        raise InvalidArgumentError(
            'The body must be {"model_name": "a name", "url": "/the/folder/of/the/versions"}'
        )
    return _Wish(name, url)


def _base_path(wish: _Wish) -> Path:
    path = local_path(wish.url, f"Model {wish.name}: url")
    try:
        found = path.is_absolute() and find_versions(path)
    except (OSError, ValueError):
        found = {}
    if not found:
        raise NotFoundError(
            f"Could not find valid base path {wish.url} for servable {wish.name}: it must be an "
            "absolute path of a folder with version folders (1, 2, ...)"
        )
    return path


def _described(config: ModelConfig) -> Mapping[str, str]:
    return {"modelName": config.name, "modelUrl": str(config.base_path)}
