"""Circles in a graph: its strongly connected components, in the order in which they are passed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Edges = Mapping[int, Sequence[int]]
"""Every node with those behind it."""


def components(edges: Edges) -> list[list[int]]:
    """Each node once, with those that it shares circles with, in an order of the ways."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: list[int] = []
    is_open: set[int] = set()
    found: list[list[int]] = []
    for root in edges:
        if root in number:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                number[node] = lowest[node] = len(number)
                open_.append(node)
                is_open.add(node)
            after = edges[node]
            while at < len(after):
                other = after[at]
                at += 1
                if other not in number:
                    work += [(node, at), (other, 0)]
                    break
                if other in is_open:
                    lowest[node] = min(lowest[node], number[other])
            else:
                if lowest[node] == number[node]:
                    found.append(_closed(node, open_, is_open))
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
    return found[::-1]


def restricted(edges: Edges, nodes: Iterable[int]) -> dict[int, list[int]]:
    """The part of a graph that lies in some of its nodes."""
    kept = set(nodes)
    return {node: [other for other in edges[node] if other in kept] for node in kept}


def _closed(node: int, open_: list[int], is_open: set[int]) -> list[int]:
    component = []
    while True:
        top = open_.pop()
        is_open.discard(top)
        component.append(top)
        if top == node:
            return component
