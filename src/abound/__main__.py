"""`python -m abound` and the `abound` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from abound.cli.app import run

        code = run()
    except KeyboardInterrupt:  # before any command has begun
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
