"""The checks of notebook 08 take any cure, not only the one of the notebook, and any program, however broken."""
import keras
import numpy as np
import pytest
from keras import layers

import helpers
from helpers.messages import MESSAGES
from helpers.questions import QUESTIONS, nb08

from . import series

(CLINIC,) = (series.read(path) for path in series.NOTEBOOKS if path.name.startswith("08"))
PATIENTS = [cell.id.removeprefix("exercise-") for cell in series.tagged(CLINIC, "exercise")]


def said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def mail():
    parts = [keras.Input((None,), dtype="int32"), layers.Embedding(1000, 16, mask_zero=True), layers.LSTM(8)]
    return keras.Sequential([*parts, layers.Dense(4, activation="softmax")])


def spam(sentences):
    x = keras.utils.pad_sequences(sentences, 60, truncating="post")
    ids = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(11, 8)
    h = layers.LSTM(16)(embedding(ids), mask=keras.ops.not_equal(ids, 0))
    return x, keras.Model(ids, layers.Dense(1, activation="sigmoid")(h))


def talk():
    words, speakers = (keras.Input((None,), dtype="int32", name=name) for name in ("words", "speakers"))
    embedding = layers.Embedding(20, 6, mask_zero=True)
    both = layers.Add()([embedding(words), layers.Embedding(3, 6)(speakers)])
    return keras.Model([words, speakers], layers.Dense(1)(layers.LSTM(5)(both, mask=embedding.compute_mask(words))))


class Times(layers.Layer):
    supports_masking = True

    def call(self, x):
        return 10 * x


def mail_with_a_spare_row():
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), layers.Embedding(1001, 16, mask_zero=True), layers.LSTM(8), layers.Dense(4)])


def scale(larger):
    ids = keras.Input((None,), dtype="int32")
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(5)(larger(layers.Embedding(20, 6, mask_zero=True)(ids)))))


def scale_by_hand():
    ids = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(20, 6, mask_zero=True)
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(5)(embedding(ids) * 10, mask=embedding.compute_mask(ids))))


def meter(*middle):
    model = keras.Sequential([keras.Input((None, 2)), *middle, layers.Dense(1)])
    model.compile(loss="mse")
    return model


def names(names):
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(len(names) + 2, 3, mask_zero=True)(ids)
    return {name: i + 2 for i, name in enumerate(names)}, keras.Model(ids, layers.LSTM(5)(vectors))


def pulse(nights):
    batch = np.zeros((len(nights), max(map(len, nights))))
    for row, night in zip(batch, nights):
        row[:len(night)] = night
    return batch


def stack():
    return keras.Sequential([
        keras.Input((None,), dtype="int32"), layers.Embedding(20, 6, mask_zero=True), layers.LSTM(8, return_sequences=True),
        layers.LSTM(4), layers.Dense(1, activation="sigmoid")])


def order(model, texts, size):
    by_length, answers = np.argsort([len(text) for text in texts], kind="stable"), [None] * len(texts)
    for k in range(0, len(texts), size):
        rows = by_length[k:k + size]
        for row, answer in zip(rows, model(nb08._pad([texts[i] for i in rows]))):
            answers[row] = answer
    return answers


def night(nights):
    x = keras.utils.pad_sequences(nights, padding="post", dtype="float32")
    mask = np.arange(x.shape[1]) < np.array([len(night) for night in nights])[:, np.newaxis]
    steps, real = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    return [x, mask], keras.Model([steps, real], layers.LSTM(4)(steps, mask=real))


CURES = {
    "mail": [mail, mail_with_a_spare_row], "spam": [spam], "talk": [talk],
    "scale": [lambda: scale(Times()), scale_by_hand],
    "meter": [
        lambda: meter(layers.LSTM(8, return_sequences=True), layers.GlobalAveragePooling1D()),
        lambda: meter(layers.GRU(5)),
    ],
    "names": [names], "pulse": [pulse], "stack": [stack], "order": [order], "night": [night, nb08._watch(value=-3.5), nb08._watch(value=1e9)],
}


