"""The devices of this machine: what they are, and a `tf.distribute` strategy for them."""

import platform

import tensorflow as tf

from models.params import TrainParams


def choose_strategy(params: TrainParams) -> tf.distribute.Strategy:
    """Choose the strategy: several GPUs are mirrored, one GPU or the CPU is used alone.

    One device needs no more than TensorFlow's default strategy, which places on the GPU if there
    is one; `OneDeviceStrategy` would copy every batch once more.

    Args:
        params: `strategy` may force one device, or mirroring over all devices of the best kind.

    Returns:
        The strategy under whose scope the model and its optimizer are built.
    """
    gpus = tf.config.list_logical_devices("GPU")
    devices = [device.name for device in gpus or tf.config.list_logical_devices("CPU")]
    mirrored = params.strategy == "mirrored" or (params.strategy == "auto" and len(gpus) > 1)
    if mirrored:
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.get_strategy()


def machine() -> str:
    """Describe this machine in one line.

    Returns:
        Its name, its processor, its system, and how many GPUs TensorFlow sees, if any.
    """
    system = f"{platform.system()} {platform.release()}"
    gpus = len(tf.config.list_physical_devices("GPU"))
    found = [platform.node(), platform.machine(), system, f"{gpus} GPU" if gpus else ""]
    return ", ".join(name for name in found if name)
