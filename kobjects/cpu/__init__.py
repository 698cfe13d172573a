"""What the processor defines: structures in memory, registers, and numbers.

In reading order:

segments    selectors, code and data descriptors, TSS and LDT descriptors, GDTR and IDTR images
gates       the 16-byte gates of a 64-bit interrupt descriptor table
tss         the 64-bit task-state segment
exceptions  the vectors of the exceptions, and the error codes that some push
control     RFLAGS, the control registers CR0, CR3, CR4, XCR0, and EFER
paging      one entry type per level and page size of 4-level paging; linear addresses
            (paging_choice: the Construct that chooses between two of them by bit 7)
msr         the model-specific registers: their numbers; STAR, APIC_BASE and PAT
debug       DR6 and DR7
xsave       the FXSAVE area, the XSAVE header, MXCSR
apic        the local APIC's registers
cpuid       the feature bits that CPUID returns

Import from the module that says it: `from kobjects.cpu.segments import SegmentDescriptor`.
"""
