"""``python -m loop`` is ``goldloop``."""

from loop.cli import main

if __name__ == "__main__":
    main()
