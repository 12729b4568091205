/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/ownership.h"

#include "fixture.h"

#define OURS "{'manager':'kzsync','operation':'Apply','apiVersion':'apps/v1','fieldsV1':"
#define HPA                                                                                        \
    "{'manager':'hpa','operation':'Update','apiVersion':'apps/v1','subresource':'scale',"          \
    "'fieldsV1':{'f:spec':{'f:replicas':{}}}}"

/* A Deployment with `fields` owned by us, `more` managers and this spec. */
static struct kz_value *live(struct kz_arena *a, const char *fields, const char *more,
                             const char *spec)
{
    struct kz_str s = kz_str_printf(a,
                                    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name'"
                                    ":'d','managedFields':[" OURS "%s}%s]},'spec':%s}",
                                    fields, more, spec);
    return doc(a, s.ptr);
}

#define CONTAINER(fields) "{'f:spec':{'f:containers':{'k:{\\\"name\\\":\\\"c\\\"}':" fields "}}}"

Test(ownership, hash_moves_with_our_fields_only)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const struct {
        const char *name;
        const char *fields, *more, *spec;    /* before */
        const char *fields2, *more2, *spec2; /* after */
        bool same;
    } table[] = {
        {"same",                                "{'f:spec':{'f:replicas':{}}}",               "", "{'replicas':2}",
         "{'f:spec':{'f:replicas':{}}}",                                                                                                                               "",                                                                                 "{'replicas':2}",                            true },
        {"our value changed",                   "{'f:spec':{'f:replicas':{}}}",               "", "{'replicas':2}",
         "{'f:spec':{'f:replicas':{}}}",                                                                                                                               "",                                                                                 "{'replicas':3}",                            false},
        {"field taken away",                    "{'f:spec':{'f:replicas':{},'f:paused':{}}}", "", "{'replicas':2}",
         "{'f:spec':{'f:paused':{}}}",                                                                                                                                 "",                                                                                 "{'replicas':2}",                            false},
        {"foreign field",                       "{'f:spec':{'f:paused':{}}}",                 "", "{'paused':true,'replicas':2}",
         "{'f:spec':{'f:paused':{}}}",                                                                                                                                 "," HPA,                                                                            "{'paused':true,'replicas':9}",              true },
        {"order of members",                    "{'f:spec':{'f:a':{},'f:b':{}}}",             "", "{'a':1,'b':2}",
         "{'f:spec':{'f:b':{},'f:a':{}}}",                                                                                                                             "",                                                                                 "{'b':2,'a':1}",                             true },
        {"item by key",                         CONTAINER("{'.':{},'f:image':{}}"),           "",
         "{'containers':[{'name':'c','image':'x'}]}",                                                                              CONTAINER("{'.':{},'f:image':{}}"), "",
         "{'containers':[{'name':'side','image':'s'},{'name':'c','image':'x'}]}",                                                                                                                                                                                                                       true },
        {"item by key changed",                 CONTAINER("{'.':{},'f:image':{}}"),           "",
         "{'containers':[{'name':'c','image':'x'}]}",                                                                              CONTAINER("{'.':{},'f:image':{}}"), "",
         "{'containers':[{'name':'c','image':'y'}]}",                                                                                                                                                                                                                                                   false},
        {"item gone",                           CONTAINER("{'.':{}}"),                        "", "{'containers':[{'name':'c'}]}",
         CONTAINER("{'.':{}}"),                                                                                                                                        "",                                                                                 "{'containers':[]}",                         false},
        {"other field of an item",              CONTAINER("{'.':{}}"),                        "", "{'containers':[{'name':'c'}]}",
         CONTAINER("{'.':{}}"),                                                                                                                                        "",                                                                                 "{'containers':[{'name':'c','image':'y'}]}", true },
        {"item of a set",                       "{'f:spec':{'f:l':{'v:\\\"x\\\"':{}}}}",      "", "{'l':['x']}",
         "{'f:spec':{'f:l':{'v:\\\"x\\\"':{}}}}",                                                                                                                      "",                                                                                 "{'l':['y','x']}",                           true },
        {"item of a set gone",                  "{'f:spec':{'f:l':{'v:\\\"x\\\"':{}}}}",      "", "{'l':['x']}",
         "{'f:spec':{'f:l':{'v:\\\"x\\\"':{}}}}",                                                                                                                      "",                                                                                 "{'l':['y']}",                               false},
        {"item by index",                       "{'f:spec':{'f:l':{'i:1':{}}}}",              "", "{'l':[1,2]}",
         "{'f:spec':{'f:l':{'i:1':{}}}}",                                                                                                                              "",                                                                                 "{'l':[5,2]}",                               true },
        {"atomic list",                         "{'f:spec':{'f:args':{}}}",                   "", "{'args':['a']}",
         "{'f:spec':{'f:args':{}}}",                                                                                                                                   "",                                                                                 "{'args':['a','b']}",                        false},
        {"empty map, filled by another",        "{'f:spec':{'f:sel':{}}}",                    "", "{'sel':{}}",
         "{'f:spec':{'f:sel':{}}}",                                                                                                                                    ",{'manager':'x','operation':'Update','fieldsV1':{'f:spec':{'f:sel':{'f:a':{}}}}}",
         "{'sel':{'a':'1'}}",                                                                                                                                                                                                                                                                           false},
        {"empty map of another, changed by it", "{'f:spec':{'f:sel':{}}}",
         ",{'manager':'x','operation':'Update','fieldsV1':{'f:spec':{'f:sel':{'f:a':{}}}}}",      "{'sel':{'a':'1'}}",             "{'f:spec':{'f:sel':{}}}",
         ",{'manager':'x','operation':'Update','fieldsV1':{'f:spec':{'f:sel':{'f:a':{}}}}}",                                                                                                                                                               "{'sel':{'a':'2'}}",                         true },
        {"damaged member",                      "{'f:spec':{'k:{':{},'z':{},'f:a':{}}}",      "", "{'a':1}",
         "{'f:spec':{'k:{':{},'z':{},'f:a':{}}}",                                                                                                                      "",                                                                                 "{'a':1}",                                   true },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_hash x = kz_ownership_hash(live(a, table[i].fields, table[i].more, table[i].spec),
                                             KZ_STR("kzsync"));
        struct kz_hash y = kz_ownership_hash(
            live(a, table[i].fields2, table[i].more2, table[i].spec2), KZ_STR("kzsync"));
        cr_expect_eq(kz_hash_eq(x, y), table[i].same, "%s", table[i].name);
        cr_expect_not(kz_hash_is_none(x), "%s", table[i].name);
    }
}

