/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/def.h"

#if defined(__SANITIZE_ADDRESS__)

void sim_scratch_use(void)
{
}

#else

enum { BLOCK = 8 << 20, ALIGN = 16 };

static _Alignas(ALIGN) char block[BLOCK];
static size_t used, pieces; /* of the block */

static void *take(size_t size)
{
    size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (need > BLOCK - used)
        return malloc(size);
    void *piece = &block[used];
    used += need;
    pieces++;
    return piece;
}

static bool is_ours(const void *p)
{
    return (const char *)p >= block && (const char *)p < block + BLOCK;
}

static void give_back(void *p)
{
    if (!is_ours(p)) {
        free(p);
        return;
    }
    if (--pieces == 0)
        used = 0;
}

void sim_scratch_use(void)
{
    json_set_alloc_funcs(take, give_back);
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 16 << 20);
}

#endif
