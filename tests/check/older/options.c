/* SPDX-License-Identifier: MIT */
/* Built with a joinmem.h whose jm_options ends earlier. The struct lies at the very end of a page, and the next page is
 * not mapped, so that a library that reads or writes beyond struct_size crashes here. */
#define _GNU_SOURCE
#include <joinmem.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *before_a_guard(size_t size)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || munmap(pages + page, page) != 0 ||
        mmap(pages + page, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        return NULL;
    return pages + page - size;
}

int main(void)
{
    jm_options *options = before_a_guard(sizeof *options);
    jm_handle memory;
    if (options == NULL)
        return 2;
    memset(options, 0xff, sizeof *options);
    if (jm_options_init(options, sizeof *options) != 0 || options->struct_size != sizeof *options) {
        printf("jm_options_init: %s\n", jm_last_error_message());
        return 1;
    }
    options->huge = JM_HUGE_NEVER;
    memory = jm_local_create_with(8192, options);
    if (memory == JM_INVALID_HANDLE) {
        printf("jm_local_create_with: %s\n", jm_last_error_message());
        return 1;
    }
    memset(jm_get(memory, 0), 1, 8192);
    printf("%u bytes of options\n", (unsigned) sizeof *options);
    return jm_size(memory) == 8192 && jm_close(memory) == 0 ? 0 : 1;
}