Test(ownership, none_when_we_own_nothing)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const char *table[] = {
        "{}",
        "{'metadata':{'managedFields':[]}}",
        "{'metadata':{'managedFields':[" HPA "]}}",
        "{'metadata':{'managedFields':[{'manager':'kzsync','operation':'Update','fieldsV1':{'f:a':{"
        "}}}]}}",
        "{'metadata':{'managedFields':[{'manager':'kzsync','operation':'Apply','subresource':"
        "'status','fieldsV1':{'f:status':{}}}]}}",
        "{'metadata':{'managedFields':['x',{'manager':'kzsync','operation':'Apply','fieldsV1':7}]}}",
    };
    for (size_t i = 0; i < kz_countof(table); i++)
        cr_expect(kz_hash_is_none(kz_ownership_hash(doc(a, table[i]), KZ_STR("kzsync"))), "%s",
                  table[i]);
}

Test(ownership, thief_is_named_with_its_path)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const char *edit =
        ",{'manager':'kubectl-edit','operation':'Update','fieldsV1':{'f:spec':{'f:containers':{"
        "'k:{\\\"name\\\":\\\"c\\\"}':{'f:image':{},'f:ports':{'k:{\\\"containerPort\\\":80,"
        "\\\"protocol\\\":\\\"TCP\\\"}':{'f:name':{}}}}}}}}";
    const struct {
        const char *more, *desired, *spec, *manager, *path; /* manager "": none */
    } table[] = {
        {"," HPA, "{'spec':{'replicas':2}}",                                                          "{'replicas':9}", "hpa",          ".spec.replicas"},
        {"," HPA, "{'spec':{'replicas':9}}",                                                          "{'replicas':9}", "",             ""              },
        {"," HPA, "{'spec':{}}",                                                                      "{'replicas':9}", "",             ""              },
        {edit,    "{'spec':{'containers':[{'name':'c','image':'a'}]}}",
         "{'containers':[{'name':'c','image':'b'}]}",                                                                   "kubectl-edit",
         ".spec.containers[name=\"c\"].image"                                                                                                           },
        {edit,    "{'spec':{'containers':[{'name':'c','ports':[{'containerPort':80,'name':'x'}]}]}}",
         "{'containers':[{'name':'c','ports':[{'containerPort':80,'protocol':'TCP','name':'y'}]}]}",                    "kubectl-edit",
         ".spec.containers[name=\"c\"].ports[containerPort=80,protocol=\"TCP\"].name"                                                                   },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_str manager = KZ_STR(""), path = KZ_STR("");
        bool found = kz_ownership_thief(&manager, &path, a, doc(a, table[i].desired),
                                        live(a, "{'f:spec':{}}", table[i].more, table[i].spec),
                                        KZ_STR("kzsync"));
        cr_expect_eq(found, table[i].manager[0] != '\0');
        cr_expect_str_eq(manager.ptr, table[i].manager);
        cr_expect_str_eq(path.ptr, table[i].path);
    }
}

