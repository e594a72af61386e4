"""The training of notebook 05 with ten seeds: is what its table says more than one lucky run?

    python -m tests.spread

For each of the eight runs the least and the largest share of new sentences on which the model is right, and whether padding
has an effect on what it has learnt; some minutes on two cores. The statement of the cell "explain-twelve" is from here.
"""
from __future__ import annotations

import contextlib
import io

from . import series

SEEDS = range(10)
CELLS = ("setup", "pad", "company", "invariant-steps", "data", "learner", "learn", "one-answer")


def names() -> dict:
    """What the cells of notebook 05 define that are needed for its runs; no training yet."""
    cells = {cell.id: cell.source for cell in series.read(next(p for p in series.NOTEBOOKS if p.name[:2] == "05")).cells}
    defined = {"rows": []}
    for name in CELLS:
        # of these three only the functions and the sentences are needed
        source = cells[name].partition("\n\n{")[0].partition("\n\nmodel = ")[0].partition("\nbatch = ")[0]
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, defined)
    return defined


def main() -> None:
    here = names()
    first = {}
    for length in (60, 12):
        for run in here["runs"]:
            scores, changed = [], 0
            for seed in SEEDS:
                if (seed, run[1]) not in first:
                    first[seed, run[1]] = here["learner"](run[1], seed)[1]
                here["learners"][run[1]] = here["learners"][run[1]][0], first[seed, run[1]]
                scores.append(here["learn"](length, *run, seed))
                changed += here["proof"](here["trained"](length, *run), here["sentences"][-4:]) != "no error"
            print(f"{length} timesteps, pads {run[0]:4}, mask {run[1]!s:5}: right on {min(scores):.1%} to {max(scores):.1%}; "
                  f"padding has an effect in {changed} of {len(SEEDS)}", flush=True)


if __name__ == "__main__":
    main()
