"""An ELF file for debuggers: the kernel at its addresses, with every label and region by name.

Nothing boots from it. Labels of code are functions that reach to the next one, local labels
(`parent.label`) are marks inside them, regions are objects. A task's labels are absolute values
`task.NAME.label`, because all tasks lie at the same addresses. The kernel's and the boot code's
lines of source are there (`dwarf.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kobjects.firmware.elf import (
    SHN_ABS,
    Elf64Header,
    Elf64SectionHeader,
    Elf64Symbol,
    ElfType,
    SectionFlags,
    SectionType,
    SymbolBinding,
    SymbolInfo,
    SymbolType,
)
from packer.formats import dwarf
from packer.formats.strings import Strings
from packer.image import Artifact, Image, LinkedUnit
from packer.layout import Run
from packer.parts import SECTIONS
from packer.provenance import CodePart, Ledger, Part, SchemaPart
from stages.model import Access

ALIGN = 16
"""Of sections in the file, in bytes; any would do."""

RUN_NAMES = {Access.TEXT: ".text", Access.RODATA: ".rodata", Access.DATA: ".data"}
RUN_FLAGS = {
    Access.TEXT: SectionFlags(alloc=True, execinstr=True),
    Access.RODATA: SectionFlags(alloc=True),
    Access.DATA: SectionFlags(alloc=True, write=True),
}


@dataclass(frozen=True)
class Symbol:
    """A name for an address. `within` is the section whose bytes it names, or SHN_ABS."""

    name: str
    address: int
    size: int
    type: SymbolType
    within: int = SHN_ABS
    local: bool = False


@dataclass
class Sections:
    """The sections of a file in the making: headers, and what follows the file's header."""

    body: Ledger = field(default_factory=Ledger)
    names: Strings = field(default_factory=lambda: Strings("section names"))
    headers: list[Elf64SectionHeader] = field(default_factory=lambda: [Elf64SectionHeader()])

    @property
    def offset(self) -> int:
        """In the file, of the next byte."""
        return Elf64Header.size + len(self.body)

    def align(self) -> None:
        self.body.pad(len(self.body) + -self.offset % ALIGN, "sections are aligned to 16")

    def add(self, name: str, kind: SectionType, offset: int, size: int, **more: Any) -> int:
        """A header for bytes that the file has; its number."""
        header = Elf64SectionHeader(
            sh_name=self.names.add(name),
            sh_type=kind,
            sh_offset=offset,
            sh_size=size,
            sh_addralign=ALIGN,
            **more,
        )
        self.headers.append(header)
        return len(self.headers) - 1

    def append(self, name: str, kind: SectionType, part: Part, data: bytes, **more: Any) -> int:
        """A section with these bytes; its number."""
        self.align()
        index = self.add(name, kind, self.offset, len(data), **more)
        self.body.add(part, data)
        return index


def wrap(image: Image, boots: Iterable[LinkedUnit] = ()) -> Artifact:
    """The whole file, with the boot code of the targets that were made of the image."""
    sections = Sections()
    symbols: list[Symbol] = []
    boots = list(boots)
    for boot in boots:
        part = CodePart(boot.name, boot.unit)
        text = RUN_FLAGS[Access.TEXT]
        index = sections.append(
            f".{boot.name}", SectionType.SHT_PROGBITS, part, boot.code,
            sh_flags=text, sh_addr=boot.address,
        )  # fmt: skip
        symbols += _labels(boot, SymbolType.STT_FUNC, index)
    symbols += _kernel_symbols(image, _add_kernel(sections, image))
    for name, unit in image.units.items():
        if name not in SECTIONS:
            prefix = name.removesuffix("text")
            symbols += _labels(unit, SymbolType.STT_FUNC, SHN_ABS, prefix)
    symbols += _compiled(image)
    # Tasks lie at the same addresses, so a debugger could not tell their lines apart.
    kernel = [image.units[name] for name in SECTIONS if name in image.units]
    for section in dwarf.sections([*boots, *kernel]):
        sections.append(section.name, SectionType.SHT_PROGBITS, section, section.data())
    return _finish(f"{image.system.name}.symbols.elf", sections, symbols)


def _compiled(image: Image) -> Iterator[Symbol]:
    """The names in the tasks' own ELF files."""
    for task in image.system.tasks:
        for label in task.executable.labels if task.executable else ():
            kind = SymbolType(label.type)
            yield Symbol(f"task.{task.name}.{label.name}", label.address, label.size, kind)


