"""The errors of `pipeline`."""


class PipelineError(Exception):
    """Base class of everything that `pipeline` raises on purpose and a user cannot mend."""
