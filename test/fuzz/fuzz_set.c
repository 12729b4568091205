/* SPDX-License-Identifier: Apache-2.0
 *
 * The --set family: any text gives values or an error. The first byte chooses which of the five. */
#include "fuzz.h"

#include "helm/set.h"
#include "value/json.h"

static int no_file(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err)
{
    (void)arg;
    (void)err;
    *out = name;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 31);
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)256 << 20);
    struct kz_value *v;
    struct kz_err err = {0};
    if (size == 0)
        return 0;
    kz_assert(kz_json_read(&v, a, KZ_STR("{\"a\":{\"b\":[1,{\"c\":2}]},\"s\":\"x\",\"n\":null}"),
                           KZ_STR("base"), &err) == 0);
    if (kz_set_parse(v, a, (enum kz_set_kind)(data[0] % 5),
                     kz_str_n((const char *)data + 1, size - 1), no_file, NULL, &err) < 0)
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
    kz_json_write(&b, v, KZ_JSON_SORTED);
    return 0;
}
