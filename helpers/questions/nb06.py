"""Questions of notebook 06."""
import ast

import numpy as np

from ..checking import Question, Wrong, finished


def _percent(answer) -> float:
    """84 from 84, 0.84, "84 %" or "84"."""
    number = float(answer.replace("%", "")) if isinstance(answer, str) else float(answer)
    return 100 * number if 0 < number < 1 else number


def _cells(plan) -> int:
    return sum(len(rows) * T for rows, T in plan)


def _real(lengths, plan) -> int:
    return sum(int(lengths[rows].sum()) for rows, _ in plan)


def _padded_share(lengths, plan) -> float:
    return 1 - _real(lengths, plan) / _cells(plan)


_LENGTHS = np.array([2, 9, 4, 4, 7, 1, 3])
_PLANS = (
    [(np.array([0, 1, 2]), 9), (np.array([3, 4]), 7), (np.array([5, 6]), 3)],
    [(np.array([3, 1, 4, 6, 5, 0]), 9), (np.array([2]), 4)],
    [(np.array([0, 5, 6]), 12), (np.array([1, 2, 3, 4]), 12)],
    [(np.array([0, 5]), 3), (np.array([1]), 9), (np.array([2, 6]), 5)],  # some of the sequences only
)


def _shares(function) -> list[float]:
    return [float(result) for result in finished([function(_LENGTHS.copy(), list(plan)) for plan in _PLANS])]


def _gives(function, reference) -> bool:
    return np.allclose(_shares(function), [reference(_LENGTHS, plan) for plan in _PLANS], atol=0.006)


def _mean_of_shares(lengths, plan):
    return np.mean([1 - lengths[rows].sum() / (len(rows) * T) for rows, T in plan])


def _real_share(lengths, plan):
    return 1 - _padded_share(lengths, plan)


def _per_real(lengths, plan):
    return _cells(plan) / _real(lengths, plan) - 1


def _of_all_lengths(lengths, plan):
    return 1 - lengths.sum() / _cells(plan)


def _to_the_longest(lengths, plan):
    return _padded_share(lengths, [(rows, int(lengths[rows].max())) for rows, _ in plan])


def _steps(*lengths) -> list:
    return [(np.array([2 * i, 2 * i + 1]), T) for i, T in enumerate(lengths)]


_ORDERS = ((5, 5, 7, 9, 6, 8, 8), (4, 4, 4, 9, 4, 12, 3), (6,) * 10 + (2, 9, 2), (8, 3, 3, 5), (5, 5, 5), (7,))


def _tried(function) -> list[tuple]:
    """For each plan the T before and after (None if nothing came back), whether the same batches are there, and whether those
    behind the first two keep their order."""
    out, changed = [], False
    for order in _ORDERS:
        plan = _steps(*order)
        result = function(plan)
        if result is None or result is ...:
            changed |= [T for _, T in plan] != list(order)
            out.append((order, None, False, False))
            continue
        pairs = [(tuple(int(i) for i in rows), int(T)) for rows, T in result]
        wanted = [(tuple(rows.tolist()), T) for rows, T in _steps(*order)]
        out.append((order, tuple(T for _, T in pairs), sorted(pairs) == sorted(wanted), pairs[2:] == sorted(pairs[2:])))
    if not changed and all(after is None for _, after, *_ in out):
        finished([result])  # nothing came back, for the last plan as for all
    return out


def _sorts(tried) -> bool:
    rising = lambda T: list(T) in (sorted(T), sorted(T, reverse=True))
    return all(after and rising(after) for _, after, *_ in tried)


def _differ(tried) -> bool:
    return all(after and (len(set(order)) == 1 or after[0] != after[1]) for order, after, *_ in tried)


def _safe(function) -> bool:
    tried = _tried(function)
    return _differ(tried) and all(complete and kept for *_, complete, kept in tried)


