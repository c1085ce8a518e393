"""Errors that a notebook shows as a sentence, without the traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.extras import missing_extras
from pipeline.errors import PipelineError

_P = ParamSpec("_P")
_T = TypeVar("_T")


class NotebookError(PipelineError):
    """What a cell could not do."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def in_a_sentence(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Turn a refusal of what the user gave into a `NotebookError`.

    Args:
        function: What a cell calls.

    Returns:
        The function, raising `NotebookError` in place of `InvalidInputError`.
    """

    @functools.wraps(function)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            with missing_extras():
                return function(*args, **kwargs)
        except InvalidInputError as exc:
            raise NotebookError(str(exc)) from exc

    return wrapped
