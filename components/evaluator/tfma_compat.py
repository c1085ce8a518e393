"""The one place that imports TFMA for its configuration, complete in every release.

TFMA 0.52 lists the messages of its configuration in `__all__` and lacks them, and TFX's Evaluator
asks for them. TFX puts them there when all its components are imported, which a node never does.
"""

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

for _name in config_pb2.DESCRIPTOR.message_types_by_name:
    if not hasattr(tfma, _name):
        setattr(tfma, _name, getattr(config_pb2, _name))

__all__ = ["tfma"]
