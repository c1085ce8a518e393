"""What both clients have in common: the questions; only the transport differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from serving.client import texts as text_rows
from serving.client.answers import Prediction, VersionStatus
from serving.client.errors import ClientError, Question
from serving.client.retries import Retries
from serving.client.signatures import Metadata, SignatureInfo, as_array
from serving.errors import Code, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Target:
    """Which model is asked.

    Attributes:
        model: Its name.
        version: Its version; `None` leaves the choice to the server, which takes the highest.
        label: A version's label; not together with `version`.
    """

    model: str
    version: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if not self.model:
            raise SettingsError("The model's name is empty.")
        if self.version is not None and self.label is not None:
            raise SettingsError(
                f"Give version {self.version} or label {self.label!r}, not both of them."
            )


class Client(ABC):
    """Asks one model of a server; may be shared by threads. Use it as a context manager."""

    def __init__(self, address: str, target: Target, timeout_s: float, retries: Retries) -> None:
        """Keep the settings; nothing is sent yet.

        Args:
            address: Of the server, for messages too.
            target: The model.
            timeout_s: Longest wait for one request's answer, retries included, seconds.
            retries: When to ask again.
        """
        self.address = address
        self.target = target
        self.timeout_s = timeout_s
        self.retries = retries
        self._metadata: Metadata | None = None

    def classify_texts(
        self,
        texts: Sequence[str] | Sequence[tuple[str, str]],
        max_rows: int = text_rows.MAX_ROWS,
    ) -> list[Prediction]:
        """Classify texts, or pairs of texts, in as many requests as it takes.

        Args:
            texts: Texts, or pairs for a model of pairs.
            max_rows: Rows per request; long texts make it fewer.

        Returns:
            One prediction per text, in the order of the texts.

        Raises:
            ClientError: If the server refuses, or the model does not classify such texts.
        """
        try:
            rows = text_rows.encode_rows(texts)
        except ValueError as exc:
            raise self._refusal(f"classify_texts: {exc}") from exc
        if rows:
            self._check_takes(set(text_rows.columns(rows[:1])))
        found: dict[int, Prediction] = {}
        for places in text_rows.chunks(rows, max_rows):
            inputs = text_rows.columns([rows[place] for place in places])
            outputs = self.predict(inputs)
            try:
                predictions = text_rows.parse_predictions(outputs, len(places))
            except ValueError as exc:
                raise self._refusal(str(exc), Code.FAILED_PRECONDITION) from exc
            found.update(zip(places, predictions, strict=True))
        return [found[place] for place in range(len(rows))]

    def predict(
        self, inputs: Mapping[str, Any], signature_name: str = DEFAULT_SIGNATURE
    ) -> dict[str, NDArray[Any]]:
        """Run one signature; the same call gives the same answer over REST and gRPC.

        Args:
            inputs: By name: arrays, or nested lists, which are converted as the signature says.
            signature_name: One of the model's signatures.

        Returns:
            The outputs by name; strings as object arrays of bytes.

        Raises:
            ClientError: If the server refuses, or a value does not fit the signature.
        """
        signature = self.signature(signature_name)
        extra = sorted(set(inputs) - set(signature.inputs))
        if extra:
            raise self._refusal(
                f"signature {signature_name!r} has the inputs {_listed(signature.inputs)}; "
                f"it has no {', '.join(extra)}"
            )
        arrays = {}
        for name, value in inputs.items():
            try:
                arrays[name] = as_array(value, signature.inputs[name].dtype)
            except (ValueError, TypeError) as exc:
                raise self._refusal(f"input {name!r}: {exc}") from exc
        try:
            return self._run(arrays, signature_name, signature)
        except ClientError:
            self._metadata = None  # another version may be served by now
            raise

    def signature(self, signature_name: str = DEFAULT_SIGNATURE) -> SignatureInfo:
        """Return one signature; the server is asked once.

        Args:
            signature_name: Its name.

        Returns:
            Its inputs and outputs.

        Raises:
            ClientError: If the model has no such signature, or the server does not answer.
        """
        metadata = self._metadata  # other threads may forget it meanwhile
        if metadata is None:
            metadata = self._metadata = self.metadata()
        found = metadata.signatures.get(signature_name)
        if found is None:
            known = _listed(metadata.signatures)
            raise self._refusal(f"there is no signature {signature_name!r}; there are {known}")
        return found

    def is_ready(self) -> bool:
        """Ask, once, whether requests would be answered.

        Returns:
            Whether the requested version, or any version, is available; false if no server answers.
        """
        try:
            found = self._status(Retries(count=0))
        except ClientError:
            return False
        wanted = self.target.version
        return any(one.is_available for one in found if wanted in {None, one.version})

    def status(self) -> list[VersionStatus]:
        """Return the states of the model's versions, highest first.

        Returns:
            One entry, if the client was made for a version; all versions for a label.
        """
        return self._status(self.retries)

    @abstractmethod
    def metadata(self) -> Metadata:
        """Return the model's signatures and the version that answers."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    @abstractmethod
    def _status(self, retries: Retries) -> list[VersionStatus]: ...

    @abstractmethod
    def _run(
        self, inputs: Mapping[str, NDArray[Any]], signature_name: str, signature: SignatureInfo
    ) -> dict[str, NDArray[Any]]: ...

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def _check_takes(self, given: set[str]) -> None:
        inputs = self.signature().inputs
        if set(inputs) != given:  # REST ignores inputs that a model does not have
            raise self._refusal(
                f"the model takes {_listed(inputs)}, but {_listed(given)} was given"
            )

    def _question(self, request: str) -> Question:
        return Question(self.address, request)

    def _nonsense(self, request: str, exc: Exception) -> ClientError:
        reason = f"the answer does not follow the protocol: {exc!r}"
        return ClientError(Code.INTERNAL, reason, self._question(request))

    def _refusal(self, reason: str, code: Code = Code.INVALID_ARGUMENT) -> ClientError:
        return ClientError(code, reason, self._question(f"Predict of {self.target.model}"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
