; What the shell says.

const RESULTS  = 10                     ; entries of result_texts
const STATUSES = 26                     ; of status_names
const STATES   = 10                     ; of state_names
const TYPES    = 10                     ; of type_names and rights_names

text_welcome:
    .asciz  "shell       help lists the commands; exit or Ctrl-D ends the machine"
text_prompt:
    .asciz  "kpack> "
text_exit:
    .asciz  "exit"
text_usage:
    .asciz  "usage: "
text_too_many:
    .asciz  "more words than "
text_no_command:
    .asciz  ": no such command; help lists them"
text_no_answer:
    .asciz  " does not answer: "
text_colon:
    .asciz  ": "
text_colon_close:
    .asciz  ":"
text_blank:
    .asciz  " "
text_zero:
    .asciz  "0"
text_point:
    .asciz  "."
text_dash:
    .asciz  "-"
text_comma:
    .asciz  ", "
text_result:
    .asciz  "result "
text_ps:
    .asciz  "TASK             STATE       PRIORITY      CPU MS   FRAMES  RESTARTS"
text_caps:
    .asciz  "SLOT  TYPE          RIGHTS                        BADGE"
text_irq:
    .asciz  "LINE             COUNT"
text_masked:
    .asciz  "masked"
text_frames:
    .asciz  "frames   "
text_objects:
    .asciz  "objects  "
text_of:
    .asciz  " of "
text_used:
    .asciz  " used"
text_mib_free:
    .asciz  " MiB free"
text_screen:
    .asciz  "screen    "
text_com1:
    .asciz  "COM1      "
text_keyboard:
    .asciz  "keyboard  "
text_there:
    .asciz  "yes"
text_not_there:
    .asciz  "no"
text_up:
    .asciz  "up "
text_s:
    .asciz  " s"
text_no_clock:
    .asciz  "no date: there is no CMOS clock, or it keeps no time"
text_no_number:
    .asciz  ": not a number of milliseconds up to 1000000000"
text_round_trips:
    .asciz  " round trips in "
text_at_best:
    .asciz  " s; at best "
text_instructions:
    .asciz  " instructions each"
text_nanoseconds:
    .asciz  " ns each"
text_ticks:
    .asciz  " ticks of the TSC each"
text_pong:
    .asciz  "pong does not answer: "
text_no_exit:
    .asciz  "no emulator ends this machine: switch it off"
text_program:
    .asciz  "program"
text_file:
    .asciz  "file"

    .align  8
result_texts:                           ; by Result
    .quad   text_ok, text_unknown_request, text_not_found, text_exists, text_absent
    .quad   text_no_room, text_refused, text_bad_argument, text_nothing, text_no_program
text_ok:
    .asciz  "done"
text_unknown_request:
    .asciz  "that service does not do this"
text_not_found:
    .asciz  "not found"
text_exists:
    .asciz  "is there already"
text_absent:
    .asciz  "this machine does not have it"
text_no_room:
    .asciz  "there is no room for it"
text_refused:
    .asciz  "refused: "
text_bad_argument:
    .asciz  "this can't be asked for"
text_nothing:
    .asciz  "there is nothing"
text_no_program:
    .asciz  "is in the image alone: there is nothing to start it from"

status_names:                           ; by Status, TEXT_SIZE bytes each
    .ascii  "OK\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "BAD_CALL\0\0\0\0\0\0\0\0"
    .ascii  "BAD_HANDLE\0\0\0\0\0\0"
    .ascii  "EMPTY\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "WRONG_TYPE\0\0\0\0\0\0"
    .ascii  "DEAD\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "NO_RIGHT\0\0\0\0\0\0\0\0"
    .ascii  "BAD_ARGUMENT\0\0\0\0"
    .ascii  "BAD_ADDRESS\0\0\0\0\0"
    .ascii  "WOULD_BLOCK\0\0\0\0\0"
    .ascii  "TIMED_OUT\0\0\0\0\0\0\0"
    .ascii  "ABORTED\0\0\0\0\0\0\0\0\0"
    .ascii  "ABANDONED\0\0\0\0\0\0\0"
    .ascii  "CYCLE\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "TOO_DEEP\0\0\0\0\0\0\0\0"
    .ascii  "NO_CALLER\0\0\0\0\0\0\0"
    .ascii  "GONE\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "OWES_REPLY\0\0\0\0\0\0"
    .ascii  "SLOT_BUSY\0\0\0\0\0\0\0"
    .ascii  "NO_QUOTA\0\0\0\0\0\0\0\0"
    .ascii  "NO_CONTIGUOUS\0\0\0"
    .ascii  "W_XOR_X\0\0\0\0\0\0\0\0\0"
    .ascii  "MAPPED\0\0\0\0\0\0\0\0\0\0"
    .ascii  "BAD_STATE\0\0\0\0\0\0\0"
    .ascii  "PRIORITY\0\0\0\0\0\0\0\0"
    .ascii  "AGAIN\0\0\0\0\0\0\0\0\0\0\0"
state_names:                            ; by ThreadState, likewise
    .ascii  "ready\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "receiving\0\0\0\0\0\0\0"
    .ascii  "reply wait\0\0\0\0\0\0"
    .ascii  "sending\0\0\0\0\0\0\0\0\0"
    .ascii  "waiting\0\0\0\0\0\0\0\0\0"
    .ascii  "stopped\0\0\0\0\0\0\0\0\0"
    .ascii  "exited\0\0\0\0\0\0\0\0\0\0"
    .ascii  "faulted\0\0\0\0\0\0\0\0\0"
    .ascii  "dying\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "sleeping\0\0\0\0\0\0\0\0"
type_names:                             ; by ObjectType, likewise
    .ascii  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "Thread\0\0\0\0\0\0\0\0\0\0"
    .ascii  "Space\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "Endpoint\0\0\0\0\0\0\0\0"
    .ascii  "Notification\0\0\0\0"
    .ascii  "Frame\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "Irq\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "IoPorts\0\0\0\0\0\0\0\0\0"
    .ascii  "Hardware\0\0\0\0\0\0\0\0"
    .ascii  "Reply\0\0\0\0\0\0\0\0\0\0\0"
rights_names:                           ; by ObjectType, RIGHTS_EACH of RIGHT_SIZE bytes, from bit 0 on
    .ascii  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "read\0\0\0\0write\0\0\0control\0\0\0\0\0\0\0\0\0"
    .ascii  "map\0\0\0\0\0caps\0\0\0\0control\0\0\0\0\0\0\0\0\0"
    .ascii  "call\0\0\0\0grant\0\0\0control\0\0\0\0\0\0\0\0\0"
    .ascii  "signal\0\0control\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "read\0\0\0\0write\0\0\0execute\0control\0"
    .ascii  "ack\0\0\0\0\0control\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "use\0\0\0\0\0control\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "control\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
service_names:                          ; handle, and name in TEXT_SIZE bytes
    .long   cap.console
    .ascii  "console\0\0\0\0\0\0\0\0\0"
    .long   cap.supervisor
    .ascii  "supervisor\0\0\0\0\0\0"
    .long   cap.clock
    .ascii  "clock\0\0\0\0\0\0\0\0\0\0\0"
    .long   cap.names
    .ascii  "names\0\0\0\0\0\0\0\0\0\0\0"
    .long   cap.files
    .ascii  "files\0\0\0\0\0\0\0\0\0\0\0"
