"""Random instructions of the dialect, for comparing the assembler with GNU as."""

from __future__ import annotations

import random
from collections.abc import Iterator

from packer.asm.registers import words

LEGACY = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
SIZES = {8: "byte", 16: "word", 32: "dword", 64: "qword", 128: "xmmword"}
CONDITIONS = words(
    "o no b c nae ae nb nc e z ne nz be na a nbe s ns p pe np po l nge ge nl le ng g nle"
)

# Mnemonics and the operand patterns they take. r register, m memory with its width, n memory whose
# width another operand gives, i immediate; the width follows, * stands for any of the mode's.
TABLE = """
add adc and or sbb sub xor cmp : r*,r* r*,m* m*,r* r*,i* m*,i* r*,n* n*,r*
mov : r*,r* r*,m* m*,r* r*,i* m*,i* r*,n* n*,r*
test : r*,r* m*,r* r*,i* m*,i*
xchg : r*,r* m*,r* r*,m*
inc dec neg not mul imul div idiv : r* m*
imul : rw,rw rw,mw rw,rw,iw rw,mw,iw rw,iw
shl shr sar sal rol ror rcl rcr : r*,c* m*,c* r*,cl m*,cl r*,1 m*,1
shld shrd : rw,rw,cw mw,rw,cw rw,rw,cl mw,rw,cl
bt bts btr btc : rw,rw mw,rw rw,cw mw,cw
bsf bsr popcnt tzcnt lzcnt : rw,rw rw,mw
bswap : r32
lea : rw,n
movzx movsx : rw,r8 rw,m8 r32,r16 r32,m16
cmpxchg xadd : r*,r* m*,r*
cmpxchg8b lgdt lidt sgdt sidt invlpg fxsave fxrstor xsave xrstor xsaveopt : n
ldmxcsr stmxcsr clflush prefetchnta prefetcht0 fldcw fnstcw : n
push pop : r16 ra m16 ma
call jmp : ra ma
int : i8
ret retf : j16
in : al,j8 ax,j8 eax,j8 al,dx ax,dx eax,dx
out : j8,al j8,ax j8,eax dx,al dx,ax dx,eax
lldt ltr lmsw verr verw : r16 m16
sldt str smsw : r16 m16
lar lsl : r32,r32 r16,r16
mov : ss,r16 ds,r16 es,r16 fs,r16 gs,r16 r16,ds r16,es ss,m16 m16,fs
push pop : fs gs
crc32 : r32,r8 r32,m8 r32,r32 r32,m32
movbe : rw,mw mw,rw
rdrand rdseed : rw
cli sti cld std clc stc cmc hlt nop pause cpuid rdtsc rdtscp rdmsr wrmsr rdpmc wbinvd invd clts : -
ud2 int3 leave lahf sahf fninit fwait emms mfence lfence sfence syscall sysenter : -
xgetbv xsetbv monitor mwait clac stac vmcall xlatb : -
ret retf cbw cwde cwd cdq endbr64 endbr32 serialize setssbsy saveprevssp : -
movsb movsw movsd stosb stosw stosd lodsb lodsw lodsd insb insw insd outsb outsw outsd : -
scasb scasw scasd cmpsb cmpsw cmpsd : -
"""
ONLY = {
    16: """
pushf popf iret iretd pushfd popfd pusha popa pushad popad : -
push pop : ds es ss
push : i16
""",
    32: """
pushfd popfd iretd pushad popad : -
push pop : ds es ss
push : i32
""",
    64: """
swapgs pushfq popfq iretq iretd retfq sysretq cdqe cqo movsq stosq lodsq scasq cmpsq : -
movsxd : r64,r32 r64,m32
cmpxchg16b fxsave64 xsave64 xrstor64 fxrstor64 : n
mov : r64,cr r64,dr cr,r64 dr,r64
movq : x,r64 r64,x
bswap : r64
rdfsbase wrfsbase rdgsbase wrgsbase : r64 r32
andn : r64,r64,r64 r32,r32,m32
shlx shrx sarx : r64,r64,r64 r32,m32,r32
blsr blsi blsmsk : r64,r64 r32,m32
push : i31
invpcid : r64,M
""",
}
LEGACY_CONTROL = "mov : r32,cr cr,r32 r32,dr dr,r32\n"
VECTORS = """\
movaps movups movdqa movdqu pxor paddd andps : x,x x,M
movd : x,r32 r32,x
movss addss : x,x x,m32
movsd addsd : x,x x,m64
"""
ONLY[16] += LEGACY_CONTROL
ONLY[32] += LEGACY_CONTROL + VECTORS
ONLY[64] += VECTORS

LOCKABLE = words("add adc and btc btr bts cmpxchg dec inc neg not or sbb sub xor xadd xchg")


