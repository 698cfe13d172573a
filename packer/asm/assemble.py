"""The whole way from sources to a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packer.asm.dialect import parse
from packer.asm.encode import Encoder, shared_encoder
from packer.asm.layout import lay_out
from packer.asm.source import Report, SourceText
from packer.asm.translate import translate
from packer.asm.unit import Unit


def assemble(
    sources: Sequence[SourceText],
    names: Mapping[str, int],
    *,
    mode: int = 64,
    encoder: Encoder | None = None,
) -> Unit:
    """Assemble the sources, in order, as one flat unit at base 0.

    `names` are constants; an identifier that is neither one of them nor a label of the unit becomes
    a fix-up for `Unit.link`. `mode` (16, 32 or 64) holds until a `.code16/32/64`. Raises AsmError
    with everything that is wrong.
    """
    encoder = encoder or shared_encoder()
    encoder.start()
    report = Report([source.name for source in sources], names)
    items = parse(sources, names, mode, report)
    placed = translate(items, encoder, report)
    report.finish()
    unit = lay_out(placed, report, mode)
    report.finish()
    return unit
