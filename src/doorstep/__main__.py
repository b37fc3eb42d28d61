"""`python -m doorstep` is the command."""

from doorstep.cli.main import main

main()
