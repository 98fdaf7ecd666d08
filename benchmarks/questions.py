"""Time the questions that `map` and `pareto` answer, as multiples of plain proofs.

    python benchmarks/questions.py
    python benchmarks/questions.py --models bert_base --engine bounds --markdown questions.md

For each layer and objective a plain proof is timed (no ties broken), one that breaks ties, and the
ten best; and for each layer the front of energy and latency, beside its plain proof of latency.
Seconds are CPU seconds of this process, in which everything runs. What is wanted: ties at most
1.4, ten best at most 3, fronts at most 30 times a plain proof.

Exit code 1 if something is not proven.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dmaze_cp as dm
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.objective import Objective
from dmaze_cp.question import Options
from dmaze_cp.tradeoff import FrontStatus, layer_front

MODELS = ("resnet18", "mobilenetv2", "bert_base")
WANTED = {"ties": 1.4, "ten best": 3.0, "dataflows": 6.0, "front": 30.0}
TIME_LIMIT_S = 600.0


@dataclass
class Sums:
    """Seconds of a network: of plain proofs, and of each question beside its plain proofs."""

    plain: float = 0.0
    plain_latency: float = 0.0
    asked: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WANTED, 0.0))
    points: int = 0
    layers: int = 0
    unproven: int = 0

    def multiple(self, question: str) -> float:
        """How many times a plain proof a question takes."""
        base = self.plain_latency if question == "front" else self.plain
        return self.asked[question] / base


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and its CPU seconds."""
    began = time.process_time()
    found = run()
    return found, time.process_time() - began


def measure(model: str, engine: Engine) -> Sums:
    """Ask everything of all layers of a network."""
    sums, arch = Sums(), dm.load_architecture("default")
    options = Options(TIME_LIMIT_S, engine=engine)
    for layer in dm.load_workload(model):
        asked: dict[str, Any] = {"time_limit": TIME_LIMIT_S, "engine": engine}
        # As `map --per-dataflow` asks for tables.
        tables = asked | {"engine": engine if engine is Engine.BOUNDS else Engine.AUTO}
        for objective in Objective:
            plain, seconds = timed(
                partial(dm.map_layer, layer, arch, objective, tie_break=False, **asked)
            )
            ties, tied = timed(partial(dm.map_layer, layer, arch, objective, **asked))
            best, ranked = timed(partial(dm.top_k, layer, arch, 10, objective, **asked))
            flows, tabled = timed(
                partial(dm.per_dataflow, layer, arch, objective, known=plain, **tables)
            )
            sums.plain += seconds
            sums.asked["dataflows"] += tabled
            sums.unproven += sum(str(each.status) in {"feasible", "unknown"} for each in flows)
            sums.asked["ties"] += tied
            sums.asked["ten best"] += ranked
            if objective is Objective.LATENCY:
                sums.plain_latency += seconds
            good = ties.breaks_ties and best.ranking is not None and best.ranking.proven >= 10
            sums.unproven += not (plain.value == ties.value == best.value and good)
        front, walked = timed(partial(layer_front, layer, arch, options=options))
        sums.asked["front"] += walked
        sums.points += len(front.points)
        sums.layers += 1
        sums.unproven += front.status is not FrontStatus.COMPLETE
    return sums


def row(model: str, sums: Sums) -> str:
    """A line of the table."""
    multiples = " | ".join(f"{sums.multiple(question):.2f}" for question in WANTED)
    cells = f"{model} | {sums.layers} | {sums.plain:.1f} | {multiples} | {sums.points}"
    return f"| {cells} | {'all' if not sums.unproven else f'{sums.unproven} open'} |"


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--engine", type=Engine, choices=list(Engine), default=DEFAULT_ENGINE)
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    options = parser.parse_args()
    heads = ("network", "layers", "plain, s", *WANTED, "points", "proven")
    wanted = "".join(f" {limit:g} |" for limit in WANTED.values())
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    print(*lines, sep="\n", flush=True)
    unproven = 0
    for model in options.models:
        sums = measure(model, options.engine)
        unproven += sums.unproven
        lines.append(row(model, sums))
        print(lines[-1], flush=True)
    lines.append(f"| at most | | |{wanted} | |")
    print(lines[-1])
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n")
    return int(unproven > 0)


if __name__ == "__main__":
    sys.exit(main())
