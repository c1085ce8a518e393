"""The work of `LocalInfraValidator`: TFX's executor with a local process as the place to serve.

Only what the server says about the model is a verdict, which the cache keeps. Where the machine
fails (a crash, a port, memory, time), the node fails, and the next run tries the model again.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.infra_validator import error_types, executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from bert_aas.contracts.errors import UnavailableError
from components.infra_validator.client import DeadlineClient
from components.infra_validator.failures import judge, untried, wait_until_loaded
from components.infra_validator.runner import LocalProcessRunner

REASON = "reason"
NOT_BLESSED_FILE = "INFRA_NOT_BLESSED"


class Executor(executor.Executor):
    """Validate as TFX does, in a local server process, and store why a model failed."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Run the validation.

        Args:
            input_dict: `model` and `examples`.
            output_dict: `blessing`.
            exec_properties: `serving_spec`, `validation_spec`, `request_spec`.

        Raises:
            UnavailableError: If the model could not be tried, through no fault of its own.
        """
        self._reason = ""
        self._answered = 0
        super().Do(input_dict, output_dict, exec_properties)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        if blessing.get_int_custom_property("blessed") == 1:
            self._reason = f"{self._answered} rows were answered by {self._server}"
        blessing.set_string_custom_property(REASON, self._reason)

    def _Do(self, **given: Any) -> None:  # noqa: N802 - TFX's name
        try:
            super()._Do(**given)
        except UnavailableError:
            raise
        except error_types.GracefulShutdown as exc:  # TFX's own handler of SIGTERM
            raise UnavailableError(untried("it was stopped by SIGTERM")) from exc
        except (OSError, ValueError) as exc:
            if getattr(exc, "errno", None) is not None:
                raise UnavailableError(untried(str(exc))) from exc
            # TFX reads the signature itself, to build requests, before any server is started.
            self._reason = f"the model cannot be tried: {' '.join(str(exc).split())}"
            io_utils.write_string_file(f"{given['blessing'].uri}/{NOT_BLESSED_FILE}", "")
            given["blessing"].set_int_custom_property("blessed", 0)

    def _ValidateWithRetry(self, **given: Any) -> bool:  # noqa: N802 - TFX's name
        self._failure = ""
        passed = bool(super()._ValidateWithRetry(**given))
        if not passed and self._failure:
            raise UnavailableError(untried(self._failure))
        return passed

    def _PrepareModelPath(  # noqa: N802 - TFX's name
        self, model: types.Artifact, serving_spec: Any
    ) -> str:
        """Copy the model to this machine: the server is a process here, TFX's folder may not be."""
        folder = tempfile.mkdtemp()
        self._AddCleanup(shutil.rmtree, folder)
        version = f"{folder}/{serving_spec.model_name}/{int(time.time())}"
        source = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
        io_utils.copy_dir(source, version)
        return version

    def _ValidateOnce(  # noqa: N802 - TFX's signature
        self,
        model_path: str,
        serving_binary: Any,
        serving_spec: Any,
        validation_spec: Any,
        requests: list[Any],
    ) -> None:
        self._failure = ""
        deadline = time.time() + validation_spec.max_loading_time_seconds
        base_path = str(Path(model_path).parent)
        runner = LocalProcessRunner(base_path, serving_spec.model_name)
        self._server = runner.server
        try:
            runner.Start()
            runner.WaitUntilRunning(deadline)
            client = DeadlineClient(
                runner.GetEndpoint(),
                serving_spec.model_name,
                validation_spec.max_loading_time_seconds,
            )
            wait_until_loaded(client, runner, deadline)
            # TFX reads a split that has fewer rows over and over until there are enough.
            rows = {request.SerializeToString(): request for request in requests}
            client.SendRequests(list(rows.values()))
            self._answered = len(rows)
        except error_types.GracefulShutdown:
            raise
        except (error_types.InfraValidationError, OSError) as exc:
            found = judge(exc, runner)
            self._reason, self._failure = found.reason, "" if found.about_model else found.reason
            # TFX's own message has the whole request in it, and with it the text of a row.
            raise error_types.ValidationFailed(found.reason) from None
        finally:
            runner.Stop()
