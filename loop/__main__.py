"""``python -m loop`` is ``goldloop``."""

from goldloop import main

if __name__ == "__main__":
    main()
