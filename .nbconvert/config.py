"""Pages and slides that need no network: `jupyter nbconvert --config .nbconvert/config.py --to html` (or `slides`).

The prompts In [n] are left out: they say nothing to a reader of a page, and their grey is too pale to read.
"""
import re
from importlib.resources import files
from pathlib import Path

c = get_config()  # noqa: F821  (nbconvert provides it)


def reveal_file(name: str) -> str:
    """The text of a file of reveal.js, from the package that carries it."""
    return files("sphinx_revealjs").joinpath("_static", "revealjs", *name.split("/")).read_text(encoding="utf-8")


def without_fonts(css: str) -> str:
    """A theme without the fonts it would ask for: the deck is one file, and sans-serif is on every machine."""
    return re.sub(r"@import url\([^)]*\);?", "", css)


def notebook_links(html: str, ending: str) -> str:
    """Links from notebook to notebook lead from page to page, cell by cell; in decks, from deck to deck."""
    place = "" if "slides" in ending else r"\2"
    return re.sub(r'href="(\d\d_\w+)\.ipynb(#[^"]*)?"', rf'href="\1{ending}{place}"', html)


c.TemplateExporter.extra_template_basedirs = [str(Path(__file__).parent)]
c.TemplateExporter.filters = {"reveal_file": reveal_file, "without_fonts": without_fonts, "notebook_links": notebook_links}
c.HTMLExporter.template_name = "page"
c.HTMLExporter.exclude_input_prompt = True
c.HTMLExporter.exclude_output_prompt = True
c.SlidesExporter.template_name = "deck"
c.SlidesExporter.reveal_url_prefix = "data:text/css,"  # the base template's links to style sheets: empty, they are in the deck
