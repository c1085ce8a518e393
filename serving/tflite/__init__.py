"""TensorFlow Lite models: `model.tflite` in a version folder, with `--prefer_tflite_model`."""

TFLITE_FILE = "model.tflite"
