"""Questions of notebook 04."""
import re

import numpy as np

from ..checking import Question, Wrong, finished, letters, same

# --- labels for every timestep

_CASES = (
    np.array([[7, 1, 7]]),
    np.array([[7, 2, 7, 7, 3], [1, 7, 4, 4, 7], [5, 5, 5, 5, 5]]),
    np.array([[7, 7], [1, 7], [7, 1], [2, 2]]),
)


def _labels(function) -> list[np.ndarray]:
    return [np.asarray(labels) for labels in finished([function(case.copy()) for case in _CASES])]


def _counts(ids: np.ndarray) -> np.ndarray:
    return np.cumsum(ids == 7, axis=1)[:, :, np.newaxis]


def _gives(function, reference) -> bool:
    return all(np.array_equal(mine, reference(case)) for mine, case in zip(_labels(function), _CASES))


def _row_totals(ids: np.ndarray) -> np.ndarray:
    return (ids == 7).sum(axis=1)


# --- a stack


def _letters(answer) -> set[str]:
    return letters(answer, of="abc")


class _Layer:
    """Stands for a layer of the examples below: its kind and, for an LSTM, its units."""

    def __init__(self, kind: str, units: int = 0, inside: "_Layer | None" = None):
        self.kind, self.units = kind, units
        if inside is not None:
            self.forward_layer = inside


class _Model:
    """Stands for a model of the examples below: layers and output shape, all that the check looks at."""

    def __init__(self, output_shape: tuple, *layers: _Layer, length: int | None = None):
        self.output_shape, self.layers = output_shape, list(layers)
        self.input_shape = (None, length, 4)


def _kind(layer) -> str:
    return getattr(layer, "kind", type(layer).__name__)


def _kinds(model) -> list[str]:
    return [_kind(layer) for layer in model.layers]


def _recurrent(model) -> list[tuple[str, int]]:
    """Kind and units of each recurrent layer, from below; of a Bidirectional, those of the layer inside."""
    found = []
    for layer in model.layers:
        inside = getattr(layer, "forward_layer", layer)
        if _kind(inside) in ("LSTM", "GRU", "SimpleRNN"):
            found.append((_kind(inside) if inside is layer else f"Bidirectional {_kind(inside)}", inside.units))
    return found


def _stacked(model) -> bool:
    return (
        tuple(model.input_shape) == (None, None, 4) and tuple(model.output_shape) == (None, None, 1)
        and _recurrent(model) == [("LSTM", 6), ("Bidirectional LSTM", 3)]
        and _kinds(model)[-1] == "Dense" and "TimeDistributed" not in _kinds(model)
    )


_LOWER, _UPPER, _DENSE = _Layer("LSTM", 6), _Layer("Bidirectional", inside=_Layer("LSTM", 3)), _Layer("Dense")

# --- the two ends of a Bidirectional layer


_SEQUENCES = tuple(np.random.default_rng(0).normal(size=shape) for shape in ((3, 7, 10), (2, 4, 2), (1, 9, 6)))


def _ends(function) -> list[np.ndarray]:
    return [np.asarray(ends) for ends in finished([function(sequence.copy()) for sequence in _SEQUENCES])]


def _joins(function, reference) -> bool:
    return all(
        mine.shape == wanted.shape and np.allclose(mine, wanted, atol=1e-6)
        for mine, wanted in zip(_ends(function), map(reference, _SEQUENCES))
    )


def _parts(forward: int, backward: int, backward_first: bool = False):
    """Joins row `forward` of the forward half with row `backward` of the backward half."""
    def join(sequence):
        units = sequence.shape[-1] // 2
        parts = [sequence[:, forward, :units], sequence[:, backward, units:]]
        return np.concatenate(parts[::-1] if backward_first else parts, axis=-1)

    return join


