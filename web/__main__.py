"""`python -m web`: the moderation UI."""

import sys

from web.commands import main

if __name__ == "__main__":
    sys.exit(main())
