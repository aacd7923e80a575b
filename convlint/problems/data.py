"""CL5xx: data, labels and losses."""
