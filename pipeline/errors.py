"""The errors of `pipeline`."""


class PipelineError(Exception):
    """Base class of the errors of `pipeline` that a user cannot correct."""
