/* SPDX-License-Identifier: Apache-2.0
 *
 * The --set family: "a.b=1,c[0]={x,y}" written into a map of values. Types and errors are Helm's. */
#ifndef KZ_HELM_SET_H
#define KZ_HELM_SET_H

#include "value/value.h"

enum kz_set_kind {
    KZ_SET_JSON,    /* --set-json: values are JSON */
    KZ_SET_TYPED,   /* --set: true, false, null and integers are what they look like */
    KZ_SET_STRING,  /* --set-string */
    KZ_SET_FILE,    /* --set-file: values are names of files */
    KZ_SET_LITERAL, /* --set-literal: one value, no escapes */
};

enum { KZ_SET_INDEX = 65536, KZ_SET_NESTING = 30, KZ_SET_BRACKETS = 1000 };

/* Gives the content of a file that --set-file names. */
typedef int (*kz_set_read)(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err);

/* Parses text into the map, which changes in place; on failure it may hold a part of it. read is for
 * KZ_SET_FILE alone. Keys and values are copied into the arena. */
KZ_MUST_USE int kz_set_parse(struct kz_value *into, struct kz_arena *a, enum kz_set_kind kind,
                             struct kz_str text, kz_set_read read, void *arg, struct kz_err *err);

#endif
