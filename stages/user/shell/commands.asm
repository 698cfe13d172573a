; The commands: their names, how many words they take, and what `help` says of them.
;
; `run_command` is called with a line's words at WORD_AT, at least one, and rbp = STATE.

const COMMAND_NAME = 0                  ; fields of an entry: the name, padded with zeros
const COMMAND_CODE = 8
const COMMAND_USE  = 16                 ; its use, a zero byte, and what it does
const COMMAND_LEAST = 24                ; how many arguments, at least and at most
const COMMAND_MOST = 25
const COMMAND_SIZE = 32
const HELP_COLUMN  = 18

run_command:
    mov     rsi, [rbp + WORD_AT]
    call    name_of
    lea     rbx, [rip + commands]
.next:
    mov     rax, [rbx + COMMAND_NAME]
    test    rax, rax
    jz      .unknown
    cmp     rax, [rbp + NAME]
    jne     .other
    cmp     qword ptr [rbp + NAME + 8], 0
    je      .found
.other:
    add     rbx, COMMAND_SIZE
    jmp     .next
.found:
    mov     eax, [rbp + WORD_COUNT]
    dec     eax
    cmp     al, [rbx + COMMAND_LEAST]
    jb      .wrong
    cmp     al, [rbx + COMMAND_MOST]
    ja      .wrong
    jmp     [rbx + COMMAND_CODE]
.wrong:
    lea     rsi, [rip + text_usage]
    call    add_text
    mov     rsi, [rbx + COMMAND_USE]
    call    add_text
    jmp     end_line
.unknown:
    mov     rsi, [rbp + WORD_AT]
    call    add_text
    lea     rsi, [rip + text_no_command]
    call    add_text
    jmp     end_line

do_help:
    lea     rax, [rip + commands]
    mov     [rbp + SCRATCH], rax
.next:
    mov     rbx, [rbp + SCRATCH]
    cmp     qword ptr [rbx + COMMAND_NAME], 0
    je      .done
    add     qword ptr [rbp + SCRATCH], COMMAND_SIZE
    mov     rsi, [rbx + COMMAND_USE]
    call    add_text
    push    rsi                         ; its end
    mov     edi, HELP_COLUMN
    call    pad
    pop     rsi
    inc     rsi
    call    add_text
    call    end_line
    jmp     .next
.done:
    ret

do_echo:
    mov     qword ptr [rbp + SCRATCH], 1
.next:
    mov     ecx, [rbp + SCRATCH]
    cmp     ecx, [rbp + WORD_COUNT]
    jae     end_line
    cmp     ecx, 1
    je      .one
    lea     rsi, [rip + text_blank]
    call    put_text
.one:
    mov     ecx, [rbp + SCRATCH]
    mov     rsi, [rbp + rcx * 8 + WORD_AT]
    call    put_text
    inc     qword ptr [rbp + SCRATCH]
    jmp     .next

    .align  8
commands:
    .ascii  "help\0\0\0\0"
    .quad   do_help, use_help
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "ps\0\0\0\0\0\0"
    .quad   do_ps, use_ps
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "mem\0\0\0\0\0"
    .quad   do_mem, use_mem
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "caps\0\0\0\0"
    .quad   do_caps, use_caps
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "irq\0\0\0\0\0"
    .quad   do_irq, use_irq
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "kill\0\0\0\0"
    .quad   do_kill, use_kill
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "restart\0"
    .quad   do_restart, use_restart
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "run\0\0\0\0\0"
    .quad   do_run, use_run
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "ipc\0\0\0\0\0"
    .quad   do_ipc, use_ipc
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "uptime\0\0"
    .quad   do_uptime, use_uptime
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "date\0\0\0\0"
    .quad   do_date, use_date
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "sleep\0\0\0"
    .quad   do_sleep, use_sleep
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "echo\0\0\0\0"
    .quad   do_echo, use_echo
    .byte   0, MOST_WORDS - 1, 0, 0, 0, 0, 0, 0
    .ascii  "cat\0\0\0\0\0"
    .quad   do_cat, use_cat
    .byte   1, 1, 0, 0, 0, 0, 0, 0
    .ascii  "ls\0\0\0\0\0\0"
    .quad   do_ls, use_ls
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "names\0\0\0"
    .quad   do_names, use_names
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "devices\0"
    .quad   do_devices, use_devices
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .ascii  "exit\0\0\0\0"
    .quad   do_exit, use_exit
    .byte   0, 0, 0, 0, 0, 0, 0, 0
    .quad   0

use_help:
    .asciz  "help", "this list"
use_ps:
    .asciz  "ps", "tasks: state, priority, CPU time, page frames, restarts"
use_mem:
    .asciz  "mem", "page frames and objects, used and in all"
use_caps:
    .asciz  "caps TASK", "what a task may name: its capabilities"
use_irq:
    .asciz  "irq", "device interrupts that tasks take"
use_kill:
    .asciz  "kill TASK", "end a task"
use_restart:
    .asciz  "restart TASK", "end a task and start it again"
use_run:
    .asciz  "run PROGRAM", "start a program of the boot modules"
use_ipc:
    .asciz  "ipc", "measure round trips between this task and pong"
use_uptime:
    .asciz  "uptime", "time since boot"
use_date:
    .asciz  "date", "date and time, as the CMOS clock has them"
use_sleep:
    .asciz  "sleep MS", "wait for so many milliseconds"
use_echo:
    .asciz  "echo [WORD]...", "print the words"
use_cat:
    .asciz  "cat FILE", "print a boot module"
use_ls:
    .asciz  "ls", "the boot modules"
use_names:
    .asciz  "names", "what the name service knows"
use_devices:
    .asciz  "devices", "what this console prints on and reads from"
use_exit:
    .asciz  "exit", "end this machine, if an emulator runs it"
