"""What Keras layers and tensor functions do to shapes, and what they refuse."""
