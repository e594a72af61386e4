"""The training of notebooks 05 and 06 with ten seeds: is what they say more than one lucky run?

    python -m tests.spread            05 and 06, some minutes each on two cores
    python -m tests.spread 06         one of them

05: for each of the eight runs of its table the least and the largest share of new sentences on which the model is right, and
whether padding has an effect on what it has learnt; the statement of the cell "explain-twelve" is from here.
06: for each way of serving the texts the share of new ones on which the model is right, after each of five epochs, where
length tells the topic and where it tells nothing, each time with other texts, first weights and orders; the table of the cell
"honest-explain" is from here. Then the same for texts of another kind, where a third of the words tell.
"""
from __future__ import annotations

import collections
import contextlib
import io
import itertools
import sys

import numpy as np

from . import series

SEEDS, EPOCHS = range(10), 5


def cells(number: str) -> dict[str, str]:
    (path,) = (path for path in series.NOTEBOOKS if path.name[:2] == number)
    return {cell.id: cell.source for cell in series.read(path).cells}


def run(source: str, names: dict) -> None:
    """Run the notebook's code in `names`, without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(source, names)


def padding() -> None:
    here, of_05 = {"rows": []}, cells("05")
    for name in ("setup", "pad", "company", "invariant-steps", "data", "learner", "learn", "one-answer"):
        # of three of them only the functions and the sentences are needed; no training yet
        run(of_05[name].partition("\n\n{")[0].partition("\n\nmodel = ")[0].partition("\nbatch = ")[0], here)
    first = {}
    for length in (60, 12):
        for side, mask in here["runs"]:
            scores, changed = [], 0
            for seed in SEEDS:
                if (seed, mask) not in first:
                    first[seed, mask] = here["learner"](mask, seed)[1]
                here["learners"][mask] = here["learners"][mask][0], first[seed, mask]
                scores.append(here["learn"](length, side, mask, seed))
                changed += here["proof"](here["trained"](length, side, mask), here["sentences"][-4:]) != "no error"
            print(f"05: {length} timesteps, pads {side:4}, mask {mask!s:5}: right on {min(scores):.1%} to {max(scores):.1%}; "
                  f"padding has an effect in {changed} of {len(SEEDS)}", flush=True)


def ways(here: dict, lengths: np.ndarray) -> dict:
    """Each way of serving texts of these lengths: a function that gives the plan of a seed."""
    cut, tested = here["cut"], here["tested"]
    in_order = cut(lengths, np.argsort(lengths, kind="stable"), 32)
    equal = [batch for n in np.unique(lengths) for batch in cut(lengths, np.flatnonzero(lengths == n), 32)]
    permutation = lambda count, seed: np.random.default_rng(seed).permutation(count)
    return {
        "sorted": lambda seed: in_order,
        "sorted, longest first": lambda seed: in_order[::-1],
        "sorted, batches shuffled": lambda seed: [in_order[i] for i in permutation(len(in_order), seed)],
        "12 buckets": lambda seed: tested(lengths, 32, 12, seed),
        "6 buckets": lambda seed: tested(lengths, 32, 6, seed),
        "6 buckets, one plan for all epochs": lambda seed: tested(lengths, 32, 6, seed - seed % 100),  # see the seeds below
        "3 buckets": lambda seed: tested(lengths, 32, 3, seed),
        "random batches": lambda seed: cut(lengths, permutation(len(lengths), seed), 32),
        "equal lengths only": lambda seed: [equal[i] for i in permutation(len(equal), seed)],
        "200 texts, one by one": lambda seed: cut(lengths, permutation(len(lengths), seed)[:200], 1),
    }


def many_words(texts: list, topics: np.ndarray, seed: int) -> list:
    """Other words for these texts: each has eleven words of its topic to choose from instead of all, in one of three places."""
    random = np.random.default_rng(seed)
    words = lambda text, topic: np.where(
        random.random(len(text)) < 1 / 3, 5 + 11 * topic + random.integers(11, size=len(text)), random.integers(5, 50, size=len(text)))
    return [words(text, topic) for text, topic in zip(texts, topics)]


def batching() -> None:
    here, of_06, first = {}, cells("06"), "set_random_seed(0)"
    for name in ("setup", "lengths", "cut", "policies", "count", "bucket", "holds", "tested", "reader", "rectangles", "topics", "learner"):
        run(of_06[name], here)
    assert first in of_06["reader"], "the cell 'reader' no longer says which seed it begins with"
    for kind, telling in itertools.product(("one word tells", "many words tell"), (True, False)):
        right, bills = collections.defaultdict(list), collections.defaultdict(list)
        for seed in SEEDS:
            run(of_06["reader"].replace(first, f"set_random_seed({seed})"), here)
            texts, lengths, topics = here["make_texts"](800, seed + 1, telling)
            new, _, new_topics = here["make_texts"](300, seed + 1001)
            if kind == "many words tell":
                texts, new = many_words(texts, topics, seed + 1), many_words(new, new_topics, seed + 1001)
            new = here["rectangle"](new, range(300), 60)
            for name, way in ways(here, lengths).items():
                here["start_again"]()
                scores = []
                for epoch in range(EPOCHS):
                    plan = way(100 * seed + epoch)
                    for rows, T in plan:
                        here["step"](here["rectangle"](texts, rows, T), topics[rows])
                    answers = here["reader"].predict_on_batch(new).argmax(axis=1)
                    scores.append(np.mean(answers == new_topics))
                right[name].append(scores)
                bills[name].append(sum(T for _, T in plan))
        right = {name: np.array(scores) for name, scores in right.items()}
        for name, scores in right.items():
            shown = ", ".join(f"{epoch + 1}: {of.mean():.0%} ({of.min():.0%} to {of.max():.0%})" for epoch, of in enumerate(scores.T))
            behind = (right["random batches"] - scores)[:, 0]
            print(f"06: {kind}, length tells {'the topic' if telling else 'nothing'}, {name}: sum of T {np.mean(bills[name]):,.0f}; "
                  f"right after epoch {shown}; after the first {behind.min():+.0%} to {behind.max():+.0%} behind random batches", flush=True)


NOTEBOOKS = {"05": padding, "06": batching}

if __name__ == "__main__":
    for number in sys.argv[1:] or NOTEBOOKS:
        if number not in NOTEBOOKS:
            raise SystemExit(f"no spread for {number!r}: choose among {', '.join(NOTEBOOKS)}.")
        NOTEBOOKS[number]()
