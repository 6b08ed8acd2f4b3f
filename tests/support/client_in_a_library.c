/* SPDX-License-Identifier: Apache-2.0 */
/* A shared library on host/client/, as another program would load it: it gives out one function. */
#include "host/client/reader.h"

__attribute__((visibility("default"))) int client_in_a_library(void);

int client_in_a_library(void)
{
    struct reader_service service;
    int r = reader_service_open(&service);
    if (r == 0)
        reader_service_close(&service);
    return r;
}