def _add_kernel(sections: Sections, image: Image) -> list[tuple[Run, int]]:
    """The kernel's pages, and one section for each run of one access; with their numbers."""
    sections.align()
    start, base = image.layout.window.start, image.layout.window.base
    offset = sections.offset
    sections.body.include(image.load, image.owners)
    numbered = []
    for run in image.layout.runs():
        index = sections.add(
            RUN_NAMES[run.access] if run.loaded else ".bss",
            SectionType.SHT_PROGBITS if run.loaded else SectionType.SHT_NOBITS,
            offset + (run.start - start if run.loaded else len(image.load)),
            run.end - run.start,
            sh_flags=RUN_FLAGS[run.access],
            sh_addr=run.start + base,
        )
        numbered.append((run, index))
    return numbered


def _kernel_symbols(image: Image, runs: list[tuple[Run, int]]) -> Iterator[Symbol]:
    base = image.layout.window.base

    def section(address: int) -> int:
        return next((i for run, i in runs if run.start <= address - base < run.end), SHN_ABS)

    for name, address in image.layout.linker_symbols().items():
        yield Symbol(name, address, 0, SymbolType.STT_NOTYPE)
    for place in image.layout.placements:
        if place.name not in SECTIONS:
            within = section(place.virtual)
            yield Symbol(place.name, place.virtual, place.size, SymbolType.STT_OBJECT, within)
    for name, access in SECTIONS.items():
        if name in image.units:
            unit = image.units[name]
            kind = SymbolType.STT_FUNC if access is Access.TEXT else SymbolType.STT_OBJECT
            yield from _labels(unit, kind, section(unit.address))


def _labels(unit: LinkedUnit, kind: SymbolType, within: int, prefix: str = "") -> Iterator[Symbol]:
    """A unit's labels; each one that is not local reaches to the next."""
    labels = unit.labels()
    local = {name for name in labels if name.rpartition(".")[0] in labels}
    for name in local:
        yield Symbol(prefix + name, labels[name], 0, SymbolType.STT_NOTYPE, within, local=True)
    starts = sorted({address for name, address in labels.items() if name not in local})
    size = {start: end - start for start, end in pairwise([*starts, unit.end])}
    for name, address in labels.items():
        if name not in local:
            yield Symbol(prefix + name, address, size[address], kind, within)


def _finish(name: str, sections: Sections, symbols: list[Symbol]) -> Artifact:
    symbols.sort(key=lambda symbol: (not symbol.local, symbol.address, symbol.name))
    strings = Strings("symbol names")
    table = [Elf64Symbol(), *(_entry(symbol, strings) for symbol in symbols)]
    part = SchemaPart(".symtab", Elf64Symbol[len(table)])
    sections.append(
        ".symtab", SectionType.SHT_SYMTAB, part, part.schema.build(table),
        sh_link=len(sections.headers) + 1,
        sh_info=1 + sum(symbol.local for symbol in symbols),
        sh_entsize=Elf64Symbol.size,
    )  # fmt: skip
    sections.append(".strtab", SectionType.SHT_STRTAB, strings, strings.data())
    # The section of names holds its own name too, so that is added before its bytes are taken.
    sections.names.add(".shstrtab")
    names = sections.names
    last = sections.append(".shstrtab", SectionType.SHT_STRTAB, names, names.data())
    sections.align()
    part = SchemaPart("section headers", Elf64SectionHeader[len(sections.headers)])
    header = Elf64Header(
        e_type=ElfType.ET_EXEC,
        e_shoff=sections.offset,
        e_shnum=len(sections.headers),
        e_shstrndx=last,
        e_phentsize=0,
    )
    sections.body.add(part, part.schema.build(sections.headers))
    file = Ledger()
    file.add(SchemaPart("ELF header", Elf64Header), bytes(header.build()))
    file.include(*sections.body.finish())
    data, owners = file.finish()
    return Artifact(name, data, owners)


def _entry(symbol: Symbol, strings: Strings) -> Elf64Symbol:
    binding = SymbolBinding.STB_LOCAL if symbol.local else SymbolBinding.STB_GLOBAL
    return Elf64Symbol(
        st_name=strings.add(symbol.name),
        st_info=SymbolInfo(type=symbol.type, binding=binding),
        st_shndx=symbol.within,
        st_value=symbol.address,
        st_size=symbol.size,
    )
