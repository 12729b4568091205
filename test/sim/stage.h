/* SPDX-License-Identifier: Apache-2.0
 *
 * A small platform whose whole story is scripted: three modules, each of five ConfigMaps, a Deployment and a Job, one
 * process, no faults but those that are asked for. Incidents and the sweep are played on it. */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "people.h"
#include "schedule.h"

enum { STAGE_MODULES = 3, STAGE_MAPS = 5, STAGE_APP = STAGE_MAPS, STAGE_JOB };

struct sim_stage {
    struct sim_world w;
    struct sim_faults faults;
    struct sim_api api;
    struct sim_model model;
    struct sim_check check;
    struct sim_asks asks;
    struct sim_process process;
    struct sim_people people; /* with policy */
    unsigned lives;
    struct kz_map uids; /* key -> object, as of the last remember */
};

/* With the first commit made and the process started. policy: the platform has windows, and people wish things. */
void stage_begin(struct sim_stage *s, uint64_t seed, bool trace, bool policy);
void stage_end(struct sim_stage *s, struct sim_result *out);

/* ---- what happens ---- */
void stage_pass(struct sim_stage *s, int seconds);
struct sim_commit *stage_commit(struct sim_stage *s); /* the next one, with the modules of the one before */
struct sim_mdef *stage_define(struct sim_stage *s, const struct sim_mdef *old); /* NULL: a new one, without objects */
struct sim_mdef *stage_change(struct sim_stage *s, struct sim_commit *c, size_t module);
void stage_add(struct sim_stage *s, struct sim_mdef *d, enum sim_okind kind, const char *group, const char *name, struct kz_str as);
void stage_touch(struct sim_stage *s, struct sim_mdef *d, size_t object);

/* ---- what is expected ---- */
void stage_expect(struct sim_stage *s, bool holds, const char *what);
const struct sim_object *stage_live(const struct sim_stage *s, const char *key); /* NULL: is not */
void stage_remember(struct sim_stage *s);
/* Is every object of the platform that was there then still the same one, but for `except`? */
bool stage_all_stand(const struct sim_stage *s, const char *except);
bool stage_is_newest(const struct sim_stage *s, size_t module, size_t object);
enum kz_word stage_word(const struct sim_stage *s, const char *module);

#endif
