/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the table of actions of docs/AUDIT.md from the registry. A test compares. */
#include <stdio.h>

#include "formats/audit_record.h"

int main(void)
{
    puts("| number | action | forced audit | log verify |\n|---|---|---|---|");
    for (int number = 1; number < 65536; number++) {
        const struct audit_traits *traits = audit_traits_of((enum audit_action)number);
        if (traits->text)
            printf("| %d | %s | %s | %s |\n", number, traits->text,
                   traits->quota == AUDIT_AUDITED ? "counts" : "",
                   traits->notice == AUDIT_NOTABLE ? "notable" : "");
    }
    return ferror(stdout) ? 1 : 0;
}
