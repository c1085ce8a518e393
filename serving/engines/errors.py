"""Why an engine cannot run a model."""


class EngineUnavailableError(Exception):
    """The engine cannot run this model on this machine; the message is the reason, in one clause.

    Attributes:
        is_expected: Whether the model's folder never promised otherwise, so nobody need be told.
    """

    def __init__(self, reason: str, *, is_expected: bool = False) -> None:
        super().__init__(reason)
        self.is_expected = is_expected
