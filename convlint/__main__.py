"""``python -m convlint``, and the program ``convlint``."""

import os
import sys

# Python puts the current folder first; a user's own random.py or json.py there must not become convlint's.
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]


def main() -> None:
    """Run the command line; the version is told before anything is loaded."""
    if sys.argv[1:] == ["--version"]:
        from convlint import __version__

        print(f"convlint {__version__}")
        return
    from convlint.garbage import collect_nothing_at_the_end, collect_rarely

    collect_rarely()
    collect_nothing_at_the_end()
    from convlint.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
