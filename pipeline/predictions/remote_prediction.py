"""Classify texts with a model server: the other half of `bert-aas predict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from pipeline.predictions.model_source import ModelSource
from pipeline.predictions.predicted import Predictions, in_natural_order
from serving.client import Client, ClientError, GrpcClient, RestClient
from serving.errors import Code, SettingsError

if TYPE_CHECKING:
    from serving.client import Prediction

DEFAULT_MODEL = "default"  # the servers' own default of --model_name


class RemoteModel:
    """A model behind a server."""

    def __init__(self, client: Client) -> None:
        """Ask which texts the model takes.

        Args:
            client: Connected to the model.
        """
        self._client = client
        self.takes_pairs = "text_pair" in client.signature().inputs

    def predict(self, columns: Sequence[Sequence[str]], batch_size: int) -> Predictions:
        """Classify texts.

        Args:
            columns: The texts, and for models of pairs the second texts, `n` each.
            batch_size: Rows per request.

        Returns:
            The answers in the order of the texts.
        """
        if not columns[0]:
            known = self.predict([[""] for _ in columns], 1)  # the answer names the classes
            return Predictions([], known.classes, known.probabilities[:0])
        rows = list(zip(*columns, strict=True)) if self.takes_pairs else columns[0]
        return _table(self._client.classify_texts(rows, batch_size))


@contextmanager
def connect(source: ModelSource) -> Iterator[RemoteModel]:
    """Connect to the model that is meant.

    Args:
        source: The server, and perhaps the model's name.

    Yields:
        The model.

    Raises:
        InvalidInputError: If the address cannot be one, or the server has no such model.
        ClientError: If the server cannot be reached or refuses.
    """
    try:
        client = _client(source)
    except SettingsError as exc:
        raise InvalidInputError(exc.message) from exc
    with client:
        try:
            model = RemoteModel(client)
        except ClientError as exc:
            if exc.code is not Code.NOT_FOUND:
                raise
            raise InvalidInputError(_not_there(source, client)) from exc
        yield model


def _client(source: ModelSource) -> Client:
    if source.url is not None:
        return RestClient(source.url, source.model_name or _only_model(source.url))
    return GrpcClient(str(source.grpc), source.model_name or DEFAULT_MODEL)


def _only_model(url: str) -> str:
    names = _models(url)
    if names is None:
        return DEFAULT_MODEL
    if len(names) != 1:
        raise InvalidInputError(f"choose with --model-name: {url} serves {_listed(names)}")
    return names[0]


def _not_there(source: ModelSource, client: Client) -> str:
    sentence = f"{client.address} has no model {client.target.model!r}"
    names = _models(source.url) if source.url is not None else None
    if names is not None:
        return f"{sentence}; it serves {_listed(names)}"
    return sentence if source.model_name else f"{sentence}; give its name with --model-name"


def _models(url: str) -> list[str] | None:
    with RestClient(url, DEFAULT_MODEL) as client:
        return client.models()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "no model"


def _table(predictions: Sequence[Prediction]) -> Predictions:
    import numpy as np

    names = list(predictions[0].probabilities)
    rows = [[one.probabilities[name] for name in names] for one in predictions]
    return in_natural_order(np.array(rows), names)
