"""`python -m lab`: the same as the command `podlab`."""

from lab.cli.main import main

if __name__ == "__main__":
    main()
