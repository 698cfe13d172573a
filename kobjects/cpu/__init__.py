"""What the processor defines: structures in memory, registers, and numbers.

In reading order:

segments    selectors, code and data descriptors, TSS and LDT descriptors, GDTR and IDTR images
gates       the 16-byte gates of 64-bit mode: interrupt, trap and call gates
tss         task-state segments of 64, 32 and 16 bits
legacy      system descriptors and gates of 8 bytes, outside 64-bit mode
exceptions  the vectors of the exceptions, and the error codes that some push
control     RFLAGS, the control registers CR0, CR3 (in each paging mode), CR4, CR8, XCR0, and EFER
paging      one entry type per level and page size of 4- and 5-level paging; linear addresses
            (paging_choice: the Construct that chooses between two of them by bit 7)
paging_pae  the same of PAE paging
paging32    the same of 32-bit paging, PSE-36 included
msr         the model-specific registers: their numbers; STAR, bases, APIC_BASE, PAT and others
mtrr        the memory type range registers
debug       DR6 and DR7
xsave       the FXSAVE areas, the XSAVE header, MXCSR, x87 control and status
            (xsave_components: AVX, AVX-512, PKRU and the others, and where they lie)
apic        the local APIC: where its registers are and what they hold
            (apic_page: all of them, as the page in memory)
ioapic      the I/O APIC: its registers and redirection entries
cpuid       the feature bits that CPUID returns

Import from the module that says it: `from kobjects.cpu.segments import SegmentDescriptor`.
"""