def _stirs(function) -> bool:
    tried = _tried(function)
    return _differ(tried) and all(complete for *_, complete, _ in tried) and not all(kept for *_, kept in tried)


def _place(plan) -> int | None:
    """Where the first batch of another length stands, if there is one."""
    return next((i for i, (_, T) in enumerate(plan) if T != plan[0][1]), None)


def _loses(plan):
    i = _place(plan)
    return plan if i is None else [plan[0], plan[i], *plan[2:]]


def _only_two(plan):
    i = _place(plan)
    return plan if i is None else [plan[0], plan[i]]


def _without_last_return(plan):
    for place, (_, T) in enumerate(plan):
        if T != plan[0][1]:
            return [plan[0], plan[place], *plan[1:place], *plan[place + 1 :]]


def _in_place(plan):
    i = _place(plan)
    if i is not None:
        plan[1], plan[i] = plan[i], plan[1]


def _swaps(plan):
    plan = list(plan)
    _in_place(plan)
    return plan


def _stops_when_all_are_equal(function) -> bool:
    for order in _ORDERS[:4]:
        function(_steps(*order))
    try:
        for order in _ORDERS[4:]:
            function(_steps(*order))
    except Exception:
        return True
    return False


def _list(answer) -> list[int]:
    """The numbers of a list, or of one that was typed between quotes."""
    answer = ast.literal_eval(answer) if isinstance(answer, str) else answer
    return [int(n) for n in np.asarray(answer).reshape(-1)]


