/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { TEXT_MAX = 63 };

static const uint8_t v4_head[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t nat64_head[12] = {0x00, 0x64, 0xff, 0x9b};

/* As IPv6, embedded IPv4 as ::ffff:a.b.c.d. */
static bool address_of(uint8_t out[16], const struct sockaddr *addr)
{
    if (addr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, addr, sizeof in);
        memcpy(out, v4_head, sizeof v4_head);
        memcpy(out + 12, &in.sin_addr, 4);
        return true;
    }
    if (addr->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, addr, sizeof in6);
    memcpy(out, &in6.sin6_addr, 16);
    if (memcmp(out, nat64_head, sizeof nat64_head) == 0)
        memcpy(out, v4_head, sizeof v4_head);
    return true;
}

static bool has(const struct kz_cidr *c, const uint8_t addr[16])
{
    unsigned whole = c->bits / 8, rest = c->bits % 8;
    if (memcmp(c->addr, addr, whole) != 0)
        return false;
    return rest == 0 || ((c->addr[whole] ^ addr[whole]) >> (8 - rest)) == 0;
}

int kz_cidr_parse(struct kz_cidr *out, struct kz_str text, struct kz_err *err)
{
    char host[TEXT_MAX + 1];
    struct kz_str name;
    struct kz_str tail = kz_str_cut(&name, text, '/');
    struct kz_cidr c = {.bits = 128};
    uint64_t bits = 0;
    bool v4 = kz_str_index(name, ':') == name.len;
    if (name.len == 0 || name.len > TEXT_MAX)
        return kz_fail(err, KZ_E_INVALID, "no address: '" KZ_FMT "'", KZ_ARG(kz_str_head(text, TEXT_MAX)));
    (void)snprintf(host, sizeof host, KZ_FMT, KZ_ARG(name));
    if (v4)
        memcpy(c.addr, v4_head, sizeof v4_head);
    bool ok = inet_pton(v4 ? AF_INET : AF_INET6, host, v4 ? c.addr + 12 : c.addr) == 1;
    if (ok && name.len < text.len) {
        ok = kz_str_u64(&bits, tail) && bits <= (v4 ? 32 : 128);
        c.bits = (v4 ? 96U : 0U) + (unsigned)bits;
    }
    if (!ok) {
        (void)kz_fail(err, KZ_E_INVALID, "no address: '" KZ_FMT "'", KZ_ARG(kz_str_head(text, TEXT_MAX)));
        return kz_err_hint(err, "write it like 10.0.0.0/8, fd00::/8 or 10.1.2.3");
    }
    *out = c;
    return 0;
}

bool kz_cidr_has(const struct kz_cidr *c, const struct sockaddr *addr)
{
    uint8_t at[16];
    return address_of(at, addr) && has(c, at);
}

bool kz_cidr_is_inner(const struct sockaddr *addr)
{
    static const struct kz_cidr inner[] = {
        {{[10] = 0xff, [11] = 0xff, 0}, 96 + 8},                  /* 0.0.0.0/8: this host */
        {{[10] = 0xff, [11] = 0xff, 127}, 96 + 8},                /* loopback */
        {{[10] = 0xff, [11] = 0xff, 169, 254}, 96 + 16},          /* link-local, and metadata of most clouds */
        {{[10] = 0xff, [11] = 0xff, 224}, 96 + 3},                /* multicast, reserved, broadcast */
        {{[10] = 0xff, [11] = 0xff, 100, 100, 100, 200}, 128},    /* metadata of Alibaba */
        {{[10] = 0xff, [11] = 0xff, 168, 63, 129, 16}, 128},      /* of Azure */
        {{[10] = 0xff, [11] = 0xff, 192, 0, 0, 192}, 128},        /* of Oracle */
        {{0}, 127},                                               /* :: and ::1 */
        {{0xfe, 0x80}, 10},                                       /* link-local */
        {{0xff}, 8},                                              /* multicast */
        {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}, 128}, /* metadata of AWS */
    };
    uint8_t at[16];
    if (!address_of(at, addr))
        return true;
    for (size_t i = 0; i < kz_countof(inner); i++)
        if (has(&inner[i], at))
            return true;
    return false;
}

const char *kz_cidr_address(char *buf, size_t size, const struct sockaddr *addr)
{
    uint8_t at[16];
    bool ok = address_of(at, addr);
    bool v4 = ok && memcmp(at, v4_head, sizeof v4_head) == 0;
    if (!ok || inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? at + 12 : at, buf, (socklen_t)size) == NULL)
        (void)snprintf(buf, size, "an address of family %d", addr->sa_family);
    return buf;
}
