; Owns the local APIC, which no manifest can give a task, and sends the processor every vector from
; FIRST to the last, one after another, as a device that nobody knows would.
;
; The kernel ends the service of those above its timer's. Those below belong to the 8259s, which did
; not send them here, and the last is the APIC's own for what it lost: their service is ended here.
; After all, nothing may be in service, or the timer would be held off for ever: UD2 would tell.

const LAPIC     = User.DEVICES
const ICR_LOW   = 0x300                 ; "Interrupt Command Register": its low half, which sends
const EOI       = 0xb0
const ISR       = 0x100                 ; "In-Service Register": 256 bits, 32 in each 16 bytes
const ISR_END   = 0x180
const TO_ITSELF = 1 << 18               ; destination shorthand: self
const FIRST     = 0x21                  ; 0x20 measures the first slice
const TIMER     = 0x30
const LOST      = 0xff

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
    cmp     ebx, LOST
    je      .end_service
    cmp     ebx, TIMER
    jae     .ended
.end_service:
    mov     ecx, LAPIC + EOI
    mov     dword ptr [rcx], 0
.ended:
    inc     ebx
    cmp     ebx, LOST
    jbe     .next
    mov     ecx, LAPIC + ISR
    xor     eax, eax
.look:
    or      eax, [rcx]
    add     ecx, 16
    cmp     ecx, LAPIC + ISR_END
    jb      .look
    test    eax, eax
    jz      .quiet
    ud2
.quiet:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
