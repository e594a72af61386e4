"""How often the model of notebook 07 is right on later stories, over many seeds: the least and the most of each pairing.

    python -m tests.benchmark_stories          five seeds, some minutes
    python -m tests.benchmark_stories 10       ten

It runs the notebook's own cells, so it cannot drift away from them. The notebook shows one or three seeds, in bands.
"""
import contextlib
import io
import sys

import numpy as np

import helpers

from . import series

PAIRINGS = {  # (mask, buckets in training, buckets in the examination)
    "mask, in buckets": (True, 8, 6),
    "mask, in one bucket": (True, 1, 1),
    "no mask, in buckets": (False, 8, 6),
    "no mask, in one bucket": (False, 1, 1),
}


def notebook() -> dict:
    """What the cells of the notebook define, up to the examination."""
    (path,) = (path for path in series.NOTEBOOKS if path.name.startswith("07"))
    source = {cell.id: cell.source for cell in series.read(path).cells}
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name in ("setup", "stories-made", "words", "unseen", "vocabulary", "encode", "build", "train", "right"):
            exec(source[name], names)
    return names


def main(seeds: int = 5) -> None:
    names = notebook()
    names["first"].update({seed: names["first_values"](seed) for seed in range(seeds)})
    for pairing, (mask, training, examination) in PAIRINGS.items():
        model, scores, seconds = names["build"](mask_zero=mask), [], []
        for seed in range(seeds):
            seconds.append(helpers.timed(lambda: names["train"](model, seed, buckets=training)))
            scores.append(float(names["right"](model, buckets=examination)))
        print(f"{pairing:24}{seeds} seeds: right on {min(scores):.1%} to {max(scores):.1%}, "
              f"{np.median(seconds):.0f} s for a training", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
