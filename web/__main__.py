"""`python -m web`: the moderation UI."""

from __future__ import annotations

import sys


def main() -> int:
    """Run a command; returns the exit code."""
    try:
        from web.commands import main

        return main()
    except ModuleNotFoundError as error:
        print(f"web: needs {error.name}: run `pip install '.[web]'` in the checkout.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
