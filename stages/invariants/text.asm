; What the debug build says of an invariant that does not hold.

text_i1:
    .asciz  "invariant I1: one right to reply for each thread that waits for one"
text_i2:
    .asciz  "invariant I2: who is sending is in its partner's queue, once"
text_i3:
    .asciz  "invariant I3: nobody waits for itself"
text_i4:
    .asciz  "invariant I4: nobody waits for what is there"
text_i7:
    .asciz  "invariant I7: no Space uses more than its budget"
text_i8:
    .asciz  "invariant I8: no Frame is both writable and executable"
text_i9:
    .asciz  "invariant I9: the highest ready thread runs"
text_i10:
    .asciz  "invariant I10: who has a deadline is in the heap, in order"
text_keys:
    .asciz  "invariant: a key stands for a plain wait"
text_rank:
    .asciz  "invariant I9: a thread's rank is that of whom it serves"
text_queue:
    .asciz  "invariant: a queued thread is ready, in the queue of its rank"
text_map:
    .asciz  "invariant: count, bitmap and highest rank are those of the queues"
text_payer:
    .asciz  "invariant: who pays is whom the running thread works for"
text_special:
    .asciz  "invariant: who runs has its ports, vector registers, bases and breakpoints"
text_armed:
    .asciz  "invariant: the timer runs while a thread is queued"
