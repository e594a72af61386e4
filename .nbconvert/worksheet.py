"""The worksheet for paper: python .nbconvert/worksheet.py FOLDER writes WORKSHEET.html, the sheet on one page A4, its key on another."""
import re
import sys
from pathlib import Path

from nbconvert.filters import markdown2html

SHEET = Path(__file__).resolve().parent.parent / "notebooks" / "WORKSHEET.md"
HTML = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 15mm }}
body {{ font: 11pt sans-serif; color: black; background: white }}
h1 {{ font-size: 16pt; margin: 0 0 3mm }}
.anchor-link {{ display: none }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border: 0.5pt solid; padding: 0.5mm 1.5mm; text-align: left }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def write(folder: Path) -> Path:
    """Write the page into a folder, which is made if need be. Links are left out: on paper they lead nowhere."""
    text = SHEET.read_text(encoding="utf-8")
    title, = re.findall(r"\A# (.*)$", text, re.M)
    body = markdown2html(re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text))
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "WORKSHEET.html"
    page.write_text(HTML.format(title=title, body=body), encoding="utf-8")
    return page


def main(words: list[str]) -> None:
    if len(words) != 1 or words[0][:1] in ("", "-"):
        raise SystemExit("Give the folder for the page, and nothing else: python .nbconvert/worksheet.py FOLDER.")
    try:
        page = write(Path(words[0]))
    except OSError as error:
        raise SystemExit(f"{words[0]!r} is no folder to write WORKSHEET.html into ({error.strerror}): give another one.") from None
    print(f"{page}: open it in a browser and print it on A4. Page 1 is the sheet, page 2 its key.")


if __name__ == "__main__":
    main(sys.argv[1:])
