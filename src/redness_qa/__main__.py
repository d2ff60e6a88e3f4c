"""Runs the command line: `python -m redness_qa`."""

from redness_qa.cli import main

main()
