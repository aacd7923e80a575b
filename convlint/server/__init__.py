"""``convlint server``: what convlint knows, in an editor."""
