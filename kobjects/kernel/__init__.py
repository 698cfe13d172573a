"""What our own kernel and its tasks agree on.

abi        call numbers, message kinds, statuses, rights: the system-call interface
addresses  where the kernel and a task lie in virtual memory
object     the permanent header of every kernel object
endpoint   the header that takes calls for a server thread
slot       a capability: one entry of a Space's table
thread     a thread's control page; its states and flags
trap       the registers of an interrupted task
space      an address space with its capability table and budget
message    the buffer of words that do not fit in registers
cpu        what the one CPU owns: TSS, ready queues, timer
frames     the physical frame allocator
stack      the kernel's stacks
symbols    the symbol table of the panic screen
module     bytes that come with the image
program    what a loader in ring 3 starts
roster     whom the supervisor looks after
services   what the ring-3 services are asked
bootinfo   what every way of booting leaves for the kernel and the first task
"""