class Generator:
    """Lines of the dialect for one mode, from one seed."""

    def __init__(self, mode: int, seed: int) -> None:
        self.mode = mode
        self.random = random.Random(f"{mode}/{seed}")
        self.choices = [
            (mnemonic, pattern)
            for row in (TABLE + ONLY[mode]).strip().splitlines()
            for mnemonic in row.split(" : ")[0].split()
            for pattern in row.split(" : ")[1].split()
        ]
        self.widths = [8, 16, 32, 64] if mode == 64 else [8, 16, 32]

    def lines(self, count: int) -> Iterator[str]:
        for _ in range(count):
            yield self.line()

    def line(self) -> str:
        choose = self.random
        special = choose.random()
        if special < 0.03:
            return (
                f"set{choose.choice(CONDITIONS)} {self.operand('r8' if special < 0.02 else 'm8')}"
            )
        if special < 0.06:
            width = choose.choice(self.widths[1:])
            source = self.operand(choose.choice("rm") + str(width))
            return f"cmov{choose.choice(CONDITIONS)} {self.operand(f'r{width}')}, {source}"
        mnemonic, pattern = choose.choice(self.choices)
        if pattern == "-":
            return self.repeated(mnemonic)
        width = choose.choice(self.widths if "*" in pattern else self.widths[1:])
        pattern = pattern.replace("*", str(width))
        for letter in "rmic":
            pattern = pattern.replace(letter + "w", f"{letter}{width}")
        text = f"{mnemonic} {', '.join(map(self.operand, pattern.split(',')))}"
        if mnemonic == "xchg" and len(set(text.replace(",", "").split()[1:])) == 1:
            return "nop"
        if mnemonic == "int" and int(text.split()[1], 0) == 3:
            return "int3"  # GNU as takes int 3 for it
        if mnemonic in LOCKABLE and pattern.startswith("m") and choose.random() < 0.3:
            return "lock " + text
        return text

    def repeated(self, mnemonic: str) -> str:
        stem = mnemonic[:-1]
        if stem in ("scas", "cmps"):
            return self.random.choice(["", "repe ", "repne "]) + mnemonic
        if stem in ("movs", "stos", "lods", "ins", "outs"):
            return self.random.choice(["", "rep "]) + mnemonic
        return mnemonic

    def operand(self, kind: str) -> str:
        choose = self.random
        letter, width = kind[0], kind[1:]
        if kind in ("al", "ax", "eax", "dx", "cl", "1") or (kind.endswith("s") and len(kind) == 2):
            return kind
        if kind == "cr":
            return choose.choice(["cr0", "cr2", "cr3", "cr4"])
        if kind == "dr":
            return choose.choice(["dr0", "dr3", "dr6", "dr7"])
        if width == "a":
            width = str(self.mode)
        if letter == "r":
            return self.register(int(width))
        if letter == "x":
            return f"xmm{choose.randrange(16 if self.mode == 64 else 8)}"
        if letter == "M":
            return f"xmmword ptr {self.memory()}"
        if letter == "m":
            return f"{SIZES[int(width)]} ptr {self.memory()}"
        if letter == "n":
            return self.memory()
        if letter == "c":
            return str(choose.randrange(int(width)))
        if letter == "j":
            return self.number(choose.randrange(1 << int(width)))
        return self.immediate(int(width))

    def register(self, width: int) -> str:
        choose = self.random
        if self.mode == 64 and choose.random() < 0.5:
            return f"r{choose.randrange(8, 16)}" + {8: "b", 16: "w", 32: "d", 64: ""}[width]
        if width == 8:
            low = ["al", "cl", "dl", "bl"]
            more = ["spl", "bpl", "sil", "dil"] if self.mode == 64 else []
            return choose.choice([*low, "ah", "ch", "dh", "bh", *more])
        return {16: "", 32: "e", 64: "r"}[width] + choose.choice(LEGACY)

    def immediate(self, width: int) -> str:
        choose = self.random
        edge = min(width, 32)
        value = choose.choice(
            [
                choose.randrange(-128, 128),
                choose.randrange(-(1 << edge - 1), 1 << edge - 1),
                choose.choice([0, 1, -1, 127, -128, 128, -129, (1 << edge - 1) - 1]),
            ]
        )
        if edge == width and choose.random() < 0.2:
            value %= 1 << width
        if width == 8:
            value = value % 256 - choose.choice([0, 256]) if value % 256 > 127 else value % 256
        return self.number(max(value, -(1 << edge - 1)))

    def number(self, value: int) -> str:
        return hex(value) if self.random.random() < 0.5 else str(value)

    def memory(self) -> str:
        choose = self.random
        if self.mode == 16 and choose.random() < 0.6:
            address = choose.choice(
                ["bx+si", "bx+di", "bp+si", "bp+di", "si", "di", "bx", "bp", ""]
            )
            bits = 16
        else:
            bits = 64 if self.mode == 64 else 32
            address = self.address(bits)
        edge = 15 if bits == 16 else 31
        value = choose.choice([0, 0, choose.randrange(-128, 128), choose.randrange(1 << edge)])
        if not address:
            address = hex(abs(value))
        elif value:
            address += f"{value:+#x}"
        segment = choose.choice(["", "", "", "fs:", "gs:"])
        return f"{segment}[{address}]"

    def address(self, bits: int) -> str:
        choose = self.random
        base = choose.choice([self.register(bits), self.register(bits), ""])
        index = choose.choice(["", self.register(bits)])
        if index in ("esp", "rsp", base):
            index = ""
        if self.mode == 16 and not base:
            return "ebx"
        if index:
            return (
                base + "+" if base else ""
            ) + f"{index}*{choose.choice([1, 2, 4, 8] if base else [2, 4, 8])}"
        return base
