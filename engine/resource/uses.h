/* SPDX-License-Identifier: Apache-2.0
 *
 * What an object names of others that it cannot begin without: its namespace, the definition of its kind, and the
 * ServiceAccounts, ConfigMaps, Secrets, volume claims and roles in its fields. By the names of fields, wherever they
 * stand, so that pod templates of custom resources count, too. A name may be of something that is nowhere. */
#ifndef KZ_RESOURCE_USES_H
#define KZ_RESOURCE_USES_H

#include "resource/id.h"
#include "value/value.h"

/* Calls found for each, some more than once. plural: of the object's kind, as the API server has it; "" unknown. The
 * identities are valid during the call. */
void kz_uses_each(const struct kz_id *id, struct kz_str plural, const struct kz_value *body,
                  void (*found)(void *arg, const struct kz_id *id), void *arg);

#endif
