"""Which model a user means: what commands hand on, with nothing heavy imported."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """Which model the user means, and where its run may be.

    Attributes:
        model: A version folder, a folder of versions, the id of a run, or the name of a registered
            version.
        output_dir: The output folder of its run; looked for where it is not given.
        metadata_url: The address of the metadata instead.
        registry: Where the registry is; looked for where it is not given.
    """

    model: str
    output_dir: str | None = None
    metadata_url: str | None = None
    registry: str | None = None
