"""Pictures of batches: what of each rectangle is padding, what an epoch costs, what is served in which order."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import NullLocator

from .batching import Plan, _column
from .drawing import COLOURS, FONT, INK, _canvas, _many

WASTE = "#C1272D"  # the hatch over padding that costs time; the face below it is the series' colour of padding
_SHAPES = "osD^vPX*<>"
_GREYS = (("#FFFFFF", ""), ("#C8C8C8", "..."), ("#8A8A8A", ""), ("#3A3A3A", "///"), ("#E8E8E8", "xxx"), ("#000000", ""))


def _batches(name: str, plan, count: int) -> list[tuple[np.ndarray, int]]:
    """A plan as pairs: which sequences, and how many timesteps their rectangle has."""
    if isinstance(plan, Plan):
        plan = list(zip(plan, plan.steps[:, 0]))
    try:
        pairs = [(np.asarray(rows, dtype=int).reshape(-1), int(T)) for rows, T in plan]
        seen = np.sort(np.concatenate([rows for rows, _ in pairs]))
    except (TypeError, ValueError):
        raise ValueError(f'the plan "{name}" should be a list of pairs (rows, T), or what helpers.plan_batches returns; got '
                         f"{type(plan).__name__}: write [(rows, lengths[rows].max()), ...].") from None
    if not all(len(rows) for rows, _ in pairs):
        raise ValueError(f'the plan "{name}" has a batch without a sequence: leave it out.')
    if not np.array_equal(seen, np.arange(count)):
        raise ValueError(f'the plan "{name}" should hold each of the {count} sequences exactly once, and it has {len(seen)} '
                         f"places for {len(np.unique(seen))} different ones: look at its rows.")
    return pairs


def _plans(caller: str, plans, count: int) -> dict[str, list]:
    if not isinstance(plans, Mapping) or not plans:
        raise ValueError(f'{caller} takes a dict {{"name": plan}}, got {type(plans).__name__}: write {{"random": plan}}.')
    return {name: _batches(name, plan, count) for name, plan in plans.items()}


def draw_skyline(lengths: Sequence[int], plans: Mapping, counts: bool = True) -> Figure:
    """Draw every sequence as a bar in the rectangle of its batch; what is left empty is padding, hatched in red.

    Parameters
    ----------
    lengths : (N,) whole numbers of 1 or more.
    plans : {name: plan}; a plan is a list of pairs (rows, T), the sequences of a batch and the length of its rectangle,
        or what `plan_batches` returns. One panel for each.
    counts : False leaves out what only says something of real batches: their number, their shapes, the sum of T.

    Returns
    -------
    Figure whose label gives for each plan the padded share, the number of batches, of different shapes, and the sum of T.
        Its limits depend on the lengths alone (as long as no T exceeds the longest), so that a slider does not make it jump.

    Raises
    ------
    ValueError : for lengths that are none, and for a plan that misses a sequence, repeats one or has no room for one.

    Examples
    --------
    >>> draw_skyline([1, 3], {"one batch": [([0, 1], 3)]}).get_label().split("hatched. ")[1]
    'one batch: 33 % padding, 1 batch, 1 different shape, sum of T 3.'
    """
    lengths = _column(lengths)
    named = _plans("draw_skyline", plans, len(lengths))
    across = 1 if len(named) == 1 else 2
    wide, tall = 9.6 / across - 0.75, 2.4 if len(named) == 1 else 1.3
    height = -(-len(named) // across) * (tall + 0.75) + 0.4
    fig, ax = _canvas(9.6, height)  # one set of axes for all panels, because a slider waits for it
    words = []
    for place, (name, pairs) in enumerate(named.items()):
        left, floor = 0.55 + (place % across) * (wide + 0.75), -(place // across + 1) * (tall + 0.75) + 0.2
        numbers = _draw_plan(ax, name, lengths, pairs, left, floor, wide, tall, counts)
        words.append(f"{name}: {numbers}")
    for x, face, edge, text in ((1.3, COLOURS["token"], COLOURS["token"], "real timesteps of one sequence"),
                                (4.3, COLOURS["padding"], WASTE, "padding, with its per cent"), (7.0, "white", INK, "one batch")):
        ax.add_patch(Rectangle((x, 0.16 - height), 0.28, 0.15, facecolor=face, edgecolor=edge, lw=1.2,
                               hatch="////" if edge == WASTE else ""))
        ax.text(x + 0.38, 0.235 - height, text, fontsize=FONT, color=INK, va="center")
    fig.set_label(
        f"{_many(len(lengths), 'sequence')} of {lengths.min()} to {lengths.max()} timesteps, each a bar as high as it is long, "
        f"side by side{' in the order in which they are served' if counts else ''}, with the rectangle of each batch around them "
        "and the padding hatched. " + ". ".join(words) + "."
    )
    return fig


def _draw_plan(ax, name: str, lengths: np.ndarray, pairs: list, left: float, floor: float, wide: float, tall: float,
               counts: bool) -> str:
    order = np.concatenate([rows for rows, _ in pairs])
    sizes, steps = np.array([len(rows) for rows, _ in pairs]), np.array([T for _, T in pairs])
    bars, roofs, ends = lengths[order], np.repeat(steps, sizes), np.concatenate([[0], np.cumsum(sizes)])
    short = np.flatnonzero(bars > roofs)
    if short.size:
        raise ValueError(f'the plan "{name}" gives sequence {order[short[0]]} {roofs[short[0]]} timesteps, and it has '
                         f"{bars[short[0]]}: T must be at least the longest of its batch.")
    highest = max(int(lengths.max()), int(steps.max()))
    x, y = (lambda i: left + wide * i / len(order)), (lambda t: floor + (tall - 0.22) * t / highest)
    edges = x(np.arange(len(order) + 1))
    ax.stairs(y(bars), edges, baseline=floor, fill=True, facecolor=COLOURS["token"])
    ax.stairs(y(roofs), edges, baseline=y(bars), fill=True, facecolor=COLOURS["padding"], edgecolor=WASTE, hatch="////", lw=0)
    if len(order) <= 120:
        between = [[(edge, floor), (edge, y(bar))] for edge, bar in zip(edges, bars)]
        ax.add_collection(LineCollection(between, colors="white", linewidths=0.6), autolim=False)
    frames = [[(x(a), floor), (x(a), y(T)), (x(b), y(T)), (x(b), floor), (x(a), floor)] for a, b, T in zip(ends, ends[1:], steps)]
    ax.add_collection(LineCollection(frames, colors=INK, linewidths=1.2), autolim=False)
    for a, b, T in zip(ends, ends[1:], steps):
        if x(b) - x(a) >= 0.42:
            share = 1 - bars[a:b].sum() / ((b - a) * T)
            ax.text((x(a) + x(b)) / 2, y(T) + 0.03, f"{100 * share:.0f} %", ha="center", va="bottom", fontsize=FONT, color=INK)
    for t in (0, highest):
        ax.text(left - 0.06, y(t), str(t), ha="right", va="center", fontsize=FONT, color=INK)
    ax.text(left - 0.25, y(highest / 2), "timesteps", rotation=90, ha="center", va="center", fontsize=FONT, color=INK)
    numbers = f"{100 * (1 - bars.sum() / roofs.sum()):.0f} % padding"
    if counts:
        numbers += (f", {_many(len(pairs), 'batch', 'batches')}, "
                    f"{_many(len(set(zip(sizes.tolist(), steps.tolist()))), 'different shape')}, sum of T {steps.sum():,}")
    ax.text(left, floor + tall + 0.33, name, ha="left", va="center", fontsize=FONT, fontweight="bold", color=INK)
    ax.text(left, floor + tall + 0.13, numbers, ha="left", va="center", fontsize=FONT, color=INK)
    return numbers


def draw_epochs(costs: Mapping[str, tuple[float, int, float]], limit: str) -> Figure:
    """Draw the time of an epoch twice: against the padded share, and against the sum of T over the batches.

    Parameters
    ----------
    costs : {name: (padded share from 0 to 1, sum of T, seconds)}.
    limit : the name whose seconds count as 1.

    Returns
    -------
    Figure whose label gives shares and sums, and says of the times only whether more timesteps always take longer.

    Raises
    ------
    ValueError : if `limit` is no name in `costs`, there are more than ten, or a number is out of range.

    Examples
    --------
    >>> draw_epochs({"limit": (0, 10, 0.1), "padded": (0.5, 40, 0.3)}, "limit").get_label().split(". ")[-1]
    'Wherever one has at least four times the sum of T of another, its epoch takes longer.'
    """
    if limit not in costs:
        raise ValueError(f"limit should be one of {list(costs)}, got {limit!r}.")
    if len(costs) > len(_SHAPES):
        raise ValueError(f"draw_epochs has {len(_SHAPES)} shapes to tell points apart, got {len(costs)}: leave some out.")
    for name, (share, steps, seconds) in costs.items():
        if not (0 <= share <= 1 and steps >= 1 and seconds > 0):
            raise ValueError(f"{name}: a padded share from 0 to 1, a sum of T of 1 or more and seconds above 0 are expected, got "
                             f"{(share, steps, seconds)}.")
    fig = Figure(figsize=(9.6, 3.5), dpi=96, facecolor="white", layout="constrained")
    axes = fig.subplots(1, 2, sharey=True)
    for (name, (share, steps, seconds)), marker in zip(costs.items(), _SHAPES):
        style = {"marker": marker, "ms": 9, "ls": "", "mec": INK, "mfc": "white" if name == limit else "#B0B0B0"}
        axes[0].plot(100 * share, seconds / costs[limit][2], **style)
        axes[1].plot(steps, seconds / costs[limit][2], label=name, **style)
    axes[0].set(xlabel="padded share, per cent", xlim=(-5, 100), ylabel=f"time of an epoch, {limit} = 1", yscale="log")
    axes[1].set(xlabel="sum of T over the batches", xscale="log")
    axes[0].set_title("does the padding explain the time?", fontsize=FONT + 1)
    axes[1].set_title("does the sum of T?", fontsize=FONT + 1)
    axes[1].set_xlim(min(steps for _, steps, _ in costs.values()) / 1.3, max(steps for _, steps, _ in costs.values()) * 1.3)
    most = max(seconds for *_, seconds in costs.values()) / costs[limit][2]
    axes[0].set_ylim(min(seconds for *_, seconds in costs.values()) / costs[limit][2] / 2.5, most * 1.5)  # room for names
    for axis in (axes[0].yaxis, axes[1].xaxis):
        low, high = axis.get_view_interval()
        ticks = [step * 10**power for power in range(9) for step in (1, 2, 5) if low <= step * 10**power <= high]
        axis.set_ticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.set_minor_locator(NullLocator())
    fig.draw_without_rendering()  # the layout decides where the points are
    for ax, place in zip(axes, (0, 1)):
        _name_points(ax, {name: (cost[1] if place else 100 * cost[0], cost[2] / costs[limit][2]) for name, cost in costs.items()})
    pairs = [(a, b) for a in costs.values() for b in costs.values() if a[1] >= 4 * b[1]]
    holds = all(a[2] > b[2] for a, b in pairs)
    listed = "; ".join(f"{name} {100 * share:.0f} % and {steps:,}"
                       for name, (share, steps, _) in sorted(costs.items(), key=lambda item: item[1][1]))
    fig.set_label(
        f"The time of an epoch for {_many(len(costs), 'way', 'ways')} of batching, the same points in two panels, with the "
        f"padded share across on the left and the sum of T across on the right. From the fewest timesteps to the most: {listed}. "
        + ("Wherever one has at least four times the sum of T of another, its epoch takes longer." if holds else
           "Not every one with four times the sum of T of another takes longer.")
    )
    return fig


def _name_points(ax, points: dict[str, tuple[float, float]]) -> None:
    """The name of each point beside it, on its right where there is room.

    Names that would overlap are stacked downwards, where no dearer way stands. The point furthest from the names gets the
    lowest one, and its line runs straight down and then across, so that it meets no other point.
    """
    box = ax.get_window_extent()
    line = 1.35 * FONT * ax.figure.dpi / 72
    places = {name: ax.transData.transform(point) for name, point in points.items()}
    for right in (False, True):
        side = [(y, x, name) for name, (x, y) in places.items() if (x < box.x0 + 0.65 * box.width) == right]
        groups = []  # of points (y, x, name) whose names would overlap, each with the heights of its names
        for point in sorted(side, reverse=True):
            if groups and point[0] > groups[-1][1][-1] - line:
                group = [*groups.pop()[0], point]
            else:
                group = [point]
            group.sort(key=lambda point: -point[1] if right else point[1])
            levels = [group[0][0]]
            for y, *_ in group[1:]:
                levels.append(min(y, levels[-1] - line))
            groups.append((group, levels))
        for group, levels in groups:
            edge = group[0][1] + (14 if right else -14)
            for (y, x, name), level in zip(group, levels):
                elbow = {"arrowstyle": "-", "color": INK, "lw": 0.5, "connectionstyle": "angle,angleA=0,angleB=90"}
                ax.annotate(name, points[name], xytext=(edge - x, level - y), textcoords="offset pixels", va="center", color=INK,
                            ha="left" if right else "right", fontsize=FONT, arrowprops=elbow if level < y else None)


def draw_served(labels: Sequence[int], plans: Mapping) -> Figure:
    """Draw what a model meets, batch after batch: the share of each label in every batch.

    Parameters
    ----------
    labels : (N,) whole numbers from 0 up.
    plans : {name: plan} as in `draw_skyline`; one band for each.

    Returns
    -------
    Figure whose label gives for each plan the share of the commonest label in a batch, on average, and whether the
        first and the last batch have the same commonest label.

    Raises
    ------
    ValueError : for labels that are none or too many, and for a plan that misses a sequence or repeats one.

    Examples
    --------
    >>> draw_served([0, 1], {"by one": [([0], 3), ([1], 3)]}).get_label().split("in it. ")[1]
    'by one: the commonest label is 100 % of a batch on average; first batch mostly 0, last batch mostly 1.'
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not labels.size or labels.min() < 0 or labels.max() >= len(_GREYS):
        raise ValueError(f"labels should be whole numbers from 0 to {len(_GREYS) - 1}, one for each sequence; got {labels.dtype} "
                         f"of shape {labels.shape}" + (f" up to {labels.max()}." if labels.size and labels.dtype.kind in "iu" else "."))
    named = _plans("draw_served", plans, len(labels))
    kinds = int(labels.max()) + 1
    height = 1.05 * len(named) + 0.45
    fig = Figure(figsize=(9.6, height), dpi=96, facecolor="white")
    words = []
    for place, (name, pairs) in enumerate(named.items()):
        shares = np.array([np.bincount(labels[rows], minlength=kinds) / len(rows) for rows, _ in pairs])
        ax = fig.add_axes((0.02, (height - 1.05 * (place + 1) + 0.02) / height, 0.96, 0.72 / height))
        floor, edges = np.zeros(len(pairs)), np.arange(len(pairs) + 1) * (len(labels) / len(pairs))
        for kind, (face, hatch) in zip(range(kinds), _GREYS):
            ax.stairs(floor + shares[:, kind], edges, baseline=floor, fill=True, facecolor=face, edgecolor=INK, hatch=hatch, lw=0)
            floor = floor + shares[:, kind]
        ax.vlines(edges, 0, 1, color=INK, lw=0.5)
        ax.set(xlim=(0, edges[-1]), ylim=(0, 1), xticks=[], yticks=[])
        first, last = int(shares[0].argmax()), int(shares[-1].argmax())
        text = f"{name}: the commonest label is {100 * shares.max(axis=1).mean():.0f} % of a batch on average"
        ax.set_title(text, fontsize=FONT, color=INK, loc="left", pad=3)
        words.append(f"{text}; first batch mostly {first}, last batch mostly {last}")
    fig.legend(loc="lower center", ncols=kinds, frameon=False, fontsize=FONT, handles=[
        Patch(facecolor=face, edgecolor=INK, hatch=hatch, label=f"label {kind}") for kind, (face, hatch) in zip(range(kinds), _GREYS)
    ])
    fig.set_label("One band for each way of batching, its batches side by side in the order in which they are served, each "
                  "filled with the shares of the labels in it. " + ". ".join(words) + ".")
    return fig


