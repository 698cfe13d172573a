"""`python -m packer.cli` is kpack."""

from packer.cli.main import main

main()
