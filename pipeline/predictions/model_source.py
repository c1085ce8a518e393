"""Where the model is that shall answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError


@dataclass(frozen=True)
class ModelSource:
    """Where the model is; exactly one of the first three is given.

    Attributes:
        model_dir: A version folder, or the folder of versions.
        url: A server's REST address.
        grpc: A server's gRPC address.
        model_name: The model's name on the server.
    """

    model_dir: Path | None = None
    url: str | None = None
    grpc: str | None = None
    model_name: str | None = None

    def check(self) -> None:
        """Check the options against each other.

        Raises:
            InvalidInputError: If it is not clear which model is meant.
        """
        given = [self.model_dir, self.url, self.grpc]
        if sum(place is not None for place in given) != 1:
            raise InvalidInputError("give exactly one of --model-dir, --url and --grpc")
        if self.model_dir is not None and self.model_name is not None:
            raise InvalidInputError("--model-name goes with --url or --grpc, not with --model-dir")
