"""Pick a chip for MobileNetV2 and BERT-base that is no larger than it may be.

python examples/pick_a_chip.py
python examples/pick_a_chip.py --area-budget 6 --larger-budget 10

Which PEs, register files (RF) and scratchpad (SPM) are best for both networks within an area
budget, how close the runner-up comes, and what a larger budget would bring. Areas are the rough
default model of a design space (65 nm): put in figures of your own before you build anything.

BERT's EDP is many times MobileNetV2's. To make both count the same, each is weighed by what it
costs on the accelerator that the space varies. With the weight that this prints, the same as one
command, with the report of `dmaze-cp dse`:

    dmaze-cp dse chip mobilenetv2=76 bert_base --area-budget 8

Results are kept: the second sweep and the third ask for little that is new.
"""

import argparse
import sys
from dataclasses import replace

import dmaze_cp as dm


def weighed(
    networks: list[dm.Workload], space: dm.DesignSpace, jobs: int | None, store: dm.Store
) -> list[dm.WeightedWorkload]:
    """The networks with weights that make them cost the same on the base of the space."""
    costs = [
        dm.map_workload(network, space.base, jobs=jobs, store=store).totals(dm.Objective.EDP).edp
        for network in networks
    ]
    return [
        dm.WeightedWorkload(network, max(1, round(max(costs) / cost)))
        for network, cost in zip(networks, costs, strict=True)
    ]


def describe(point: dm.SweepPoint) -> str:
    """The parameters of a design, and its area."""
    parameters = (f"{name}={value}" for name, value in point.design.parameters.items())
    return f"{' '.join(parameters)} ({point.design.area_mm2:.2f} mm2)"


def report(result: dm.SweepResult) -> None:
    """The best design of a sweep and its proof."""
    skipped = sum(point.status == "skipped" for point in result.points)
    print(
        f"{len(result.points)} designs, {len(result.points) - skipped} searched to the end, "
        f"{skipped} proven not to be best before that, {result.elapsed_s:.0f} s"
    )
    best = result.points[result.best]
    print(f"best design: {describe(best)}")
    if result.best_proven:
        print("proven: no design of the space is better")
    else:
        print(f"not proven: another one may cost {bound_of_all(result) / best.value:.3f} x as much")
    for network in best.networks:
        mhz = best.design.architecture.accelerator_mhz
        milliseconds = network.latency_cycles / mhz / 1e3
        print(f"  {network.model}: {network.energy_pj / 1e9:.3g} mJ, {milliseconds:.3g} ms")
    print(f"  average power {best.power_mw:.3g} mW, each network with its weight")


def bound_of_all(result: dm.SweepResult) -> float:
    """No design of the sweep costs less."""
    return min(point.bound for point in result.points)


def main() -> None:
    parser = argparse.ArgumentParser(description="Pick a chip for some networks.")
    parser.add_argument("--area-budget", type=float, default=8.0, metavar="MM2")
    parser.add_argument("--larger-budget", type=float, default=12.0, metavar="MM2")
    parser.add_argument("--models", nargs="+", default=["mobilenetv2", "bert_base"])
    parser.add_argument("--layer", action="append", default=[], help="only these; may be repeated")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUES")
    parser.add_argument("--jobs", type=int, help="searches side by side; default: all cores")
    options = parser.parse_args()
    try:
        pick(options)
    except dm.DmazeError as error:
        sys.exit(str(error))


def pick(options: argparse.Namespace) -> None:
    """Three sweeps: under the budget, without the best design, and under a larger budget."""
    space = dm.load_space("chip", [dm.parse_parameter(text) for text in options.param])
    networks = [dm.load_workload(model) for model in options.models]
    if options.layer:
        networks = [
            replace(n, layers=tuple(r for r in n if r.name in options.layer)) for n in networks
        ]
        if not all(len(network) for network in networks):
            sys.exit("--layer: expected at least one layer of each network")
    settings = dm.RunSettings(jobs=options.jobs)
    with dm.Store.open(dm.default_store_path()) as store:
        weighted = weighed(networks, space, options.jobs, store)
        print("weights:", *(f"{each.workload.name}={each.weight}" for each in weighted))

        def best_of(candidates: dm.DesignSpace, budget: float) -> dm.SweepPoint:
            limits = dm.Budgets(area_mm2=budget)
            result = dm.sweep(candidates, weighted, "edp", settings, budgets=limits, store=store)
            if result.best is None:
                sys.exit("no design was mapped")
            report(result)
            return result.points[result.best]

        print(f"\nat most {options.area_budget:g} mm2")
        best = best_of(space, options.area_budget)
        # All others are only known to cost more. The best of them is the best without it.
        print("\nrunner-up")
        following = best_of(without(space, best), options.area_budget)
        print(f"it costs {following.value / best.value:.3f} x as much EDP as the best design")
        print(f"\nat most {options.larger_budget:g} mm2")
        larger = best_of(space, options.larger_budget)
    print(f"the larger budget saves {1 - larger.value / best.value:.1%} of the EDP")


def without(space: dm.DesignSpace, point: dm.SweepPoint) -> dm.DesignSpace:
    """A space without one of its designs."""
    values = point.design.parameters.items()
    same = " and ".join(f"{name} == {value}" for name, value in values)
    return replace(space, rules=(*space.rules, dm.Rule(f"not ({same})", "not the best design")))


if __name__ == "__main__":  # the searches run in processes that import this file
    main()
