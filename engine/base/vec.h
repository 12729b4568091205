/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing array of any type on the heap: declare KZ_VEC(struct x) name = {0}; free with kz_vec_done.
 * Pointers into it are valid until the next push. Memory running out is a bug of sizing: it aborts. */
#ifndef KZ_BASE_VEC_H
#define KZ_BASE_VEC_H

#include "base/def.h"

#define KZ_VEC(type)                                                                               \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len, cap;                                                                           \
    }

/* Grows an array of elements of `size` bytes so that one more fits; aborts when memory ends. */
void *kz_vec_grow_(void *at, size_t *cap, size_t len, size_t size);

#define kz_vec_push(v, item)                                                                       \
    do {                                                                                           \
        if ((v)->len == (v)->cap)                                                                  \
            (v)->at = kz_vec_grow_((v)->at, &(v)->cap, (v)->len, sizeof *(v)->at);                 \
        (v)->at[(v)->len++] = (item);                                                              \
    } while (0)
#define kz_vec_done(v)                                                                             \
    do {                                                                                           \
        free((v)->at);                                                                             \
        (v)->at = NULL;                                                                            \
        (v)->len = (v)->cap = 0;                                                                   \
    } while (0)
/* Removes the element at index i; the last one takes its place. */
#define kz_vec_swap_out(v, i)  ((v)->at[(i)] = (v)->at[--(v)->len])

#endif
