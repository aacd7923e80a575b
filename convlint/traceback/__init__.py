"""The traceback front end: what a log, a notebook's output or a forum post says of an error."""
