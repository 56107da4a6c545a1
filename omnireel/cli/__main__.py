"""`python -m omnireel.cli`: the command line without an installed script."""

from omnireel.cli.app import main

main()
