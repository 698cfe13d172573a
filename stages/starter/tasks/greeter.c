/* Greets, has two numbers added by the task in Rust, and tells the task in assembly. */

#include "greeter.h"
#include "kpack.h"

int main(void)
{
    k_print(CAP_CONSOLE, "greeter     hello from C\n");
    Message message = { .words = 2, .word = { 20, 22 } };
    if (k_call(CAP_ADDER, &message) != STATUS_OK)
        return 1;
    k_print(CAP_CONSOLE, "greeter     Rust says ");
    k_print_decimal(CAP_CONSOLE, message.word[0]);
    k_print(CAP_CONSOLE, "\n");
    return k_call(CAP_START, &message) == STATUS_OK ? 0 : 2;
}
