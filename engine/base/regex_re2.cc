/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_re2.h"

#include <cstdio>
#include <new>
#include <re2/re2.h>

namespace {
enum { max_parts = 64 };

RE2::Options options()
{
    RE2::Options o(RE2::Quiet);
    o.set_max_mem(32 << 20);
    return o;
}

/* The same mistakes in Go's words. */
const char *in_go(RE2::ErrorCode code)
{
    switch (code) {
    case RE2::ErrorBadEscape: return "invalid escape sequence";
    case RE2::ErrorBadCharClass: return "invalid character class";
    case RE2::ErrorBadCharRange: return "invalid character class range";
    case RE2::ErrorMissingBracket: return "missing closing ]";
    case RE2::ErrorMissingParen: return "missing closing )";
    case RE2::ErrorUnexpectedParen: return "unexpected )";
    case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize: return "invalid repeat count";
    case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8: return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture: return "invalid named capture";
    case RE2::ErrorPatternTooLarge: return "expression too large";
    default: return "internal error";
    }
}

RE2 *impl(const kz_re2 *re)
{
    return reinterpret_cast<RE2 *>(const_cast<kz_re2 *>(re));
}
} // namespace

kz_re2 *kz_re2_new(const char *pattern, size_t len, char *error, size_t size)
{
    RE2 *re = new (std::nothrow) RE2(re2::StringPiece(pattern, len), options());
    if (re == nullptr)
        return nullptr;
    if (!re->ok()) {
        (void)std::snprintf(error, size, "error parsing regexp: %s: `%s`", in_go(re->error_code()),
                            re->error_arg().c_str());
        delete re;
        return nullptr;
    }
    return reinterpret_cast<kz_re2 *>(re);
}

void kz_re2_free(kz_re2 *re)
{
    delete impl(re);
}

int kz_re2_groups(const kz_re2 *re)
{
    return impl(re)->NumberOfCapturingGroups();
}

int kz_re2_group(const kz_re2 *re, const char *name, size_t len)
{
    const auto &names = impl(re)->NamedCapturingGroups();
    const auto at = names.find(std::string(name, len));
    return at == names.end() ? -1 : at->second;
}

int kz_re2_find(const kz_re2 *re, const char *text, size_t len, size_t from, kz_re2_part *parts, int n)
{
    re2::StringPiece found[max_parts];
    if (n > max_parts)
        n = max_parts;
    if (!impl(re)->Match(re2::StringPiece(text, len), from, len, RE2::UNANCHORED, found, n))
        return 0;
    for (int i = 0; i < n; i++)
        parts[i] = kz_re2_part{found[i].data(), found[i].size()};
    return 1;
}