QUESTIONS = {
    "04-steps": Question(
        expects="a shape, such as (2, 5)",
        right=(3, 7, 5),
        because="Three sequences, seven timesteps, and h with its 5 numbers at each.",
        wrongs=(
            Wrong((3, 5), "(3, 5) is what comes out with the switch off: one row for each sequence. return_sequences "
                  "keeps the seven timesteps."),
            Wrong((3, 7, 4), "You kept the time axis, and the 4 features with it. The features go into the LSTM; what "
                  "comes out has the width of its state, 5 units."),
            Wrong((3, 7), "That is one number at each timestep. h has 5 numbers, one for each unit, and all of them "
                  "come out."),
            Wrong((7, 5), "That is one sequence. The batch holds three, and the batch axis stays in front."),
            Wrong((7, 3, 5), "The three numbers are right, the order is not: batch first, then time, then units."),
            Wrong((3, 5, 7), "The three numbers are right, the order is not: time is the second axis, units the last."),
            Wrong((21, 5), "You laid the sequences end to end, 3 × 7 rows. They stay apart: each has its own row of "
                  "timesteps."),
            Wrong((3, 35), "You laid the seven rows of 5 end to end. The time axis stays an axis of its own."),
        ),
    ),
    "04-column": Question(
        expects='"the first", "the last" or "none"',
        right=lambda answer: "last" in str(answer).lower() or any(same(answer, n) for n in (-1, 6, 7)),
        example="the last",
        because="The last one, bit for bit: by default the layer hands on its h after the last timestep.",
        wrongs=(
            Wrong("none", "You took the single output for a summary made of all timesteps, such as their average. "
                  "Nothing is averaged: h is carried from timestep to timestep, and the last one comes out.",
                  lambda answer: "none" in str(answer).lower() or "nowhere" in str(answer).lower()),
            Wrong("the first", "After the first timestep the LSTM has read one vector of seven. What it hands on is "
                  "what it holds after the last.",
                  lambda answer: "first" in str(answer).lower() or same(answer, 0) or same(answer, 1)),
        ),
    ),
    "04-states": Question(
        expects="a whole number",
        right=3,
        because="The output, h and c, in this order.",
        wrongs=(
            Wrong(2, "You counted h and c, or the output and one state. The output comes first, as always, and h and "
                  "c come besides, even though the output is equal to h."),
            Wrong(1, "One array is what comes out with the switch off. return_state adds the states to it, as arrays "
                  "of their own."),
            Wrong(7, "One for each timestep would be return_sequences, and that is one array with a time axis. The "
                  "states come once, as they stand at the end."),
            Wrong(4, "You gave the LSTM an array for each of its four gates. Gates are used inside and thrown away; "
                  "what is kept from timestep to timestep is h and c."),
            Wrong(5, "Five is how many numbers each row has. The question is how many arrays there are."),
        ),
    ),
    "04-stack": Question(
        expects='letters in one string, such as "bc"',
        right=lambda answer: _letters(answer) == {"a", "b"},
        example="ab",
        because="a and b have an LSTM above them, and it reads all timesteps; c speaks once, at the end.",
        wrongs=(
            Wrong("abc", "You switched on all three. That builds, and then the Dense on top answers at every timestep: "
                  "(None, None, 1). One answer for each sequence needs the last LSTM to hand on one row.",
                  lambda answer: _letters(answer) == {"a", "b", "c"}),
            Wrong("c", "You switched on the top, because the end result comes from there. The switch is needed where "
                  "another LSTM reads: below the top, in a and b.", lambda answer: _letters(answer) == {"c"}),
            Wrong("bc", "You left out the bottom one, perhaps because it reads the input itself. What counts is who "
                  "reads *its* output: b, which needs all timesteps.", lambda answer: _letters(answer) == {"b", "c"}),
            Wrong("a", "a feeds b, right. But b feeds c in the same way, and c needs all timesteps as well.",
                  lambda answer: _letters(answer) == {"a"}),
            Wrong("b", "b feeds c, right. But a feeds b in the same way, and b needs all timesteps as well.",
                  lambda answer: _letters(answer) == {"b"}),
            Wrong("none", "With none switched on, a ends the time axis, and b finds two axes where it reads three: "
                  "the error you have just seen.", lambda answer: "none" in str(answer).lower()),
        ),
    ),
    "04-both": Question(
        expects="a shape, such as (2, 5)",
        right=(3, 10),
        because="Two LSTMs with 5 units each, joined: 10 numbers for each sequence.",
        wrongs=(
            Wrong((3, 5), "You took the second LSTM for another way of computing the same 5 numbers. It has 5 numbers "
                  "of its own, and they are set beside those of the first."),
            Wrong((3, 7, 10), "The width is right. The time axis is not there: return_sequences is off, in both "
                  "halves."),
            Wrong((3, 7, 5), "You kept the seven timesteps, and return_sequences is off. And the two halves are "
                  "joined: 10 wide."),
            Wrong((3, 2, 5), "You stacked the two halves on an axis of their own. They are joined along the last "
                  "axis, 5 + 5."),
            Wrong((6, 5), "You put the second reading under the first, as further sequences. The two are joined side "
                  "by side: three rows, 5 + 5 wide."),
            Wrong((10, 3), "The two numbers are right, the order is not: the batch comes first in every shape."),
        ),
    ),
    "04-joined": Question(
        expects='"yes" or "no"',
        right=False,
        because="The backward half ends at the first timestep, so its part of the output stands there.",
        wrongs=(
            Wrong(True, "You carried the rule over from the plain LSTM. For the forward half it holds; the backward "
                  "half has only begun at the last timestep, and has read everything at the first."),
        ),
    ),
    "04-three-axes": Question(
        expects='a shape, such as (2, 5), or "error"',
        right=(3, 7, 2),
        because="Dense works along the last axis: 5 numbers become 2, at each of the seven timesteps.",
        wrongs=(
            Wrong("error", "You expected Dense to read two axes only. It multiplies along the last axis, however many "
                  "stand in front; what fails on an open length is a Dense behind a Flatten (notebook 02)."),
            Wrong((3, 2), "You let Dense end the time axis. It treats every timestep alike and by itself; to end the "
                  "axis you pool, or leave return_sequences off."),
            Wrong((3, 7, 5, 2), "You appended an axis, as an Embedding does. Dense replaces the last one: 5 numbers "
                  "become 2."),
            Wrong((3, 7, 10), "You multiplied 5 by 2. Dense(2) makes 2 numbers of the 5, whatever came in."),
            Wrong((3, 2, 5), "You replaced the time axis. Dense works along the last axis: the units become the 2 "
                  "numbers."),
            Wrong((3, 14), "You laid the timesteps end to end. They stay an axis of their own."),
        ),
    ),
    "04-wrapper": Question(
        expects="a shape, such as (2, 5)",
        right=(5, 5, 2),
        because="As many timesteps as there are sequences, 5; the other four are gone, without an error.",
        wrongs=(
            Wrong((5, 9, 2), "That is what it should be, and what the same wrapper gives when it is called directly. "
                  "In predict, once the length is open, this version of Keras counts the wrong axis, every time."),
            Wrong((5, 3, 2), "You took the 3 for settled. It was read from that batch, too, off the wrong axis: there "
                  "were 3 sequences, and now there are 5."),
            Wrong((5, 6, 2), "You took the 6 of the first batch for settled. The length is read anew from each batch, "
                  "but off the wrong axis: the 5 sequences."),
            Wrong((5, 4, 2), "4 is 9 − 5: you took the sequences for the timesteps that go missing. In that batch 9 − 3 "
                  "would have left 6, but 3 were left: as many as there were sequences. Now there are 5."),
            Wrong((3, 3, 2), "The wrapper leaves the batch axis alone: 5 sequences go in, and 5 come out."),
            Wrong((5, 2), "You let the wrapper end the time axis. It keeps the axis, and only gets its size wrong."),
        ),
    ),
    "04-silent": Question(
        expects='the name of a loss, or "none"',
        right=lambda answer: re.sub(r"[^a-z]", "", str(answer).lower()) in ("mse", "meansquarederror"),
        example="mse",
        because="mse stretches the labels until they fit; the two others ask for equal shapes.",
        wrongs=(
            Wrong("none", "You trusted every loss to look at the shapes first. The two crossentropies do; mse "
                  "subtracts, and subtraction stretches what does not fit."),
            Wrong("sparse_categorical_crossentropy", "Its labels are numbers of classes and not rows, so one axis "
                  "fewer is right: (3, 7) where the output is (3, 7, 3). But (3,) has two fewer, and it refuses that."),
            Wrong("binary_crossentropy", "It compares one number with one number, as mse does, but it asks first "
                  "whether the shapes agree."),
        ),
    ),
    "04-padded": Question(
        expects='"zeros", "repeated" or "new"',
        right="repeated",
        because="The state stands still at a masked timestep, and the output repeats it.",
        wrongs=(
            Wrong("zeros", "You expected padding in, padding out. The LSTM skips a masked timestep, and what it shows "
                  "there is what it still holds; zeros come from Bidirectional."),
            Wrong("new", "That is what happens without a mask: the LSTM reads the padding like any word. "
                  "masking hands a mask on, and the LSTM skips those timesteps."),
        ),
    ),
    "04-match": Question(
        expects='"length", "features" or "units"',
        right="units",
        because="h and c have one number for each unit, so both layers need equally many.",
        wrongs=(
            Wrong("length", "You thought of the sequences as lined up with each other. All that passes over is h and "
                  "c as they stand at the end, and these have no time axis."),
            Wrong("features", "Features go through weights that each layer has for itself; the decoder reads 6 here, "
                  "the encoder 4. What passes over is h and c, as wide as there are units."),
        ),
    ),
    "04-counts": Question(
        expects="a function that takes ids of shape (batch, time) and gives labels",
        right=lambda f: _gives(f, _counts),
        because="One count for each timestep, of shape (batch, time, 1), as the model's outputs are.",
        wrongs=(
            Wrong(lambda ids: _row_totals(ids)[:, np.newaxis],
                  "You counted the whole sequence: one label for each sequence. A model with an output at every "
                  "timestep needs a label at every timestep (and mse would not have told you).",
                  lambda f: _gives(f, _row_totals) or _gives(f, lambda ids: _row_totals(ids)[:, np.newaxis])),
            Wrong(lambda ids: np.tile(_row_totals(ids)[:, np.newaxis, np.newaxis], (1, ids.shape[1], 1)),
                  "Your shape is right, and every timestep says the total. At a timestep only what has come up to "
                  "then counts: a sum that runs along time.",
                  lambda f: _gives(f, lambda ids: _row_totals(ids)[:, np.newaxis, np.newaxis] + 0 * _counts(ids))),
            Wrong(lambda ids: np.cumsum(ids == 7, axis=1),
                  "The counts are right; the last axis is missing. Dense(1) gives (batch, time, 1), so each label "
                  "gets an axis of its own: [:, :, np.newaxis].",
                  lambda f: _gives(f, lambda ids: np.cumsum(ids == 7, axis=1))),
            Wrong(lambda ids: np.cumsum(ids == 7, axis=0)[:, :, np.newaxis],
                  "Your count runs down the batch, from one sequence to the next. Time is axis 1.",
                  lambda f: _gives(f, lambda ids: np.cumsum(ids == 7, axis=0)[:, :, np.newaxis])),
            Wrong(lambda ids: (ids == 7)[:, :, np.newaxis],
                  "That says whether *this* id is a 7. It has to be added up along time.",
                  lambda f: _gives(f, lambda ids: (ids == 7)[:, :, np.newaxis])),
            Wrong(lambda ids: np.maximum.accumulate(ids == 7, axis=1)[:, :, np.newaxis],
                  "That says *whether* a 7 has come, as in section 7. Here the question is how many.",
                  lambda f: _gives(f, lambda ids: np.maximum.accumulate(ids == 7, axis=1)[:, :, np.newaxis])),
            Wrong(lambda ids: _counts(ids) - (ids == 7)[:, :, np.newaxis],
                  "Your count lags by one: it leaves out the 7 of the timestep itself.",
                  lambda f: _gives(f, lambda ids: _counts(ids) - (ids == 7)[:, :, np.newaxis])),
        ),
        hints=(
            "ids == 7 is True where a 7 stands. Along which axis do you have to add up, and what stands there after "
            "each timestep?",
            "np.cumsum adds up as it goes along: np.cumsum([1, 0, 1]) is [1, 1, 2]. It takes axis=.",
            "The result needs one axis more at the end: [:, :, np.newaxis].",
        ),
    ),
    "04-layers": Question(
        expects="a keras.Model",
        right=_stacked,
        because="Any length in, one number for each timestep out, and every layer where it belongs.",
        wrongs=(
            Wrong(_Model((None, 1), _LOWER, _UPPER, _DENSE), "Your model gives one number for each *sequence*, (None, "
                  "1). Keep the timesteps in the upper LSTM too: return_sequences=True inside Bidirectional.",
                  lambda m: tuple(m.output_shape) == (None, 1)),
            Wrong(_Model((None, 10, 1), _LOWER, _UPPER, _DENSE, length=10), "Your Input fixes the length, so other "
                  "lengths stay outside. Time is open: shape=(None, 4).", lambda m: isinstance(m.input_shape[1], int)),
            Wrong(_Model((None, None, 1), _LOWER, _UPPER, _Layer("TimeDistributed")),
                  "TimeDistributed is the trap of section 5: from the second length on, predict gives wrong shapes. "
                  "Put Dense(1) there without it.",
                  lambda m: "TimeDistributed" in _kinds(m)),
            Wrong(_Model((None, None, 6), _LOWER, _UPPER), "What comes out is 6 wide, the two halves of Bidirectional "
                  "joined. A Dense(1) on top makes one number of it at every timestep.",
                  lambda m: tuple(m.output_shape) == (None, None, 6)),
            Wrong(_Model((None, None, 1), _UPPER, _LOWER, _DENSE), "Your Bidirectional stands below the LSTM. It was "
                  "asked for above.",
                  lambda m: [kind for kind, _ in _recurrent(m)] == ["Bidirectional LSTM", "LSTM"]),
            Wrong(_Model((None, None, 1), _LOWER, _Layer("Bidirectional", inside=_Layer("GRU", 3)), _DENSE),
                  "There is a GRU or a SimpleRNN in your model. Two LSTMs were asked for, one below, one inside "
                  "Bidirectional.", lambda m: any(kind.split()[-1] != "LSTM" for kind, _ in _recurrent(m))),
            Wrong(_Model((None, None, 1), _LOWER, _DENSE), "There should be two recurrent layers: an LSTM, and a "
                  "Bidirectional one above it.", lambda m: len(_recurrent(m)) < 2),
            Wrong(_Model((None, None, 1), _LOWER, _Layer("LSTM", 3), _DENSE), "Your upper LSTM reads forward only. "
                  "Put it into layers.Bidirectional(...), which makes the one that reads backward.",
                  lambda m: [kind for kind, _ in _recurrent(m)] == ["LSTM", "LSTM"]),
            Wrong(_Model((None, None, 1), _Layer("LSTM", 3), _UPPER, _DENSE), "The output shape is right; something "
                  "else is not as asked. Wanted: 4 features, an LSTM with 6 units, a Bidirectional LSTM with 3 in each "
                  "direction, a Dense on top, and no other recurrent layer.",
                  lambda m: tuple(m.output_shape) == (None, None, 1)),
        ),
        hints=(
            "Which of the two LSTMs have to hand on all timesteps? Who reads them?",
            "The switch goes into the LSTM that you give to Bidirectional: layers.Bidirectional(layers.LSTM(3, ...)).",
            "Four lines: keras.Input(shape=(None, 4)), LSTM(6, return_sequences=True), Bidirectional(...), Dense(1).",
        ),
    ),
    "04-ends": Question(
        expects="a function that takes (batch, time, 2u) and gives (batch, 2u)",
        right=lambda f: _joins(f, _parts(-1, 0)),
        because="Each half is taken where it has read everything: forward at the last timestep, backward at the first.",
        wrongs=(
            Wrong(lambda sequence: sequence[:, -1], "You took the last timestep of both halves. The backward half has "
                  "only begun there: it has read one vector.", lambda f: _joins(f, _parts(-1, -1))),
            Wrong(lambda sequence: sequence[:, 0], "You took the first timestep of both halves. That is right for the "
                  "backward half; the forward half has only begun there.", lambda f: _joins(f, _parts(0, 0))),
            Wrong(_parts(0, -1), "You took each half where it begins. The forward half ends at the last timestep, the "
                  "backward half at the first.", lambda f: _joins(f, _parts(0, -1))),
            Wrong(_parts(-1, 0, True), "Both parts are right, in the other order: Keras puts the forward half first.",
                  lambda f: _joins(f, _parts(-1, 0, True))),
            Wrong(lambda sequence: np.concatenate([sequence[:, -1], sequence[:, 0]], axis=-1),
                  "You joined two whole rows, 4u wide. Of the last timestep take only the forward half, the first u "
                  "numbers; of the first timestep only the backward half.",
                  lambda f: all(e.shape == (s.shape[0], 2 * s.shape[2]) for e, s in zip(_ends(f), _SEQUENCES))),
            Wrong(lambda sequence: np.concatenate([sequence[:, -1, ::2], sequence[:, 0, 1::2]], axis=-1),
                  "You took every other number. The halves lie side by side: the first u numbers are the forward "
                  "half, the last u the backward half.",
                  lambda f: _joins(f, lambda s: np.concatenate([s[:, -1, ::2], s[:, 0, 1::2]], axis=-1))),
            Wrong(lambda sequence: np.mean(sequence, axis=1), "You averaged over time. That is pooling; the output is "
                  "made of two rows, one for each half.", lambda f: _joins(f, lambda s: s.mean(axis=1))),
            Wrong(lambda sequence: np.concatenate([sequence[:, -1, :5], sequence[:, 0, 5:]], axis=-1),
                  "That works for 5 units only. Read u off the array: half of sequence.shape[-1].",
                  lambda f: np.allclose(f(_SEQUENCES[0]), _parts(-1, 0)(_SEQUENCES[0]))),
        ),
        hints=(
            "Look at the two frames of the picture in section 3: which column of which half?",
            "The first u numbers of each row are the forward half, the last u the backward half; u is "
            "sequence.shape[-1] // 2.",
            "np.concatenate([sequence[:, ..., :u], sequence[:, ..., u:]], axis=-1), with the right timestep in each "
            "place.",
        ),
    ),
}
