"""Names that several packages write and read."""

ROW_KEY = "row_key"
"""The feature that names a row, in ExampleGen's examples and in the transformed ones: the value of
`data.key_column`, else `<file name>:<row number>`. What is computed of a row elsewhere is joined to
it by this key."""

CODE_FINGERPRINT_KEY = "code_fingerprint"
"""The exec property of every node that holds the fingerprint of its code."""

TEST_SPLIT = "test"
"""The split on which models are judged."""

SERVED_MODEL_NAME = "bert"
"""The name of the model in the server that tries it."""

CLASSIFY_SIGNATURE = "classify"
"""The signature of an exported model that takes texts as `tf.Example`."""

SIGNATURE_FILE = "model.sig"
"""The signature of a pushed model, in its version folder; the name that `model_signing` gives."""
