"""The strict assembler: source text → one flat unit, encoded once. README.md is its map."""

from packer.asm.assemble import assemble
from packer.asm.encode import EncoderError
from packer.asm.source import AsmError, Diagnostic, Place, SourceText
from packer.asm.unit import Fixup, Line, Unit

__all__ = [
    "AsmError",
    "Diagnostic",
    "EncoderError",
    "Fixup",
    "Line",
    "Place",
    "SourceText",
    "Unit",
    "assemble",
]
