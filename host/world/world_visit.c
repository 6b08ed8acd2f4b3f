/* SPDX-License-Identifier: Apache-2.0 */
#include "host/world/world_visit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host/world/world_card.h"

static bool tell(int told, uint8_t what)
{
    return write(told, &what, 1) == 1;
}

static bool visit_cards(const struct world_request *request, pid_t first, int told)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    int result = reader_service_open(&service);
    if (result == READER_DENIED)
        tell(told, WORLD_VISIT_DENIED);
    return result == 0 && tell(told, WORLD_SERVICE) &&
           world_await_cards(request, first, &service) == 0 && tell(told, WORLD_CARD) &&
           world_cards_answer(request, &service) && tell(told, WORLD_ANSWER);
}

pid_t world_send_visitor(const struct world_request *request, pid_t first, const char *service,
                         int told)
{
    pid_t starter = getpid();
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != starter)
        _exit(EXIT_FAILURE);
    setenv("PCSCLITE_CSOCK_NAME", service, true);
    _exit(visit_cards(request, first, told) ? EXIT_SUCCESS : EXIT_FAILURE);
}
