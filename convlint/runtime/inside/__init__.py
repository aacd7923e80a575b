"""What runs inside the worker process: the only modules that import Keras and TensorFlow."""
