"""The errors of `models`: those that every package raises."""

from bert_aas.contracts.errors import InvalidInputError, UnavailableError

__all__ = ["InvalidInputError", "UnavailableError"]
