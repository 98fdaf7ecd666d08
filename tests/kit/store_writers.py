"""Processes that write to one store at the same time: `python -m tests.kit.store_writers`."""

from __future__ import annotations

import sys

from dmaze_cp.store import Store
from tests.kit.stored import sample


def main(path: str, first: int, step: int, count: int) -> None:
    """Open the store and put `count` results, saying so after each."""
    prepared = [sample(number) for number in range(first, first + step * count, step)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with Store.open(path) as store:
        for number, result in enumerate(prepared):
            store.put(result)
            sys.stdout.write(f"{first + step * number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
