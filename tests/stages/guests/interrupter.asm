; Owns the local APIC, which no manifest of good sense gives a task, and sends the processor every vector
; from FIRST to the last, one after another. What came is acknowledged here, so that the kernel,
; which acknowledges no vector that it does not use, finds the next one deliverable.

const LAPIC      = User.DEVICES
const ICR_LOW    = 0x300                ; "Interrupt Command Register": its low half, which sends
const EOI        = 0xb0
const TO_ITSELF  = 1 << 18              ; destination shorthand: self
const FIRST      = 0x21                 ; 0x20 measures the first slice

interrupter:
    mov     ebx, FIRST
.next:
    mov     eax, ebx
    or      eax, TO_ITSELF
    mov     ecx, LAPIC + ICR_LOW
    mov     [rcx], eax
    mov     ecx, 100
.arrives:
    dec     ecx
    jnz     .arrives
    mov     ecx, LAPIC + EOI
    mov     dword ptr [rcx], 0
    inc     ebx
    cmp     ebx, 0x100
    jb      .next
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
