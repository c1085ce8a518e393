"""One loaded model version: its signatures, and a call with checked inputs. Knows no transport."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.runtime.dtypes import name_of

if TYPE_CHECKING:
    from serving.scripts.pool import ScriptPool

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

DEFAULT_SIGNATURE = "serving_default"
TENSORFLOW = "tensorflow"


class RunSignature(Protocol):
    """Runs one signature of a model; names and dtypes of the inputs have been checked."""

    def __call__(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature.

        Args:
            name: The signature.
            inputs: One array per input of the signature.
            outputs: The outputs wanted.
            deadline: When to give up, in seconds of `time.monotonic`; None never does.

        Returns:
            The wanted outputs by name, strings as object arrays of bytes.

        Raises:
            ServingError: With the code of the failure; DEADLINE_EXCEEDED after the deadline.
        """
        ...


@dataclass(frozen=True)
class Pending:
    """A run that waits for its turn or is under way.

    Attributes:
        answer: Ends with what `finish` takes, or with an error.
        finish: Returns the outputs by name.
        give_up: Drops the run; called when its client has gone.
    """

    answer: "Future[Any]"
    finish: Callable[[Any], Arrays]
    give_up: Callable[[], None]


class RunQueue(Protocol):
    """Takes runs that can wait for their turn without a thread."""

    def is_busy(self) -> bool:
        """Tell whether a run would have to wait."""
        ...

    def submit(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> Pending | None:
        """Queue a run; parameters and errors are those of `RunSignature`.

        Returns:
            The run; None if it is none to be queued and has to be run.
        """
        ...


def _nothing() -> None:
    """Release nothing."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a signature.

    Attributes:
        dtype: TensorFlow's lower-case name (`float`, `double`, `half`, `int64`, `string`, ...).
        numpy_dtype: The NumPy dtype of its arrays; `object` (of bytes) for strings.
        tensor_name: Name inside the graph, such as `x:0`; only error texts show it.
    """

    dtype: str
    numpy_dtype: np.dtype[Any]
    tensor_name: str = ""


@dataclass(frozen=True)
class Signature:
    """Named inputs and outputs of one function of a model.

    Shapes are left out on purpose: TensorFlow Serving does not compare them with the request.

    Attributes:
        name: The signature's key.
        inputs: Inputs by alias.
        outputs: Outputs by alias.
        method_name: What it is meant for, such as `tensorflow/serving/classify`.
        defaults: Values of inputs that a request may leave out.
    """

    name: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    method_name: str = ""
    defaults: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class LoadedModel:
    """A SavedModel version in memory.

    Attributes:
        name: The model's name, as clients ask for it.
        version: Number of the version folder.
        signatures: Callable signatures by name.
        signature_defs: All `SignatureDef` protos by name, for metadata requests.
        run: Runs one signature; inputs have passed `call`'s checks.
        close: Releases memory and threads; called once, when no request uses the model any more.
        engine: What runs it.
        parallel_runs: How many runs at once suit the engine; 0 if it does not tell.
        queue: Where runs can wait while the model is busy; None if there is no such place.
        script: A user's code around the model, which the SageMaker port asks; None without.
    """

    name: str
    version: int
    signatures: Mapping[str, Signature]
    signature_defs: Mapping[str, Any]
    run: RunSignature
    close: Callable[[], None] = _nothing
    engine: str = TENSORFLOW
    parallel_runs: int = 0
    queue: RunQueue | None = None
    script: "ScriptPool | None" = None

    def call(
        self,
        signature_name: str,
        inputs: Arrays,
        output_filter: Sequence[str] = (),
        deadline: float | None = None,
    ) -> dict[str, Array]:
        """Run one signature.

        Args:
            signature_name: Which signature; empty stands for `serving_default`.
            inputs: Arrays by input name; any shape, exactly the names and dtypes of the signature,
                less those that have defaults.
            output_filter: Outputs wanted; empty wants all.
            deadline: When to give up, in seconds of `time.monotonic`; None never does.

        Returns:
            Arrays by output name; strings as object arrays of bytes.

        Raises:
            ServingError: FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for wrong
                inputs or outputs, otherwise the code with which the graph failed.
        """
        signature = self._checked(signature_name or DEFAULT_SIGNATURE, inputs)
        wanted = _wanted_outputs(signature, output_filter)
        return self.run(signature.name, {**signature.defaults, **inputs}, wanted, deadline)

    def submit(self, signature_name: str, inputs: Arrays, deadline: float) -> Pending | None:
        """Queue a run of one signature, for all of its outputs.

        Args:
            signature_name: As for `call`.
            inputs: As for `call`.
            deadline: As for `call`.

        Returns:
            The run; None if it has to be called.

        Raises:
            ServingError: As `call`, and RESOURCE_EXHAUSTED if too many wait.
        """
        if self.queue is None:
            return None
        signature = self._checked(signature_name or DEFAULT_SIGNATURE, inputs)
        given, wanted = {**signature.defaults, **inputs}, list(signature.outputs)
        return self.queue.submit(signature.name, given, wanted, deadline)

    def _checked(self, name: str, inputs: Arrays) -> Signature:
        signature = self.signatures.get(name)
        if signature is None:
            raise ServingError(
                Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
            )
        _check_input_names(signature, inputs)
        _check_input_dtypes(signature, inputs)
        return signature


def _check_input_names(signature: Signature, inputs: Arrays) -> None:
    """Refuse missing and extra inputs. Source: upstream `predict_util.cc`."""
    extra = inputs.keys() - signature.inputs.keys()
    missing = signature.inputs.keys() - inputs.keys() - signature.defaults.keys()
    if not extra and not missing:
        return
    if len(inputs) == len(signature.inputs) and missing:
        alias = min(missing)
        raise InvalidArgumentError(
            f"Signature input alias: {alias}(feed name: {signature.inputs[alias].tensor_name}) not "
            "found in request and no default value provided. Inputs expected to be in the request "
            f"{_braced(inputs)}, or default input alias set: {','.join(sorted(signature.defaults))}"
        )
    raise InvalidArgumentError(
        f"input size does not match signature: {len(inputs)}!={len(signature.inputs)} "
        f"len({_braced(inputs)}) != len({_braced(signature.inputs)}). "
        f"Sent extra: {_braced(extra)}. Missing but required: {_braced(missing)}."
    )


def _check_input_dtypes(signature: Signature, inputs: Arrays) -> None:
    for alias, array in inputs.items():
        spec = signature.inputs[alias]
        if array.dtype != spec.numpy_dtype:
            raise InvalidArgumentError(
                f"Expects input {alias} to be {spec.dtype} but {name_of(array.dtype)} is provided"
            )


def _wanted_outputs(signature: Signature, output_filter: Sequence[str]) -> Sequence[str]:
    if not output_filter:
        return list(signature.outputs)
    seen: set[str] = set()
    for alias in output_filter:
        if alias not in signature.outputs:
            raise InvalidArgumentError(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in "
                f"the set {_braced(signature.outputs)}."
            )
        if alias in seen:
            raise InvalidArgumentError(f"duplicate output tensor alias: {alias}")
        seen.add(alias)
    return output_filter


def _braced(names: Any) -> str:
    return "{" + ",".join(sorted(names)) + "}"