def draw_noise(sizes: Sequence[int], distances: Sequence[float]) -> Figure:
    """Draw how far the gradient of a batch is from the gradient of all sequences, against the batch size.

    Parameters
    ----------
    sizes : batch sizes, rising from 1 or more.
    distances : as many numbers above 0.

    Returns
    -------
    Figure with the distances in units of the first, and a dashed line that falls with the square root of the size. Its
        label says whether the distance falls at each step, and gives no distances.

    Raises
    ------
    ValueError : if there are not as many distances as sizes, if sizes do not rise, or for distances that are not above 0.

    Examples
    --------
    >>> draw_noise([1, 4], [2.0, 1.0]).get_label().split(". ")[-1]
    'The distance falls each time.'
    """
    sizes, distances = [int(size) for size in sizes], [float(distance) for distance in distances]
    if len(sizes) != len(distances) or not sizes:
        raise ValueError(f"draw_noise needs one distance for each batch size, got {len(distances)} for {len(sizes)}.")
    if sizes[0] < 1 or any(a >= b for a, b in zip(sizes, sizes[1:])):
        raise ValueError(f"batch sizes should rise from 1 or more, got {sizes}.")
    if not all(0 < distance < np.inf for distance in distances):
        raise ValueError(f"distances should be above 0, got {distances}.")
    fig = Figure(figsize=(9.6, 3.2), dpi=96, facecolor="white", layout="constrained")
    ax = fig.subplots()
    ax.plot(sizes, [(sizes[0] / size) ** 0.5 for size in sizes], ls="--", color=INK, lw=1, label="1 / √(batch size)")
    ax.plot(sizes, [distance / distances[0] for distance in distances], "o", ms=9, color="#7A7A7A", mec=INK, label="measured")
    ax.set(xscale="log", yscale="log", xlabel="batch size", ylabel=f"distance, batch of {sizes[0]} = 1")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    low, high = np.array(ax.get_ylim())
    ticks = [tick for tick in (20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if low / 2 <= tick <= high]
    ax.set_ylim(min(low, 0.9 * ticks[-1]), high)
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=FONT)
    falls = all(a > b for a, b in zip(distances, distances[1:]))
    fig.set_label("Distance between the gradient of a batch and the gradient of all sequences, on logarithmic scales, beside a "
                  f"dashed line that falls with the square root of the batch size. Batch sizes {', '.join(map(str, sizes))}. "
                  + ("The distance falls each time." if falls else "The distance does not fall each time."))
    return fig
