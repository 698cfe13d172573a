; Uses each of the HANDLES numbers at `handles`, which the test writes behind this, in every place of
; every call where a handle stands, and notes the four results in a shared page, a byte each:
;       CALL, MAP as frame, UNMAP, MAP as space
; A mapping that is made is taken away again.

const PAGE    = User.DEVICES
const SOMEWHERE = 0x7f0000
const RESULTS = 4

forger:
    mov     edi, cap.page
    mov     esi, cap.self
    mov     edx, PAGE
    mov     r8d, FrameRights.read | FrameRights.write
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    push    0
.next:
    xor     eax, eax                    ; Call.CALL, no words
    call    use
    mov     [rcx], al
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    call    use
    mov     [rcx + 1], al
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    call    use
    mov     [rcx + 2], al
    mov     rax, [rsp]
    lea     rcx, [rip + handles]
    mov     rsi, [rcx + rax * 8]
    mov     edi, cap.spare
    mov     edx, SOMEWHERE
    mov     r8d, FrameRights.read
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    syscall
    call    note
    mov     [rcx + 3], al
    mov     edi, cap.spare
    mov     eax, Call.UNMAP << Abi.NUMBER_SHIFT
    syscall
    inc     qword ptr [rsp]
    cmp     qword ptr [rsp], HANDLES
    jb      .next
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall

; Makes the call in eax with the present handle; rcx = where its results are noted, al = its status.
use:
    mov     rdx, [rsp + 8]
    lea     rcx, [rip + handles]
    mov     rdi, [rcx + rdx * 8]
    mov     esi, cap.self
    mov     edx, SOMEWHERE
    mov     r8d, FrameRights.read
    syscall
note:
    shr     eax, Abi.STATUS_SHIFT
    mov     ecx, PAGE
    mov     rdx, [rsp + 8]
    lea     rcx, [rcx + rdx * RESULTS]
    ret
