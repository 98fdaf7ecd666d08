"""``python -m dmaze_cp``."""

from dmaze_cp.cli import main

if __name__ == "__main__":
    main()
