/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/version.h"

#include "base/semver.h"

enum { MINORS_BACK = 1 };

int kz_version_cmp(struct kz_str a, struct kz_str b)
{
    struct kz_semver x, y;
    const bool has_a = kz_semver_parse(&x, a), has_b = kz_semver_parse(&y, b);
    return has_a && has_b ? kz_semver_cmp(&x, &y) : (int)has_a - (int)has_b;
}

int kz_version_may_follow(struct kz_str own, struct kz_str writer, struct kz_str platform, struct kz_err *err)
{
    struct kz_semver o, w;
    if (!kz_semver_parse(&o, own) || !kz_semver_parse(&w, writer) || o.major > w.major ||
        (o.major == w.major && o.minor + MINORS_BACK >= w.minor))
        return 0;
    (void)kz_fail(err, KZ_E_CONFLICT, "this is kzsync " KZ_FMT ", too old for what kzsync " KZ_FMT
                  " wrote of platform " KZ_FMT, KZ_ARG(own), KZ_ARG(writer), KZ_ARG(platform));
    return kz_err_hint(err, "take at least %llu.%llu, or, knowing that it may misread the inventory, --allow-downgrade",
                       (unsigned long long)w.major, (unsigned long long)(w.minor > 0 ? w.minor - MINORS_BACK : 0));
}
