"""The lines that guests send: all of the figures, or a complaint that names the line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Figure
from bench.lines import LineError, figures

SENT = (
    "boot        PVH\r\n"
    "figure syscall.null ticks 103 9 12\r\n"
    "user        figure of speech\r\n"
    "figure ipc.call.cross.0w ticks 1140 1139 1141\r\n"
    "figures 2\r\n"
    "kpack: demonstration passed\r\n"
)
FIGURES = [
    Figure("syscall.null", "ticks", [103, 9, 12]),
    Figure("ipc.call.cross.0w", "ticks", [1140, 1139, 1141]),
]


def test_figures_come_in_the_guests_order_and_other_lines_mean_nothing() -> None:
    assert figures(SENT) == FIGURES


@pytest.mark.parametrize(
    "line",
    [
        *("figure", "figure ", "figure a", "figure a ns", "figure a ns ", "figure a ns 1 "),
        *(
            "figure a ns 1 x",
            "figure a ns -1",
            "figure a ns 1.5",
            "figure A ns 1",
            "figure a. ns 1",
        ),
        *(
            "figure  a ns 1",
            "figure a ns 1\0",
            "figure a ns \u0661",
            "figures",
            "figures -1",
            "figured",
        ),
    ],
)
def test_a_garbled_line_is_named(line: str) -> None:
    expected = f"line 2, {line!r}: not `figure NAME UNIT SAMPLE SAMPLE …`"
    with pytest.raises(LineError, match=f"^{re.escape(expected)}$"):
        figures(f"fine\n{line}\nfigure b ns 1\nfigures 1\n")


def test_a_line_that_lost_samples_is_named() -> None:
    with pytest.raises(LineError, match=r"^line 4, 'figure ipc.*': 2 samples, where syscall.null"):
        figures(SENT.replace(" 1141", ""))


def test_a_long_line_is_shown_in_part() -> None:
    with pytest.raises(LineError, match=r"^line 1, 'figure a ns 1{60}…': not"):
        figures(f"figure a ns {'1' * 100} x\n")


def test_a_line_that_was_sent_twice_is_named() -> None:
    with pytest.raises(LineError, match=r"^line 2, 'figure a ns 2': a a second time$"):
        figures("figure a ns 1\nfigure a ns 2\nfigures 1\n")


def test_a_line_that_is_lost_is_missed() -> None:
    with pytest.raises(LineError, match=r"^line 2: 2 figures were sent, and 1 arrived$"):
        figures("figure a ns 1\nfigures 2\n")
    with pytest.raises(LineError, match=r"^line 1: 0 figures were sent, and 0 arrived$"):
        figures("figures 0\n")


def test_a_guest_that_stops_in_between_is_noticed() -> None:
    with pytest.raises(LineError, match=r"^line 2, '': the end, and no line says how many"):
        figures("figure a ns 1\n")


def test_wherever_it_stops_before_the_total_is_noticed() -> None:
    for end in range(SENT.index("figures 2") + len("figures 2")):
        with pytest.raises(LineError, match=r"^line \d"):
            figures(SENT[:end])


@given(st.integers(0, len(SENT) - 1), st.integers(1, 40))
def test_of_lost_bytes_only_letters_of_a_word_go_unnoticed(start: int, length: int) -> None:
    """Never a sample and never a figure; names and units are the suite's to know."""
    try:
        found = figures(SENT[:start] + SENT[start + length :])
    except LineError:
        return
    assert [len(each.samples) for each in found] == [3, 3]


@given(st.text())
def test_no_garbage_is_a_figure(text: str) -> None:
    with pytest.raises(LineError, match=r"^line "):
        figures(text)


@given(st.lists(st.text(st.characters(exclude_characters="\n")), max_size=5))
def test_garbage_between_the_lines_does_not_matter(noise: list[str]) -> None:
    between = "".join(f"~{line}\n" for line in noise)
    assert figures(between + SENT.replace("figures 2", f"{between}figures 2")) == FIGURES
