import numpy as np

from serving.runtime.protos import load_protos
from serving.servables.classification import Classifications
from serving.servables.result_messages import fill_classifications


def test_labels_that_are_no_utf_8() -> None:
    result = load_protos().classification_pb2.ClassificationResult()
    classes = np.array([[b"a\xff", "\u00e9".encode()]], dtype=object)
    fill_classifications(result, Classifications(classes, None))
    assert [found.label for found in result.classifications[0].classes] == ["a\ufffd", "\u00e9"]
