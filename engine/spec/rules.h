/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules between the fields of one map ("exactly one of path, chart, git") and of texts with a grammar
 * of their own. Named by the rows of the option tables; a rule of a list is called for each item. */
#ifndef KZ_SPEC_RULES_H
#define KZ_SPEC_RULES_H

#include "value/value.h"

int kz_rule_api_version(const struct kz_value *v, struct kz_err *err);
int kz_rule_automatic(const struct kz_value *v, struct kz_err *err);
int kz_rule_count(const struct kz_value *v, struct kz_err *err);
int kz_rule_depend(const struct kz_value *v, struct kz_err *err);
int kz_rule_edition(const struct kz_value *v, struct kz_err *err);
int kz_rule_entry(const struct kz_value *v, struct kz_err *err);
int kz_rule_gate(const struct kz_value *v, struct kz_err *err);
int kz_rule_health(const struct kz_value *v, struct kz_err *err);
int kz_rule_ignore(const struct kz_value *v, struct kz_err *err);
int kz_rule_operation(const struct kz_value *v, struct kz_err *err);
int kz_rule_patch(const struct kz_value *v, struct kz_err *err);
int kz_rule_regex(const struct kz_value *v, struct kz_err *err);
int kz_rule_release(const struct kz_value *v, struct kz_err *err);
int kz_rule_retry(const struct kz_value *v, struct kz_err *err);
int kz_rule_source(const struct kz_value *v, struct kz_err *err);
int kz_rule_tenant(const struct kz_value *v, struct kz_err *err);
int kz_rule_tenant_kinds(const struct kz_value *v, struct kz_err *err);
int kz_rule_test(const struct kz_value *v, struct kz_err *err);
int kz_rule_values_from(const struct kz_value *v, struct kz_err *err);
int kz_rule_zone(const struct kz_value *v, struct kz_err *err);
int kz_rule_window(const struct kz_value *v, struct kz_err *err);

#endif
