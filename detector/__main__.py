"""`python -m detector` is the command `detector`."""

import sys

from detector.cli import main

sys.exit(main())
