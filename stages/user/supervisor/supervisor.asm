; The supervisor, the root task: told of the faults and exits of its wards, it says on the console what happened,
; starts them again as the manifest has it, and answers SupervisorRequest.
;
; Starts with an empty stack and no arguments. Its wards are those of the Roster at User.ROSTER, which the packer
; fills: tasks of the image, and programs among the boot modules, of which it makes a Space each. It waits only
; to receive, and no longer than until the next ward is due to be started again.
;
; A system call keeps only rsp. What is remembered lies at STATE, and `kernel` sets rbp to it again after each.
; WARD is the ward that most routines are about; their other arguments are in registers, which they do not keep.
;
; What a run is to show is judged elsewhere, by `begin`, `judge_fault`, `judge_exit` and `judge_report`: in
; demonstration.asm, or in plain.asm for a run that shows nothing.

const ROSTER     = User.ROSTER
const DIRECTORY  = User.MODULES

const MOST_UNSAID = 8                   ; messages that are kept for a console

const WARDS      = 0                    ; a WardState each
const OWNERS     = RosterLimit.WARDS * WardState.size   ; a byte for each slot of its table: who has it
const IRQS       = OWNERS + RosterLimit.SLOTS   ; handles of the interrupts that programs take, by line
const MESSAGE    = IRQS + RosterLimit.LINES * 4 ; what was received: the first nine words
const BADGE      = MESSAGE + 9 * 8
const WARD       = BADGE + 8         ; whom this is about, from 0
const CALLER     = WARD + 8          ; who asks, from 0; -1: nobody that it looks after
const STATUS     = CALLER + 8        ; why the kernel refused
const PROGRAM    = STATUS + 8        ; loader.asm: the Program
const COUNT      = PROGRAM + 8       ; its segment or capability, from 0
const ADDRESS    = COUNT + 8         ; where the next page goes
const SOURCE     = ADDRESS + 8       ; what is copied there
const COPIED     = SOURCE + 8        ; how many bytes of that are left
const PAGES      = COPIED + 8        ; how many pages are left
const RIGHTS     = PAGES + 8         ; of their mapping
const FRAME      = RIGHTS + 8        ; handle of the page
const MISSING    = FRAME + 8         ; how many capabilities could not be given
const FROM_DEVICE = MISSING + 8      ; 1: SOURCE is where a device has the pages
const GRANT      = FROM_DEVICE + 8   ; granted.asm: the Grant
const RENEWED    = GRANT + 8         ; who was started again, from 0
const UNHEARD    = RENEWED + 8       ; 1: the console did not answer; wards may have ended meanwhile
const UNSAID_COUNT = UNHEARD + 8     ; reports.asm: messages that the console has not taken
const UNSAID     = UNSAID_COUNT + 8
const JUDGED     = UNSAID + MOST_UNSAID * Abi.REGISTER_WORDS * 8       ; for whoever judges
const STATE_SIZE = JUDGED + 8 * 8
const STATE      = User.STACK_TOP - STATE_SIZE

const FREE       = 0                    ; in OWNERS; else a ward's place, from 1
const FIXED      = 0xff                 ; what the packer put there

supervisor:
    mov     esp, STATE
    mov     ebp, STATE
    mov     edi, STATE
    mov     ecx, STATE_SIZE / 8
    xor     eax, eax
    rep stosq
    call    adopt
    lea     rsi, [rip + text_hello]
    call    add_text
    call    say
    call    begin
receive:
    call    next_due
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
received:
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .overdue
    mov     [rbp + MESSAGE + 0 * 8], rsi
    mov     [rbp + MESSAGE + 1 * 8], rdx
    mov     [rbp + MESSAGE + 2 * 8], r8
    mov     [rbp + MESSAGE + 3 * 8], r9
    mov     [rbp + MESSAGE + 4 * 8], r10
    mov     [rbp + MESSAGE + 5 * 8], rbx
    mov     [rbp + MESSAGE + 6 * 8], r12
    mov     [rbp + MESSAGE + 7 * 8], r13
    mov     [rbp + MESSAGE + 8 * 8], r14
    mov     [rbp + BADGE], rdi
    movzx   ebx, ah
    call    find_by_badge
    mov     [rbp + CALLER], rcx
    cmp     ebx, Kind.FAULT
    je      ended
    cmp     ebx, Kind.CALL
    je      asked
    jmp     receive                     ; it wants no answer
.overdue:
    call    look_after
    call    start_overdue
    jmp     receive

; Answers with the eax words in the message registers, and receives. All ten travel, so the others become 0.
answer:
    call    next_due
    movzx   ecx, al
    add     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    jmp     [rcx * 8 + word_clearing]
.from_1:
    xor     edx, edx
.from_2:
    xor     r8d, r8d
.from_3:
    xor     r9d, r9d
.from_4:
    xor     r10d, r10d
.from_5:
    xor     ebx, ebx
.from_6:
    xor     r12d, r12d
.from_7:
    xor     r13d, r13d
.from_8:
    xor     r14d, r14d
    xor     ebp, ebp
    jmp     received

    .align  8
word_clearing:                          ; by the number of words that there are; never 0
    .quad   0, answer.from_1, answer.from_2, answer.from_3, answer.from_4
    .quad   answer.from_5, answer.from_6, answer.from_7, answer.from_8

; A system call. ZF set: it succeeded; else STATUS is why not. rbp is STATE again.
kernel:
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jz      .done
    push    rax
    shr     eax, Abi.STATUS_SHIFT
    movzx   eax, al
    mov     [rbp + STATUS], rax
    pop     rax
    test    eax, Abi.STATUS_MASK
.done:
    ret

; Returns rax = the time in ns since boot.
now:
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    mov     rax, rsi
    ret

; Returns r15 = when the next ward is due to be started again; 0, which does not wait, when wards are to be looked
; after. Keeps the words of a message, and eax.
next_due:
    xor     r15d, r15d
    mov     edi, STATE
    cmp     qword ptr [rdi + UNHEARD], 0
    jne     .done
    mov     r15, Abi.FOREVER
    mov     edi, STATE + WARDS
    mov     ecx, RosterLimit.WARDS
.next:
    mov     r11, [rdi + WardState.due]
    test    r11, r11
    jz      .other
    cmp     r11, r15
    cmovb   r15, r11
.other:
    add     rdi, WardState.size
    dec     ecx
    jnz     .next
.done:
    ret

; Starts every ward again whose time has come.
start_overdue:
    mov     qword ptr [rbp + WARD], 0
.next:
    call    now
    call    ward
    mov     rcx, [rsi + WardState.due]
    test    rcx, rcx
    jz      .other
    cmp     rcx, rax
    ja      .other
    call    start_again
.other:
    inc     qword ptr [rbp + WARD]
    mov     eax, ROSTER
    mov     eax, [rax + Roster.count]
    cmp     [rbp + WARD], rax
    jb      .next
    ret
