"""How clients name their requests, and how answers are named."""

ID_HEADER = "x-inference-id"
"""Header and metadata with the id of an answer: of requests the client's own, of answers ours."""

INFERENCE_ID_HEADERS = (ID_HEADER, "x-amzn-sagemaker-inference-id")
REQUEST_ID_HEADER = "x-request-id"
MAX_ID = 256
"""Characters of an id that count; clients choose them."""
