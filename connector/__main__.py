"""``python -m connector``: the command line where the package lies but is not installed."""

from connector.cli import main

if __name__ == "__main__":
    main()
