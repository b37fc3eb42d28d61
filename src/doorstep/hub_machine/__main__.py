"""`python -m doorstep.hub_machine`, the same as the program `doorstep-hub`."""

import sys

from doorstep.hub_machine.cli import main

if __name__ == "__main__":
    sys.exit(main())
