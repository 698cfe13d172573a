"""Figures: statistics by hand, and the shape of document and table."""

from __future__ import annotations

import json

import pytest

from bench.figures import Figure, document, table


def test_statistics_are_of_samples_that_occurred() -> None:
    data = Figure("x", "ns", [40, 10, 30, 20]).data()
    assert data == {
        "name": "x",
        "unit": "ns",
        "samples": 4,
        "min": 10,
        "median": 20,
        "p99": 40,
        "max": 40,
    }


@pytest.mark.parametrize(("count", "p99"), [(1, 1), (99, 99), (100, 99), (101, 100), (200, 198)])
def test_p99_is_the_smallest_that_99_of_100_do_not_exceed(count: int, p99: int) -> None:
    assert Figure("x", "ns", list(range(count, 0, -1))).percentile(99) == p99


def test_a_figure_without_samples_is_none() -> None:
    with pytest.raises(ValueError, match="figure x has no samples"):
        Figure("x", "ns", [])


def test_the_document() -> None:
    made = document({"qemu": "7.2.22"}, [Figure("a.b", "ms", [1.23456])])
    assert json.loads(json.dumps(made)) == {
        "schema": 1,
        "host": {"qemu": "7.2.22"},
        "results": [
            {
                "name": "a.b",
                "unit": "ms",
                "samples": 1,
                "min": 1.235,
                "median": 1.235,
                "p99": 1.235,
                "max": 1.235,
            }
        ],
    }


def test_a_table_for_people() -> None:
    figures = [
        Figure("a", "instructions", [1234]),
        Figure("floor", "ns", [0.5]),
        Figure("bcd.e", "ns", [0.5, 2.0, 2.0], "floor"),
        Figure("f", "ns", [1.0], "not measured"),
    ]
    assert table(figures) == (
        "name   unit            min  median    p99    max  samples  / floor\n"
        "a      instructions  1,234   1,234  1,234  1,234        1\n"
        "floor  ns              0.5     0.5    0.5    0.5        1\n"
        "bcd.e  ns              0.5     2.0    2.0    2.0        3     4.00\n"
        "f      ns              1.0     1.0    1.0    1.0        1\n"
    )
