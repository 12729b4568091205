/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that have hurt others: unbounded copies, hidden state, a shell. Using one does not
 * compile. System headers that declare them are included first, so only calls are caught. */
#ifndef KZ_BASE_BANNED_H
#define KZ_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KZ_BANNED(name) kz_##name##_is_banned_see_base_banned_h

#undef strcpy
#define strcpy(...) KZ_BANNED(strcpy)
#undef strcat
#define strcat(...) KZ_BANNED(strcat)
#undef strncpy
#define strncpy(...) KZ_BANNED(strncpy)
#undef strncat
#define strncat(...) KZ_BANNED(strncat)
#undef sprintf
#define sprintf(...) KZ_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) KZ_BANNED(vsprintf)
#undef strtok
#define strtok(...) KZ_BANNED(strtok)
#undef atoi
#define atoi(...) KZ_BANNED(atoi)
#undef atol
#define atol(...) KZ_BANNED(atol)
#undef gmtime
#define gmtime(...) KZ_BANNED(gmtime)
#undef localtime
#define localtime(...) KZ_BANNED(localtime)
#undef system
#define system(...) KZ_BANNED(system)
#undef popen
#define popen(...) KZ_BANNED(popen)

#endif
