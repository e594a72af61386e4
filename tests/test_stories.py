"""The stories made by dice, a model asked in words, and the pictures of its answers."""
import json
import re

import keras
import numpy as np
import pytest
from keras import layers

import helpers
from helpers import stories
from helpers.questions import QUESTIONS, nb07

from . import series
from .pictures import readable

NOTEBOOK = next(path for path in series.NOTEBOOKS if path.name.startswith("07"))


def words(text):
    return re.findall(r"\w+", text.lower())


# --- stories


@pytest.fixture(scope="module")
def made():
    return helpers.make_stories(1500, seed=7)


def test_the_same_seed_gives_the_same_stories(made):
    assert helpers.make_stories(1500, seed=7) == made
    other = helpers.make_stories(1500, seed=8)
    assert len(set(made.texts) & set(other.texts)) < 15
    assert len(made) == len(made.texts) == len(made.questions) == len(made.answers) == 1500


def test_each_story_has_one_event_and_its_answer_stands_in_it(made):
    kinds = {word: kind for kind, answers in stories._THINGS.items() for word in answers}
    assert set(made.answers) == set(kinds) and len(kinds) == 32
    for text, question, answer in zip(made.texts, made.questions, made.answers):
        found = [word for word in words(text) if word in kinds]
        assert sorted(kinds[word] for word in set(found)) == ["colour", "what", "where", "who"], text
        assert answer in found and answer not in words(question)
        assert all(word in found for word in words(question) if word in kinds), (text, question)


def test_questions_of_every_kind_and_length_and_texts_of_very_different_lengths(made):
    lengths = [len(words(text)) for text in made.texts]
    assert min(lengths) == 14 and max(lengths) >= 65 and 20 <= np.median(lengths) <= 30
    assert {len(words(question)) for question in made.questions} == {4, 5, 6}
    kinds = {word: kind for kind, answers in stories._THINGS.items() for word in answers}
    counts = np.unique([kinds[answer] for answer in made.answers], return_counts=True)[1]
    assert len(counts) == 4 and counts.min() > 300
    assert np.unique(made.answers, return_counts=True)[1].min() > 25


def test_sentences_come_in_any_order_and_in_both_wordings(made):
    first = [text.partition(".")[0] for text in made.texts]
    assert sum("belongs" in sentence for sentence in first) > 30 and sum(" has a " in sentence for sentence in first) > 30
    assert sum("colour" in sentence for sentence in first) > 30 and sum("the place" in sentence for sentence in first) > 30
    plain = re.compile(r"[a-z]+")
    assert all(plain.fullmatch(word) for text in made.texts for word in words(text))


