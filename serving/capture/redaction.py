"""Takes out of texts what must not be written down."""

import hashlib
import hmac
from collections.abc import Callable

from bert_aas.contracts.personal_data import MASKS
from serving.capture.rules import Redaction

HIDDEN = "[REDACTED]"

_SURROGATES = "surrogateescape"


class Redactor:
    """Redacts the values of requests and answers."""

    def __init__(self, rules: Redaction) -> None:
        """Prepare.

        Args:
            rules: What is left out.
        """
        self._rules = rules
        self._masks = [MASKS[name] for name in rules.personal_data]

    def hides(self, name: str) -> bool:
        """Tell whether the values of an input, output or feature are left out as a whole."""
        return name in self._rules.fields

    @property
    def asked(self) -> Callable[[bytes], str]:
        """What a string of a request becomes."""
        return self._hashed if self._rules.hash_texts else self.answered

    def answered(self, value: bytes) -> str:
        """Return what a string of an answer becomes: marks in place of personal data.

        Args:
            value: The string; bytes that are no UTF-8 become surrogates.

        Returns:
            The text.
        """
        text = value.decode("utf-8", _SURROGATES)
        for mask in self._masks:
            text = mask(text)
        return text

    def _hashed(self, value: bytes) -> str:
        key = self._rules.hash_key
        if key:
            return f"hmac-sha256:{hmac.new(key, value, hashlib.sha256).hexdigest()}"
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