#define UPDATE(who, fields)                                                                        \
    "{'manager':'" who "','operation':'Update','apiVersion':'v1','time':'t1','fieldsV1':" fields "}"
#define WANT(fields)                                                                               \
    "{'apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':" fields                                \
    ",'manager':'kzsync','operation':'Apply','time':'t1'}"

Test(ownership, migrate_takes_over_from_tools)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct {
        const char *name, *entries, *want; /* "": nothing to do */
    } table[] = {
        {"nothing",                                                                  "",                                            ""                                   },
        {                                  "a controller stays",                                                              UPDATE("hpa",                              "{'f:spec':{}}"),                                    ""},
        {                                  "kubectl",                                        UPDATE("kubectl-client-side-apply",                      "{'f:data':{'f:a':{}}}"),
         "[" WANT("{'f:data':{'f:a':{}}}") "]"},
        {                                                                                                                                                             "helm, and ours exists",
         UPDATE(
             "helm",                                                         "{'f:data':{'.':{},'f:a':{}}}") ",{'manager':'kzsync','operation':'Apply',"
                                             "'apiVersion':'v1','fieldsV1':{'f:data':{'f:b':{}},'f:metadata':{'f:finalizers':{}}}}," UPDATE(
                                                 "hpa",                                                                              "{'f:spec':{}}"),
         "[" WANT(
             "{'f:data':{'.':{},'f:a':{},'f:b':{}},'f:metadata':{'f:finalizers':{}}}") ","
                                                                                       "{'apiVersion':'v1','fieldsV1':{'f:spec':{}},'manager':'hpa','operation':'Update','time':"
                                                                                       "'t1'}]"},
        {                                                                                                              "an apply of Flux",
         "{'manager':'kustomize-controller','operation':'Apply','apiVersion':'v1','time':'t1',"
         "'fieldsV1':{'f:data':{'f:a':{}}}}",                                                                                       "[" WANT("{'f:data':{'f:a':{}}}") "]"},
        {                                  "what is not ours to remove",
         UPDATE("kubectl-create", "{'f:metadata':{'f:finalizers':{'v:\\\"x\\\"':{}},'f:labels':{}},"
                                  "'f:spec':{'f:volumeName':{},'f:x':{}},'f:status':{'f:p':{}}}"),
         "[" WANT("{'f:metadata':{'f:labels':{}},'f:spec':{'f:x':{}}}") "]"},
        {                                                                                                                                "restartedAt stays with kubectl-rollout",                                                  UPDATE("kubectl-rollout",                              "{'f:spec':{}}"),                                    ""},
        {                                  "subresources stay",
         "{'manager':'kubectl-edit','operation':'Update','apiVersion':'v1','subresource':'status',"
         "'fieldsV1':{'f:status':{}}}",                                                                                         ""                                     },
        { "before-first-apply without proof",                                                          UPDATE("before-first-apply",                                                                                                     "{'f:spec':{}}"),                                      ""},
        {    "before-first-apply of kubectl",
         UPDATE("before-first-apply",                                                                         "{'f:metadata':{'f:annotations':{'f:kubectl.kubernetes.io/"
                                      "last-applied-configuration':{}}}}"),
         "[" WANT("{'f:metadata':{'f:annotations':{'f:kubectl.kubernetes.io/"
                  "last-applied-configuration':{}}}}") "]"},
        {                                                                                                                         "another version stays",
         "{'manager':'helm','operation':'Update','apiVersion':'v1beta1','time':'t1','fieldsV1':{"
         "'f:old':{}}}," UPDATE("helm",                                                      "{'f:new':{}}"),
         "[" WANT("{'f:new':{}}") ",{'apiVersion':'v1beta1','fieldsV1':{'f:old':{}},'manager':"
                                  "'helm','operation':'Update','time':'t1'}]"},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_str s =
            kz_str_printf(a, "{'apiVersion':'v1','kind':'X','metadata':{'managedFields':[%s]}}",
                          table[i].entries);
        const char *got = json_of(a, kz_ownership_migrate(a, doc(a, s.ptr), KZ_STR("kzsync")));
        const char *want = table[i].want[0] == '\0' ? "" : json_of(a, doc(a, table[i].want));
        cr_expect_str_eq(got, want, "%s:\n%s", table[i].name, got);
    }
}
