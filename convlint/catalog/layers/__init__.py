"""One module per family of ``keras.layers``."""
