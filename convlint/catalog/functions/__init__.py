"""One module per family of tensor functions: ``tf.*``, ``keras.ops``, ``keras.backend``, NumPy."""
