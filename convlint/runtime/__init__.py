"""The runtime front end: Keras builds the model for real, in a worker process with limits."""
