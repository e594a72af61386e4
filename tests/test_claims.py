"""The table at the end of notebook 07: each claim of the old question and answer, its verdict, and the cells that show it."""
import re

import pytest

from . import series

PATH = next(path for path in series.NOTEBOOKS if path.name.startswith("07"))
VERDICTS = {"true", "true with a caveat", "outdated", "false", "not tested"}


def rows() -> list[list[str]]:
    """claim, verdict, links of each row, from the cells whose ids begin with claims-table."""
    cells = [cell for cell in series.read(PATH).cells if cell.id.startswith("claims-table")]
    lines = [line for cell in cells for line in cell.source.splitlines() if line.startswith("| ")]
    return [[part.strip() for part in line.strip("| ").split(" | ")] for line in lines if "---" not in line and "| claim |" not in line]


ROWS = [pytest.param(*row, id=row[0]) for row in rows()]
LINKS = [pytest.param(row[0], *link, id=f"{row[0]}-{n}") for row in rows()
         for n, link in enumerate(re.findall(r"\[([^\]]+)\]\(([^)#]*)#cell-id=([^)]+)\)", row[3]))]


def section_of(notebook, cell_id: str) -> str:
    """The last numbered heading before a cell."""
    heading = ""
    for cell in notebook.cells:
        found = re.findall(r"^## (\d+) · ", cell.source, re.M) if cell.cell_type == "markdown" else []
        heading = found[-1] if found else heading
        if cell.id == cell_id:
            return heading
    raise AssertionError(f"no cell {cell_id}")


def test_every_claim_of_question_and_answer_is_in_the_table():
    assert [row[0] for row in rows()] == [f"Q{n}" for n in range(1, 10)] + [f"A{n}" for n in range(1, 20)]


@pytest.mark.parametrize("number, claim, verdict, shown", ROWS)
def test_each_row_has_a_claim_a_verdict_and_a_place(number, claim, verdict, shown):
    assert len(claim.split()) >= 5
    assert verdict.partition(":")[0].replace("*", "") in VERDICTS
    assert re.search(r"\]\([^)#]*#cell-id=", shown)
    assert not re.sub(r"\[[^\]]+\]\([^)#]*#cell-id=[^)]+\)", "", shown).strip(" ,"), "every place is a link to a cell"


@pytest.mark.parametrize("number, label, file, cell_id", LINKS)
def test_each_link_leads_to_a_code_cell_that_shows_something(number, label, file, cell_id):
    path = PATH.parent / file if file else PATH
    assert path.is_file(), file
    notebook = series.read(path)
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    assert cell.cell_type == "code" and series.text_of(cell).strip(), f"{cell_id} shows nothing"
    assert label == f"{path.name[:2]}\u00a0·\u00a0{section_of(notebook, cell_id)}", "the label is notebook · section"


def test_the_text_says_how_many_claims_there_are():
    (words,) = (cell.source for cell in series.read(PATH).cells if cell.id == "claims-words")
    assert f"holds {len(rows())} claims" in words


def test_every_verdict_occurs():
    assert {row[2].partition(":")[0].replace("*", "") for row in rows()} == VERDICTS
