/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads cases from stdin, each ended by a NUL, and answers each with three fields ended by NULs: the
 * document as canonical JSON, and as YAML with sorted keys; what we refuse is "!" and the error. The third
 * is what go-yaml would say to the text, or empty. */
#include "template/goyaml.h"
#include "value/json.h"
#include "value/yaml.h"

static void answer(struct kz_str text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    kz_autobuf struct kz_buf out;
    struct kz_value *v;
    struct kz_str words, first;
    struct kz_err err;
    char line[2048];
    kz_buf_init(&out, (size_t)1 << 28);
    if (kz_yaml_read(&v, a, text, KZ_STR("case"), &err) < 0) {
        kz_buf_printf(&out, "!%s", kz_err_line(line, sizeof line, &err));
        kz_buf_putc(&out, '\0');
    } else {
        kz_json_write(&out, v, KZ_JSON_SORTED);
        kz_buf_putc(&out, '\0');
        kz_yaml_write(&out, v, KZ_YAML_SORTED);
    }
    kz_buf_putc(&out, '\0');
    if (kz_goyaml_error(&words, &first, a, text))
        kz_buf_add(&out, words.ptr, words.len);
    kz_buf_putc(&out, '\0');
    (void)fwrite(out.ptr, 1, out.len, stdout);
}

int main(void)
{
    char *text = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getdelim(&text, &room, '\0', stdin)) > 0;)
        answer(kz_str_n(text, (size_t)n - 1));
    free(text);
    return 0;
}