@pytest.mark.parametrize("patient", PATIENTS)
def test_other_cures_are_cures(patient, capsys):
    for cure in CURES[patient]:
        assert helpers.timed(lambda: helpers.check(f"08-{patient}", cure)) < 5  # nobody waits longer for a check
        assert said(capsys).startswith("✓ Right. A CURE")


def first_hour():
    return meter(layers.LSTM(8, return_sequences=True), layers.Lambda(lambda v: v[:, 0]))


COVER_UPS = {
    "mail": [lambda: nb08._sorter(1003, 16)],
    "spam": [nb08._filter(length, mask_zero=True) for length in (11, 12, 29)] + [nb08._filter(12), nb08._filter(12, "pre")],
    "meter": [first_hour, lambda: meter(layers.Lambda(lambda v: v[:, :3]), layers.LSTM(8))],
    "stack": [lambda: nb08._deep(layers.Reshape((1, 8)), first=False)],
    "night": [nb08._watch(value=value) for value in (-3.0, -2.5, -1.0, 0.5, 2.0, 3.0)],
}


@pytest.mark.parametrize("patient, number", [(patient, n) for patient, some in COVER_UPS.items() for n in range(len(some))])
def test_other_cover_ups_are_called_cover_ups(patient, number, capsys):
    helpers.check(f"08-{patient}", COVER_UPS[patient][number])
    assert said(capsys).startswith("✗ A COVER-UP")


def test_six_patients_send_no_message():
    shown = [series.text_of(cell) for cell in series.tagged(CLINIC, "exercise")]
    assert sum("Error: " not in text and "Warning: " not in text for text in shown) == 6
    assert "six of these ten patients, and more than twenty entries" in CLINIC.cells[-1].source
    assert sum(not message.kind for message in MESSAGES) > 20


def test_the_right_letters_tell_nothing():
    right = [QUESTIONS[f"08-cause-{patient}"].right for patient in PATIENTS]
    assert set(right) == set("abcd") and max(map(right.count, right)) <= 4


@pytest.mark.parametrize("patient", PATIENTS)
def test_the_program_as_it_came_in_is_no_answer_however_it_is_written(patient, capsys):
    (cell,) = (cell for cell in CLINIC.cells if cell.id == f"exercise-{patient}")
    source = cell.source.split("\n\n")[0].replace("# my cure: ...", "# here\n")
    space = {"keras": keras, "layers": layers, "np": np, "pad": nb08._pad}
    exec(source, space)
    helpers.check(f"08-{patient}", next(space[name] for name in space if name in source.splitlines()[0]))
    assert said(capsys).startswith("… No answer yet.")


@pytest.mark.parametrize("patient", PATIENTS)
def test_each_kind_of_trouble_gets_one_sentence(patient, capsys):
    def stops(*_):
        raise RuntimeError("the reader's own mistake")

    troubles = [(stops, "the reader's own mistake"), (lambda *_: None, "gave back nothing"), (lambda *_: "x", "Your answer was tried"),
                (lambda *_: (1, 2), "Your answer was tried"), (lambda a, b, c, d: 0, "Your answer was tried"),
                (keras.Sequential(), "the function itself"), ([1, 2], "the function itself")]
    for program, words in troubles:
        helpers.check(f"08-{patient}", program)
        out = said(capsys)
        assert out.startswith("✗") and (words in out or "Some answers are lost" in out), out


def test_every_cover_up_is_called_one():
    wrongs = [wrong for patient in PATIENTS for wrong in QUESTIONS[f"08-{patient}"].wrongs]
    assert sum(wrong.idea.startswith("A COVER-UP") for wrong in wrongs) >= 30
    assert all(any(w.idea.startswith("A COVER-UP") for w in QUESTIONS[f"08-{patient}"].wrongs) for patient in PATIENTS)


def test_warnings_come_back_after_a_check(recwarn, capsys):
    import warnings

    before = list(warnings.filters)
    helpers.check("08-scale", QUESTIONS["08-scale"].wrongs[1].example)
    assert warnings.filters == before
