"""What Transform is told beside the parameters of `models.preprocessing`."""

from bert_aas.contracts.params import FrozenParams

WANTED_KEY = "kept_tokens"


class WantedTokens(FrozenParams):
    """Tokens that a feature group may have of the texts of a run.

    Attributes:
        address: `features://GROUP…`, as `data.path` has it.
        tokenizer: Fingerprint of the tokenizer that the run needs.
        text: The column of the texts.
        text_pair: The column of the second texts.
    """

    address: str
    tokenizer: str
    text: str
    text_pair: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of texts."""
        return (self.text,) if self.text_pair is None else (self.text, self.text_pair)
