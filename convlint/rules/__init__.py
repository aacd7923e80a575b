"""The rules: pages in ``rules/`` that say how a Problem is judged and how it reads."""
