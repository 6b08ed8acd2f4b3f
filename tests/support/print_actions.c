/* Prints the table of actions of docs/AUDIT.md from the registry. A test compares. */
#include <stdio.h>

#include "formats/audit_record.h"

int main(void)
{
    puts("| number | action |\n|---|---|");
    for (int number = 1; number < 65536; number++)
        if (audit_action_text((enum audit_action)number))
            printf("| %d | %s |\n", number, audit_action_text((enum audit_action)number));
    return ferror(stdout) ? 1 : 0;
}
