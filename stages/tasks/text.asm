; What the tasks stage prints.

text_tasks:
    .asciz  "tasks       "
text_tasks_spaces:
    .asciz  " threads, each in an address space of its own\n"