QUESTIONS = {
    "06-share": Question(
        expects="a number, in per cent, such as 50",
        right=lambda answer: 74 <= _percent(answer) <= 92,
        example=84,
        because="About five cells of six are empty: the middle sequence has 12 timesteps, the rectangle 100.",
        wrongs=(
            Wrong(50, "You spread the lengths evenly between 1 and 100. Most of them are far below the middle: half of the "
                  "sequences have at most 12 timesteps.", lambda a: 35 <= _percent(a) < 74),
            Wrong(16, "That is nearer the part that is *real*. Asked is the part that is padding.",
                  lambda a: 8 <= _percent(a) < 35),
            Wrong(98, "Nearly everything is padding, but not quite so much: the mean length is 16, not 2.",
                  lambda a: 92 < _percent(a) <= 100),
            Wrong(3, "A few long sequences are enough to make the rectangle wide for all the others.",
                  lambda a: 0 <= _percent(a) < 8),
        ),
    ),
    "06-faster": Question(
        expects='"equal", "buckets" or "the same"',
        right="buckets",
        because="By a factor of more than two, in spite of the padding.",
        wrongs=(
            Wrong("equal", "You took the padded cells for the cost. But the LSTM goes through a batch timestep by timestep, and 69 "
                  "batches have more timesteps in all than 19, however empty some of their cells are."),
            Wrong("the same", "You counted the real timesteps, which are the same. But the rows of a batch are worked on together, so "
                  "it matters how many stand side by side."),
        ),
    ),
    "06-sorted": Question(
        expects='"sorted", "shuffled" or "the same"',
        right="shuffled",
        because="The same batches in another order, and a far better model after one epoch.",
        wrongs=(
            Wrong("sorted", "You thought of going from easy to hard. But short and long are different *topics* here: in order, the "
                  "model meets one topic after another and unlearns each for the next."),
            Wrong("the same", "The batches are the same, so you expected the same. But each batch moves the weights, and what comes "
                  "last moves them last."),
        ),
    ),
    "06-crash": Question(
        expects='"yes" or "no"',
        right=False,
        because="Each batch by itself is fine, and the third stops fit.",
        wrongs=(
            Wrong(True, "You looked at the model, and it does take each of the three. What stands between is a door that Keras builds "
                  "after a look at the first two batches."),
        ),
    ),
    "06-boundary": Question(
        expects="3 or 7",
        right=7,
        because="A boundary does not belong to the bucket below it.",
        wrongs=(
            Wrong(3, "You read boundary 4 as 'up to 4'. TensorFlow reads it as 'below 4', so a length of 4 goes into the next bucket."),
            Wrong(8, "8 is a boundary itself, so it goes up too, into the bucket of 9 and 12."),
        ),
    ),
    "06-boundaries": Question(
        expects='"uniform" or "quantiles"',
        right="uniform",
        because="47 % against 52 %: the last bucket of the quantiles reaches from 21 to 100, and a quarter of all sequences are in it.",
        wrongs=(
            Wrong("quantiles", "You gave each bucket equally many sequences, which sounds fair. But one bucket then holds the whole "
                  "long tail, and everything in it is padded to the longest of all.", lambda a: str(a).lower().startswith("quantile")),
            Wrong("least waste", "That one has the smallest share of all three, whatever the data. Asked is which of the other two.",
                  lambda a: "least" in str(a).lower()),
        ),
    ),
    "06-one": Question(
        expects="a number",
        right=0,
        because="A number minus the mean of itself.",
        wrongs=(
            Wrong(1, "You divided the number by itself. Before the division the mean is subtracted, and the mean of one number is that "
                  "number: nothing is left to divide."),
            Wrong("nan", "You thought of 0 divided by a spread of 0. The layer adds a small number to the spread, so it is 0 divided by "
                  "something.", lambda a: str(a).lower() in ("nan", "inf")),
            Wrong("error", "An error would be kind. The layer computes on, and hands on numbers that say nothing.",
                  lambda a: str(a).lower() == "error"),
        ),
    ),
    "06-company": Question(
        expects='"loss", "accuracy", "both" or "neither"',
        right="loss",
        because="It is averaged within each batch first; the accuracy, in rectangles of one length, is not.",
        wrongs=(
            Wrong("neither", "Model and data are the same, so nothing should change. But the loss is a mean of means, one for each "
                  "batch, and such a mean depends on who shares a batch."),
            Wrong("both", "The loss changes. The accuracy adds up hits and timesteps over all batches, and as long as all rectangles "
                  "have one T, that does not depend on the batches."),
            Wrong("accuracy", "It is the other way round: the accuracy adds up over all batches; the loss is a mean within each batch "
                  "first."),
        ),
    ),
    "06-padded": Question(
        expects="a function of lengths and a plan that gives a number from 0 to 1",
        right=lambda function: _gives(function, _padded_share),
        because="All cells of all batches, and the real ones among them.",
        wrongs=(
            Wrong(_mean_of_shares, "You took the share of each batch and then the mean. A batch with one sequence counts as much as one "
                  "with 32 then: add up the cells first, and divide once.", lambda f: _gives(f, _mean_of_shares)),
            Wrong(_real_share, "That is the share of the cells that are *real*. Padding is the rest: 1 minus it.",
                  lambda f: _gives(f, _real_share)),
            Wrong(_per_real, "You divided the padding by the real timesteps. Asked is its part of *all* cells, so it never exceeds 1.",
                  lambda f: _gives(f, _per_real)),
            Wrong(_to_the_longest, "You took the longest length of each batch for its T. The plan says T, and it may be more (think of "
                  "'all to the longest').", lambda f: _gives(f, _to_the_longest)),
            Wrong(lambda lengths, plan: 100 * _padded_share(lengths, plan), "The right share, in per cent. Asked is a number from 0 "
                  "to 1: leave the 100 out.", lambda f: np.allclose(_shares(f), [100 * _padded_share(_LENGTHS, p) for p in _PLANS], atol=0.6)),
            Wrong(lambda lengths, plan: _cells(plan) - _real(lengths, plan), "That is the number of padded cells. Divide it by the "
                  "number of all cells.", lambda f: np.allclose(_shares(f), [_cells(p) - _real(_LENGTHS, p) for p in _PLANS])),
            Wrong(_of_all_lengths, "You took all lengths for the real cells. A plan may hold some of the sequences only: add up the "
                  "lengths of those that are in it.", lambda f: _gives(f, _of_all_lengths)),
        ),
        hints=(
            "One batch has len(rows) × T cells. How many are there in all batches together?",
            "The real cells are lengths[i], summed over every i in every rows.",
            "cells = sum(len(rows) * T for rows, T in plan), and the share is 1 - real / cells.",
        ),
    ),
    "06-first": Question(
        expects="a function that takes a plan and gives a plan",
        right=_safe,
        because="Keras now sees two lengths when it peeks, and nothing is sorted, lost or doubled.",
        wrongs=(
            Wrong(_only_two, "Two batches come back, and the others are gone: each of them has to be trained on.",
                  lambda f: any(after and len(after) < len(order) for order, after, *_ in _tried(f))),
            Wrong(lambda plan: sorted(plan, key=lambda pair: pair[1]), "You sorted the batches. That crashes as before when the two "
                  "shortest are equally long, and section 5 has shown what serving in order does: move one batch, leave the others.",
                  lambda f: _sorts(_tried(f))),
            Wrong(lambda plan: [plan[0], plan[_place(plan)], *plan[1 : _place(plan)], *plan[_place(plan) + 1 :]],
                  "It works until all batches are equally long: then there is no other to find, and your function stops. Give such a "
                  "plan back as it is.", _stops_when_all_are_equal),
            Wrong(_loses, "One batch stands there twice, and another is lost. Move a batch: where it was, it must go.",
                  lambda f: any(after and not complete for _, after, complete, _ in _tried(f))),
            Wrong(_without_last_return, "If all batches are equally long, your function ends without a return: give the plan back "
                  "as it is.",
                  lambda f: len({after is None for _, after, *_ in _tried(f)}) > 1),
            Wrong(_in_place, "Your function rearranges the plan it was given, and returns nothing: add a return.",
                  lambda f: any(after is None for _, after, *_ in _tried(f))),
            Wrong(lambda plan: plan[::-1], "The first two batches are still equally long in some plans. Look for the first batch whose "
                  "T differs from that of batch 0, however far down it stands.",
                  lambda f: not _differ(_tried(f))),
            Wrong(_swaps, "Two lengths come first, and a batch behind them has changed its place. Move one batch to place 1, and let all "
                  "others follow in their old order.", _stirs),
        ),
        hints=(
            "Batch 0 may stay. Which batch should come to place 1?",
            "Go through the plan with enumerate, and stop at the first T that is not plan[0][1]. What if there is none?",
            "[plan[0], plan[i], *plan[1:i], *plan[i + 1:]] has every batch once.",
        ),
    ),
    "06-limits": Question(
        expects="a list of whole numbers, such as [5, 9]",
        right=lambda answer: _list(answer) == [11, 21, 31],
        example=[11, 21, 31],
        because="Below 11, 21 and 31, which means up to 10, 20 and 30.",
        wrongs=(
            Wrong([10, 20, 30], "These are the lengths you want. Padding goes to the boundary *minus 1*, so you would get 9, 19 and 29, "
                  "and a sequence of 30 would stop it with an error.", lambda a: _list(a) == [10, 20, 30]),
            Wrong([11, 21], "Two boundaries make three buckets, but the third is open above, and has no boundary to pad to: "
                  "a sequence of 25 is refused.", lambda a: _list(a) in ([11, 21], [10, 20])),
            Wrong([9, 19, 29], "You went down where it goes up: the rectangle has the boundary minus 1.", lambda a: _list(a) == [9, 19, 29]),
            Wrong([1, 11, 21, 31], "The first boundary makes a bucket for lengths below 1, which nobody has. Leave it out.",
                  lambda a: _list(a)[1:] == [11, 21, 31]),
        ),
        hints=(
            "A boundary b means: lengths below b. Where does a sequence of length 10 have to go?",
            "The rectangle has b − 1 timesteps. Which b gives 10?",
        ),
    ),
}
