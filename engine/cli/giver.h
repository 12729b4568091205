/* SPDX-License-Identifier: Apache-2.0
 *
 * Gives a command to the daemon from wherever a kubeconfig works: as an annotation of a Module or Platform object
 * (report/wishes.h), and waits for the answer in its status. Needs no more than the right to read and patch those
 * two kinds in kzsync's namespace; that right is the access control. */
#ifndef KZ_CLI_GIVER_H
#define KZ_CLI_GIVER_H

#include "cli/app.h"
#include "report/wishes.h"

struct kz_giver;

#define KZ_OPT_PLATFORM                                                                                           \
    {"platform", 0, KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "platform, where a namespace has several"}

/* Reads which kinds there are and who we are. */
KZ_MUST_USE int kz_giver_open(struct kz_giver **out, const struct kz_args *args, struct kz_err *err);
void kz_giver_close(struct kz_giver *g); /* NULL is fine */
int kz_giver_end(struct kz_giver *g, int rc); /* closes; what a command returns with rc, or 130 */
struct kz_arena *kz_giver_arena(struct kz_giver *g); /* of all answers */
struct kz_str kz_giver_who(const struct kz_giver *g); /* user name, "" unknown */
int64_t kz_giver_now(const struct kz_giver *g);       /* wall ns */

/* The object that a command goes to: module "" is the platform. KZ_E_NOTFOUND with the nearest name. */
KZ_MUST_USE int kz_giver_find(const struct kz_value **obj, struct kz_giver *g, struct kz_str module,
                              struct kz_err *err);

/* One command to one object, until it is answered. */
struct kz_given {
    const struct kz_value *obj; /* of kz_giver_find, read before */
    enum kz_order order;
    struct kz_str text;         /* of the annotation; "" takes it off */
    struct kz_str result, message; /* the answer */
};
/* Writes the annotation. */
KZ_MUST_USE int kz_giver_give(struct kz_giver *g, const struct kz_given *given, struct kz_err *err);
/* Waits for an answer, at most so long; with `end` one that is not "taken". KZ_E_TIMEOUT: there was none. */
KZ_MUST_USE int kz_giver_await(struct kz_given *given, struct kz_giver *g, int64_t patience, bool end,
                               struct kz_err *err);
/* Prints the answer and returns the exit code that it stands for. refused: of an answer "refused". */
int kz_giver_tell(const struct kz_given *given, enum kz_exit refused);

/* Gives, waits ten seconds and tells. */
int kz_giver_do(struct kz_giver *g, struct kz_given *given, struct kz_err *err);

#endif
