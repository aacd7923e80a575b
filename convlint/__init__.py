"""convlint: a linter and diagnosis tool for Keras models."""

__version__ = "0.1.0"
