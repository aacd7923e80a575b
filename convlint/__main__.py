"""``python -m convlint``."""

import os
import sys

# Python puts the current folder first; a user's own random.py or json.py there must not become convlint's.
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from convlint.cli.app import main

if __name__ == "__main__":
    main()
