"""The static front end: follows a program from its source, never runs it."""
