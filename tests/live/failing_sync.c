/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: while the file named by GLASSHSM_FAILING_SYNC exists, no sync succeeds; each that
 * is asked for leaves a letter in the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int file);
int fdatasync(int file);

static int sync_or_fail(long call, int file)
{
    const char *path = getenv("GLASSHSM_FAILING_SYNC");
    int flag = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (flag < 0)
        return (int)syscall(call, file);
    int wrote = (int)write(flag, "s", 1);
    close(flag);
    errno = wrote == 1 ? EIO : EBADF;
    return -1;
}

int fsync(int file)
{
    return sync_or_fail(SYS_fsync, file);
}

int fdatasync(int file)
{
    return sync_or_fail(SYS_fdatasync, file);
}
