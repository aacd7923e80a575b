"""``python -m convlint``."""

from convlint.cli.app import main

if __name__ == "__main__":
    main()
