"""Which bit of CPUID allows which bit of CR4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kobjects.cpu.control import Cr4
from kobjects.cpu.cpuid import CpuidLeaf, Leaf1Ecx, Leaf1Edx, Leaf7Ebx, Leaf7Ecx
from kobjects.word import Word
from packer.flow.branches import has_leaf
from packer.flow.state import Fact, State


class Feature(NamedTuple):
    """A bit of a register that CPUID returns for a leaf."""

    leaf: int
    register: str
    bit: int
    name: str


def _feature(leaf: int, register: str, word: type[Word], name: str) -> Feature:
    return Feature(
        leaf, register, word.fields[name].mask.bit_length() - 1, f"{word.__name__}.{name}"
    )


FIRST, SEVENTH = int(CpuidLeaf.FEATURES), int(CpuidLeaf.EXTENDED_FEATURES)
GATES: Mapping[str, Feature] = {
    "debugging_extensions": _feature(FIRST, "rdx", Leaf1Edx, "de"),
    "machine_check_enable": _feature(FIRST, "rdx", Leaf1Edx, "mce"),
    "page_global_enable": _feature(FIRST, "rdx", Leaf1Edx, "pge"),
    "os_fxsr": _feature(FIRST, "rdx", Leaf1Edx, "fxsr"),
    "os_xmm_exceptions": _feature(FIRST, "rdx", Leaf1Edx, "sse"),
    "vmx": _feature(FIRST, "rcx", Leaf1Ecx, "vmx"),
    "smx": _feature(FIRST, "rcx", Leaf1Ecx, "smx"),
    "pcid": _feature(FIRST, "rcx", Leaf1Ecx, "pcid"),
    "os_xsave": _feature(FIRST, "rcx", Leaf1Ecx, "xsave"),
    "fsgsbase": _feature(SEVENTH, "rbx", Leaf7Ebx, "fsgsbase"),
    "smep": _feature(SEVENTH, "rbx", Leaf7Ebx, "smep"),
    "smap": _feature(SEVENTH, "rbx", Leaf7Ebx, "smap"),
    "umip": _feature(SEVENTH, "rcx", Leaf7Ecx, "umip"),
    "la57": _feature(SEVENTH, "rcx", Leaf7Ecx, "la57"),
    "protection_keys": _feature(SEVENTH, "rcx", Leaf7Ecx, "pku"),
}
"""By the field of CR4. SDM 3, "Control Registers"; SDM 2, CPUID."""
BASELINE = int(Cr4(physical_address_extension=True, page_size_extensions=True))
"""What every processor with long mode has."""


def without_their_feature(state: State, bits: int) -> int:
    """Of a number's bits those that CR4 may have only with a feature that was not seen here."""
    loose = bits & ~BASELINE & (1 << 64) - 1
    for name, feature in GATES.items():
        mask = Cr4.fields[name].mask
        if loose & mask and _shown(state.facts, feature):
            loose &= ~mask
    return loose


def _shown(facts: frozenset[Fact], feature: Feature) -> bool:
    return Fact(*feature[:3]) in facts and has_leaf(facts, feature.leaf)


def gate_of(bit: int) -> tuple[str, str]:
    """A bit of CR4 by its field's name, and the bit of CPUID that allows it, both as text."""
    for name, field in Cr4.fields.items():
        if field.mask >> bit & 1:
            return name, GATES[name].name if name in GATES else "no bit that kpack knows"
    return f"bit {bit}", "no bit"
