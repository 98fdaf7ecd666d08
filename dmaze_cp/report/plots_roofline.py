"""The roofline of the best design, with every layer on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmaze_cp.report.html.layers import dram_bytes
from dmaze_cp.report.plots_style import (
    GREY,
    PALETTE,
    new_axes,
    parameters_label,
    parameters_legend,
    plain_names,
    plain_ticks,
    put_labels,
    title_of,
)
from dmaze_cp.report.sweep_figures import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LABELS: Final = 10
_MARKERS: Final = "osD^vP"


@dataclass(frozen=True)
class LayerPoint:
    """A layer under the roofs.

    Attributes
    ----------
    network, name
        Whose it is, and which.
    intensity
        Multiply-accumulates for each byte between DRAM and the SPM.
    speed
        Multiply-accumulates a cycle.
    cycles
        Of all instances.
    """

    network: str
    name: str
    intensity: float
    speed: float
    cycles: int


def layer_points(sweep: Sweep) -> list[LayerPoint]:
    """The layers of the best design; none without one."""
    best = sweep.result.best
    if best is None:
        return []
    point = sweep.point(best)
    found = []
    for network in point.networks:
        for result in network.layers:
            if result.mapping is None or result.cost is None:
                continue
            layer, cycles = result.layer, result.cost.latency_cycles
            moved = dram_bytes(result.mapping, result.cost, point.design.architecture)
            found.append(
                LayerPoint(
                    network.model,
                    layer.name,
                    layer.macs / moved,
                    layer.macs / cycles,
                    layer.instances * cycles,
                )
            )
    return found


def roofline_plot(sweep: Sweep) -> Figure | None:
    """Speed over intensity of every layer, below the roofs of PEs and DMA."""
    best, layers = sweep.result.best, layer_points(sweep)
    if best is None or not layers:
        return None
    figure, axes = new_axes(7.2, 4.6)
    axes.grid(visible=True)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        plain_ticks(axis)
    _draw_roofs(axes, sweep, best, layers)
    networks = plain_names(layer.network for layer in layers)
    for k, (network, label) in enumerate(networks.items()):
        own = [layer for layer in layers if layer.network == network]
        axes.scatter(
            [layer.intensity for layer in own],
            [layer.speed for layer in own],
            s=34,
            marker=_MARKERS[k % len(_MARKERS)],
            color=PALETTE[k % len(PALETTE)],
            edgecolors="white",
            linewidths=0.5,
            zorder=4,
            label=label,
        )
    named = sorted(layers, key=lambda each: -each.cycles)[:_MOST_LABELS]
    names = plain_names(layer.name for layer in named)
    labels = [(names[layer.name], layer.intensity, layer.speed) for layer in named]
    put_labels(axes, labels, [(layer.intensity, layer.speed) for layer in layers])
    axes.set_xlabel("multiply-accumulates for each byte of DRAM traffic")
    axes.set_ylabel("multiply-accumulates a cycle")
    design = f" ({parameters_legend(sweep)} {parameters_label(sweep, best)})" if sweep.swept else ""
    axes.set_title(title_of(sweep, f"roofline of the best design{design}"))
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower left",
        fontsize=8,
        title="layers of",
        title_fontsize=8,
        alignment="left",
        ncols=4,
    )
    return figure


def _draw_roofs(axes: Axes, sweep: Sweep, best: int, layers: list[LayerPoint]) -> None:
    machine = sweep.point(best).design.architecture
    cycles_per_byte = machine.dma_cycles_per_byte * machine.clock_ratio
    intensities = [layer.intensity for layer in layers]
    ridge = machine.pe_count * cycles_per_byte
    low, high = min(*intensities, ridge or intensities[0]) / 3, max(*intensities, ridge) * 3
    axes.plot(
        [max(ridge, low), high], [machine.pe_count] * 2, color=GREY, linewidth=1.6, gid="compute"
    )
    axes.annotate(
        f"{machine.pe_count:,} PEs",
        (high, machine.pe_count),
        xytext=(-2, 4),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color="#444444",
    )
    if cycles_per_byte:
        speed = low / cycles_per_byte
        axes.plot([low, ridge], [speed, machine.pe_count], color=GREY, linewidth=1.6, gid="dma")
        axes.annotate(
            f"DMA, {1 / cycles_per_byte:.3g} bytes a cycle",
            # Below the middle of the slope there is room to its right.
            (math.sqrt(low * ridge), math.sqrt(speed * machine.pe_count)),
            xytext=(8, -4),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color="#444444",
        )
    slowest = min(layer.speed for layer in layers)
    axes.set_xlim(low, high * 1.1)
    axes.set_ylim(slowest / 3, machine.pe_count * 1.8)
