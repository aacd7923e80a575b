"""Sizes and shapes: what is known about them, what can be proved, how they are printed."""
