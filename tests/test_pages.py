"""The notebooks without a kernel: as pages, on paper, and as slides; each in one file that needs no network."""
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert.exporters import HTMLExporter, SlidesExporter
from traitlets.config import PyFileConfigLoader

from . import lab, series
from .test_browser import PATHS, a_browser  # noqa: F401  (a fixture)

A4 = {"width": 698, "height": 1027}  # in CSS pixels, margins of half an inch taken off


@pytest.fixture(scope="module")
def chromium():
    with lab.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def exporters():
    """One of each kind, for all notebooks: each reads its templates once."""
    config = PyFileConfigLoader("config.py", path=str(series.ROOT / ".nbconvert")).load_config()
    return {kind: kind(config=config) for kind in (HTMLExporter, SlidesExporter)}


@pytest.fixture
def opened(chromium, exporters, tmp_path):
    """Export a notebook, open the file in the browser, and hold what it asks the network for and complains about."""
    pages = []

    def run(path, kind):
        file = tmp_path / "page.html"
        file.write_text(exporters[kind].from_filename(str(path))[0], encoding="utf-8")
        page = chromium.new_page(viewport={"width": 1250, "height": 850})
        page.asked, page.complaints = [], []
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else page.asked.append(r.url))
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield run
    for page in pages:
        page.close()


# Contrast is what axe spends nearly all its time on, once for each word of code. What decides it are the colours and the size
# of the letters, so one element of each kind that holds text is marked, and axe looks at those.
ONE_OF_EACH_KIND = """() => {
    const seen = new Set();
    for (const element of document.body.querySelectorAll('*')) {
        if (![...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        let ground = element, opacity = 1;
        while (ground.parentElement && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        for (let e = element; e; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
        const kind = [style.color, getComputedStyle(ground).backgroundColor, style.fontSize, style.fontWeight, opacity].join('|');
        if (!seen.has(kind)) element.setAttribute('data-kind', seen.add(kind).size);
    }
    return seen.size;
}"""


def serious(page) -> list[str]:
    """What axe-core finds serious or critical, folded parts opened."""
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate(ONE_OF_EACH_KIND) > 5
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options | {"rules": {"color-contrast": {"enabled": False}}}).response["violations"]
    found += Axe().run(page, "[data-kind]", options | {"runOnly": ["color-contrast"]}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['target']}" for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_complete(path, opened):
    page = opened(path, HTMLExporter)
    assert page.asked == [] and page.complaints == []
    assert serious(page) == []

    # What a cell shows is there, slider or not, and each picture is described.
    notebook, text = series.read(path), page.inner_text("body")
    assert "In [" not in text
    for cell in notebook.cells:
        if cell.cell_type == "code" and "[slider" in (shown := series.text_of(cell)):
            assert shown.split("]")[0] in text
    pictures = [series.text_of(cell).count("[figure]") for cell in notebook.cells if cell.cell_type == "code"]
    alts = page.eval_on_selector_all("img", "images => images.map(i => i.naturalWidth > 100 ? i.alt : '')")
    assert len(alts) == sum(pictures) and all(len(alt) >= 20 for alt in alts)

    # Notebook to notebook is page to page.
    links = page.eval_on_selector_all("a", "links => links.map(a => a.getAttribute('href'))")
    assert not [link for link in links if re.match(r"\d\d_.*\.ipynb", link or "")]
    own = [link.partition("#")[2] for link in links if link and link.startswith(f"{path.stem}.html#")]
    assert all(page.evaluate("id => document.getElementById(id) !== null", anchor) for anchor in own)

    # On paper nothing is cut off at the right.
    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    cut = page.eval_on_selector_all("pre, img, p", "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
                                                   ".map(e => e.textContent.slice(0, 60))")
    assert cut == []


@pytest.mark.parametrize("path", PATHS)
def test_a_deck_works_offline(path, opened):
    page = opened(path, SlidesExporter)
    page.wait_for_function("() => window.Reveal && Reveal.isReady()")
    page.evaluate("Reveal.configure({transition: 'none'})")
    slides = page.evaluate("Reveal.getTotalSlides()")
    assert slides >= 8
    seen = set()
    for _ in range(4 * slides):  # some slides come in parts
        seen.add(page.evaluate("Reveal.getIndices().h + '/' + Reveal.getIndices().v"))
        if page.evaluate("Reveal.isLastSlide()"):
            break
        page.keyboard.press("Space")
    assert len(seen) == slides and page.evaluate("Reveal.isLastSlide()")

    page.goto(f"{page.url.partition('#')[0]}?print-pdf")  # all slides one below the other, so that none is hidden from axe
    page.wait_for_function("() => window.Reveal && Reveal.isReady() && document.querySelectorAll('.pdf-page').length > 0")
    assert page.evaluate("[...document.querySelectorAll('.pdf-page section')].filter(s => s.checkVisibility()).length") >= slides
    assert serious(page) == []
    assert page.asked == [] and page.complaints == []
