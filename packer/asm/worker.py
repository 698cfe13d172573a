"""The child process that holds keystone and capstone. Run as a script by `packer.asm.encode`.

It first says whether it has its tools: an empty text, or what is wrong. Then it reads requests
(mode, [instruction, …]) and answers each with one reply per instruction: a tuple (code, [decoded,
…]) or the text of keystone's error. Both directions are marshalled, with the length in front.
Instructions arrive folded: without symbols, labels, directives or comments.
"""

from __future__ import annotations

import marshal
import struct
import sys
from typing import Any, BinaryIO

# What follows the code in keystone's output. If it is missing, keystone dropped the tail.
SENTINEL = b"KSEND"

# An operand as capstone reads it: "reg", "imm" or "mem"; segment, base (or the register itself),
# index, scale, displacement (or the immediate itself), size in bytes.
Operand = tuple[str, str, str, str, int, int, int]
# An instruction as capstone reads it: size, mnemonic, operands, and the offset and size of the
# displacement and of the immediate (0 if it has none).
Decoded = tuple[int, str, list[Operand], int, int, int, int]
Reply = tuple[bytes, list[Decoded]] | str


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Say that the tools are there, or why not; then answer requests until their stream ends."""
    tools: dict[int, Tools] = {}
    _send(replies, _trouble())
    while header := requests.read(4):
        mode, texts = marshal.loads(requests.read(struct.unpack("<I", header)[0]))
        if mode not in tools:
            tools[mode] = Tools(mode)
        _send(replies, tools[mode].encode(texts))


def _send(stream: BinaryIO, message: Any) -> None:
    data = marshal.dumps(message)
    stream.write(struct.pack("<I", len(data)) + data)
    stream.flush()


def _trouble() -> str:
    """Why keystone or capstone can't be used; empty if they can."""
    try:
        import capstone  # type: ignore[import-untyped]  # noqa: F401
        import keystone  # type: ignore[import-untyped]  # noqa: F401
    except Exception as error:  # a library that doesn't load raises what it likes
        return f"{type(error).__name__}: {error}"
    return ""


class Tools:
    """keystone and capstone in one mode."""

    def __init__(self, mode: int) -> None:
        import capstone
        import keystone

        self._keystone = keystone
        self._mode = {16: keystone.KS_MODE_16, 32: keystone.KS_MODE_32, 64: keystone.KS_MODE_64}[
            mode
        ]
        modes = {16: capstone.CS_MODE_16, 32: capstone.CS_MODE_32, 64: capstone.CS_MODE_64}
        self._decoder = capstone.Cs(capstone.CS_ARCH_X86, modes[mode])
        self._decoder.detail = True

    def encode(self, texts: list[str]) -> list[Reply]:
        """Encode each text. A batch that keystone refuses is halved down to the culprits."""
        try:
            pieces = self._assemble(texts)
        except self._keystone.KsError as error:
            if len(texts) == 1:
                return [str(error)]
            middle = len(texts) // 2
            return self.encode(texts[:middle]) + self.encode(texts[middle:])
        return [(piece, self._decode(piece)) for piece in pieces]

    def _assemble(self, texts: list[str]) -> list[bytes]:
        """The bytes of each text: a label before each one, and the table of labels behind all."""
        count = len(texts)
        lines = [f"L{number}:\n{text}" for number, text in enumerate(texts)]
        table = "\n".join(f".long L{number}" for number in range(count + 1))
        source = "\n".join([*lines, f"L{count}:", table, f'.ascii "{SENTINEL.decode()}"'])
        # A new engine each time: a failed run leaves its state behind.
        engine = self._keystone.Ks(self._keystone.KS_ARCH_X86, self._mode)
        output = bytes(engine.asm(source, as_bytes=True)[0] or b"")
        table_size = 4 * (count + 1)
        code_size = len(output) - table_size - len(SENTINEL)
        if code_size < 0 or not output.endswith(SENTINEL):
            raise self._keystone.KsError(self._keystone.KS_ERR_ASM_STAT_TOKEN)
        bounds = struct.unpack_from(f"<{count + 1}I", output, code_size)
        if bounds[0] != 0 or bounds[-1] != code_size:
            raise self._keystone.KsError(self._keystone.KS_ERR_ASM_STAT_TOKEN)
        return [output[bounds[n] : bounds[n + 1]] for n in range(count)]

    def _decode(self, code: bytes) -> list[Decoded]:
        """What capstone finds in the bytes; fewer than all bytes if it can't read on."""
        found: list[Decoded] = []
        for insn in self._decoder.disasm(code, 0):
            encoding = insn.encoding
            found.append(
                (
                    insn.size, insn.mnemonic, [self._operand(insn, op) for op in insn.operands],
                    encoding.disp_offset, encoding.disp_size,
                    encoding.imm_offset, encoding.imm_size,
                )
            )  # fmt: skip
        return found

    def _operand(self, insn: object, operand: object) -> Operand:
        from capstone import x86_const

        name = insn.reg_name  # type: ignore[attr-defined]
        kind, size = operand.type, operand.size  # type: ignore[attr-defined]
        value = operand.value  # type: ignore[attr-defined]
        if kind == x86_const.X86_OP_REG:
            return ("reg", "", name(value.reg), "", 0, 0, size)
        if kind == x86_const.X86_OP_IMM:
            return ("imm", "", "", "", 0, value.imm, size)
        memory = value.mem
        parts = [name(number) or "" for number in (memory.segment, memory.base, memory.index)]
        return ("mem", parts[0], parts[1], parts[2], memory.scale, memory.disp, size)


def main() -> None:
    """The script: `worker.py FOLDER…` finds keystone and capstone in the folders given."""
    sys.path[:0] = sys.argv[1:]
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