@pytest.mark.parametrize("count, seed, said", [
    (0, 1, "count must be a whole number of 1 or more, got 0."), (2.5, 1, "count must be a whole number of 1 or more, got 2.5."),
    ("3", 1, "count must be a whole number of 1 or more, got '3'."), (3, -1, "seed must be a whole number of 0 or more, got -1."),
    (3, None, "seed must be a whole number of 0 or more, got None."),
])
def test_what_are_no_stories_is_said_in_one_sentence(count, seed, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        helpers.make_stories(count, seed)


# --- a model asked in words


IDS = {word: i for i, word in enumerate(["who", "where", "is", "the", "fox", "bear", "barn", "mill", "in"], start=2)}
ANSWERS = ["fox", "bear", "barn", "mill"]


@pytest.fixture(scope="module")
def spotter():
    """Knows by construction what a trained model learns: which answers stand in the story, which kind the question wants."""
    ends, found = [], []
    for name, table in (("story", [[4.0 * (word == answer) for answer in ANSWERS] for word in IDS]),
                        ("question", [[6.0 * (word == ask) for ask in ("who", "who", "where", "where")] for word in IDS])):
        end = keras.Input((None,), dtype="int32", name=name)
        look_up = layers.Embedding(len(IDS) + 2, 4, name=f"{name}_vectors")
        found.append(layers.GlobalMaxPooling1D()(look_up(end)))
        look_up.set_weights([np.concatenate([np.zeros((2, 4)), table])])
        ends.append(end)
    return keras.Model(ends, layers.Softmax()(layers.Add()(found)))


def ask(spotter, story, question):
    return helpers.ask(spotter, story, question, IDS, ANSWERS)


def test_an_answer_with_its_probabilities(spotter):
    reply = ask(spotter, "The fox is in the mill.", "Who is in the mill?")
    assert reply.answer == "fox" and reply.unknown == {}
    assert list(reply.probabilities)[0] == "fox" and set(reply.probabilities) == set(ANSWERS)
    assert sum(reply.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert list(reply.probabilities.values()) == sorted(reply.probabilities.values(), reverse=True)
    direct = spotter(dict(story=np.array([[IDS[w] for w in "the fox is in the mill".split()]]),
                          question=np.array([[IDS[w] for w in "who is in the mill".split()]])))
    assert reply.probabilities["fox"] == pytest.approx(float(direct[0, 0]), abs=1e-5)


def test_the_question_goes_to_the_input_of_that_name(spotter):
    turned = keras.Model(spotter.inputs[::-1], spotter.outputs[0])
    story, question = "The fox is in the mill.", "Where is the fox?"
    assert turned.inputs[0].name == "question" and ask(spotter, story, question).answer == "mill"
    assert ask(turned, story, question).probabilities == ask(spotter, story, question).probabilities


def test_capitals_and_points_do_not_matter(spotter):
    plain = ask(spotter, "the bear is in the barn", "where is the bear")
    loud = ask(spotter, "  THE BEAR… is (in) the\nBarn!!! ", "WHERE, is the bear???")
    assert plain.probabilities == loud.probabilities and plain.answer == "barn" and loud.unknown == {}


def test_unknown_words_are_named_and_read_as_id_1(spotter):
    reply = ask(spotter, "The dragon and the fox: the dragon is <b>in</b> the mill.", "Who is in the Mühle?")
    assert reply.answer == "fox" and reply.unknown == {"story": ["dragon", "and", "dragon", "b", "b"], "question": ["mühle"]}
    assert repr(reply).splitlines()[-2:] == reply.notes == [
        "Not known to the model, read as id 1, in the story: dragon, and, b.",
        "Not known to the model, read as id 1, in the question: mühle.",
    ]
    assert "dragon, and, b" in reply._repr_html_() and "mühle" in reply._repr_html_()


def test_the_three_likeliest_are_shown_and_the_rest_is_summed(spotter):
    reply = stories.Reply({"a": 0.12, "b": 0.5, "c": 0.11, "d": 0.27}, {})
    assert repr(reply) == "b                     50 %\nd                     27 %\na                     12 %\nthe other 1 together  11 %"
    assert reply.answer == "b" and list(reply.probabilities) == ["b", "d", "a", "c"]
    reply = stories.Reply({"a": 0.001, "b": 0.995, "c": 0.004}, {"story": [], "question": []})
    assert repr(reply) == "b                     over 90 %\nthe other 2 together  under 10 %"
    html = reply._repr_html_()
    assert "<td" in html and "over 90 %" in html and "Not known" not in html
    assert repr(stories.Reply({"a": 0.25, "b": 0.75}, {})) == "b  75 %\na  25 %"


def test_nothing_a_reader_types_becomes_markup(spotter):
    reply = stories.Reply({"<script>": 1.0}, {"story": ["<img src=x>"]})
    assert "<script>" not in reply._repr_html_() and "<img" not in reply._repr_html_()


def test_long_stories_and_long_questions_are_read_and_said_to_be_long(spotter):
    story = "the bear is in the barn " + "in the " * 1000
    assert ask(spotter, story, "where is the bear").answer == "barn"
    assert ask(spotter, "the bear is in the barn", "where " + "is the bear " * 200).answer == "barn"
    reply = helpers.ask(spotter, story, "where is the bear", IDS, ANSWERS, longest=(78, 6))
    assert reply.answer == "barn" and reply.notes == [
        "The story has 2,006 words, and the longest that the model learnt from had 78: do not rely on the answer."]
    reply = helpers.ask(spotter, "the bear is in the barn", "where is the bear", IDS, ANSWERS, longest=(6, 3))
    assert [note[:25] for note in reply.notes] == ["The question has 4 words,"]
    assert helpers.ask(spotter, "the bear is in the barn", "where is the bear", IDS, ANSWERS, longest=(6, 4)).notes == []


@pytest.mark.parametrize("story, question, said", [
    ("", "who is it", "the story '' has no word in it: write at least one."),
    ("the fox", " ?! ", "the question ' ?! ' has no word in it: write at least one."),
    (None, "who", "the story must be a text between quotes, got NoneType: None."),
    ("the fox", 3, "the question must be a text between quotes, got int: 3."),
    (["the", "fox"], "who", "the story must be a text between quotes, got list: ['the', 'fox']."),
    ("dragons fly", "who", "the model knows no word of this story, 'dragons fly': it learnt 9 words, among them who, where, is, the, fox."),
    ("the fox", "warum", "the model knows no word of this question, 'warum': it learnt 9 words, among them who, where, is, the, fox."),
])
def test_what_cannot_be_asked_is_said_in_one_sentence(spotter, story, question, said):
    with pytest.raises(ValueError) as caught:
        ask(spotter, story, question)
    assert str(caught.value) == said


def test_ids_that_are_no_dict(spotter):
    with pytest.raises(ValueError, match=r"^ids is a dict {word: id}, such as {'the': 2}, got list: number its words from 2 up\.$"):
        helpers.ask(spotter, "the fox", "who", list(IDS), ANSWERS)


def test_a_model_whose_weights_are_not_numbers_gives_no_answer(spotter):
    broken = keras.Model(spotter.inputs, spotter.outputs[0] * np.nan)
    with pytest.raises(ValueError, match="^the model gives nan or inf in place of probabilities: look into its weights"):
        ask(broken, "the fox", "who")


def test_a_model_that_cannot_be_asked(spotter):
    one = keras.Sequential([keras.Input((None,)), layers.Embedding(5, 2), layers.LSTM(4)])
    for strange in (one, None, "model", lambda x: x):
        with pytest.raises(ValueError, match="^ask takes a model that reads two inputs, a story and a question, and gives one output"):
            helpers.ask(strange, "the fox", "who", IDS, ANSWERS)
    with pytest.raises(ValueError, match="^the model gives the shape .*4.*, and there are 3 answers: pass the list"):
        helpers.ask(spotter, "the fox", "who", IDS, ANSWERS[:3])


# --- pictures


def test_the_picture_of_answers_says_what_is_sure_and_nothing_else():
    fig = helpers.draw_answers(["barn", "mill"], {"mask": [0.9995, 0.0005], "no mask": np.array([0.31, 0.2])})
    assert fig.get_label() == "Bars for 2 answers: barn, mill. mask: barn has over 90 %. no mask: none has half."
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert {"barn", "mill", "mask", "no mask", "100 %", "31 %", "20 %"} == set(texts)
    readable(fig)


@pytest.mark.parametrize("arguments, said", [
    ((["a"], {}), "draws one to three panels, got 0"), ((["a"], {str(i): [1.0] for i in range(4)}), "got 4"),
    ((["a"], {"m": [0.5, 0.5]}), '"m" needs one probability from 0 to 1 for each of the 1 answers'),
    ((["a"], {"m": [1.5]}), '"m" needs one probability'), ((["a"], {"m": [float("nan")]}), '"m" needs one probability'),
    ((["a"], {"m": [1.0]}, "b"), "'b' is not among the answers a"),
])
def test_what_is_no_picture_of_answers(arguments, said):
    with pytest.raises(ValueError, match=said):
        helpers.draw_answers(*arguments)


# --- exercise 2, with real models


def two_inputs(text=True, question=True, swapped=False, units=(32, 16), answers=10):
    ends, summaries = [], []
    for name, numbers, width, mask in (("text", 64, units[0], text), ("question", 32, units[1], question)):
        end = keras.Input((None,), dtype="int32", name=name)
        sizes = (numbers, 100) if swapped else (100, numbers)
        summaries.append(layers.LSTM(width)(layers.Embedding(*sizes, mask_zero=mask)(end)))
        ends.append(end)
    return keras.Model(ends, layers.Dense(answers, activation="softmax")(layers.concatenate(summaries)))


def test_the_right_model_is_right_until_its_weights_are_none(capsys):
    model = two_inputs()
    helpers.check("07-both", model)
    assert capsys.readouterr().out.startswith("✓")
    model.layers[-1].set_weights([np.full(w.shape, np.nan) for w in model.layers[-1].get_weights()])
    helpers.check("07-both", model)  # the same object, measured anew
    assert capsys.readouterr().out.startswith("✗")


@pytest.mark.parametrize("number, changes", list(enumerate([
    {"swapped": True}, {"text": False, "question": False}, {"question": False}, {"text": False}, {"answers": 11}, {"units": (16, 32)},
])))
def test_each_wrong_model_meets_its_own_idea(number, changes, capsys, monkeypatch):
    runs = []
    monkeypatch.setattr(nb07, "_fed", lambda *how, fed=nb07._fed, **pads: runs.append(pads) or fed(*how, **pads))
    helpers.check("07-both", two_inputs(**changes))
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("✗ " + " ".join(QUESTIONS["07-both"].wrongs[number].idea.split()))
    assert len(runs) <= 3, "measured once, and not again for every idea"


def test_the_count_of_parameters_is_that_of_the_real_model():
    def build(words, answers):
        ends = [keras.Input((None,)), keras.Input((None,))]
        text = layers.LSTM(32)(layers.Embedding(words + 2, 64)(ends[0]))
        question = layers.LSTM(16)(layers.Embedding(words + 2, 32)(ends[1]))
        return keras.Model(ends, layers.Dense(answers)(layers.concatenate([text, question]))).count_params()

    for sizes in nb07._SIZES:
        assert build(*sizes) == nb07._count(*sizes)
    assert nb07._count(9_998, 500) == 1_000_052


# --- the reader's own words, then and now


def test_words_kept_in_notebook_00_stand_beside_those_of_today(tmp_path, monkeypatch):
    cell = next(cell for cell in series.read(NOTEBOOK).cells if cell.id == "then-and-now")
    monkeypatch.chdir(tmp_path)

    def shown():
        *before, last = cell.source.rsplit("\n", 1)
        scope = {"helpers": helpers}
        exec("\n".join(before), scope)
        return repr(eval(last, scope))

    assert "nothing yet" in shown() and "nothing yet" in series.text_of(cell)
    answers = {"units": "one for each word", "lengths": "no idea", "units now": "the width of h", "lengths now": "masks"}
    (tmp_path / "my_answers.json").write_text(json.dumps(answers), encoding="utf-8")
    assert all(answer in shown() for answer in answers.values()) and "nothing yet" not in shown()
