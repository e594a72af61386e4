"""What every picture of the series owes its reader, whatever it shows."""
from matplotlib.figure import Figure
from matplotlib.text import Text


def readable(fig: Figure) -> Figure:
    """The figure, drawn once: described, on white, all its text of at least 10 pt, and none of it cut at the edge."""
    fig.draw_without_rendering()
    assert fig.get_facecolor() == (1, 1, 1, 1) and len(fig.get_label()) > 20
    ticks = [label for ax in fig.axes if ax.axison for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    legends = [ax.get_legend() for ax in fig.axes if ax.get_legend()] + fig.legends
    texts = [text for ax in fig.axes for text in (*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label)]
    texts += [text for legend in legends for text in legend.get_texts()]
    for text in texts + ticks:
        assert text.get_fontsize() >= 10, text.get_text()
    for text in texts:
        box = Text.get_window_extent(text)  # of an annotation the words alone, without the line to its point
        assert not text.get_text() or (
            -1 <= box.x0 and box.x1 <= fig.bbox.width + 1 and -1 <= box.y0 and box.y1 <= fig.bbox.height + 1), text.get_text()
    return fig
