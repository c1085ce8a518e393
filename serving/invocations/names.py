"""The names that SageMaker's clients use.

Source:
    Amazon SageMaker's API reference, `InvokeEndpoint`; names of HTTP headers ignore case.
"""

from typing import Final

CUSTOM_ATTRIBUTES: Final = b"x-amzn-sagemaker-custom-attributes"
TARGET_MODEL: Final = b"x-amzn-sagemaker-target-model"
TARGET_VARIANT: Final = b"x-amzn-sagemaker-target-variant"
SESSION: Final = b"x-amzn-sagemaker-session-id"
NEW_SESSION_HEADER: Final = b"x-amzn-sagemaker-new-session-id"
NEW_SESSION: Final = b"NEW_SESSION"
INVOKED_VARIANT: Final = b"x-amzn-invoked-production-variant"
ERROR_TYPE: Final = b"x-amzn-errortype"

ALL_TRAFFIC: Final = "AllTraffic"
"""The variant that SageMaker's SDK makes where the user names none."""
ENDPOINTS: Final = "/endpoints/"
"""Beginning of the paths of SageMaker's runtime; the others are those of a container."""
MODELS: Final = "/models/"
"""Beginning of the paths of a multi-model container."""
