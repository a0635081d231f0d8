/* SPDX-License-Identifier: MIT */
#include <joinmem.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    jm_handle memory = jm_local_create(1 << 20);
    if (memory == JM_INVALID_HANDLE) {
        fprintf(stderr, "%s\n", jm_last_error_message());
        return 1;
    }
    memset(jm_get(memory, 0), 1, 1 << 20);
    puts(jm_version_string());
    return jm_close(memory) == 0 ? 0 : 1;
}
