/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/object.h"

#include "fixture.h"

static const struct kz_set_rules rules = {
    .platform = KZ_STR_INIT("p"),
    .module = KZ_STR_INIT("m"),
    .ns = KZ_STR_INIT("shop"),
};

static struct kz_origin at_line(uint32_t line)
{
    return (struct kz_origin){.file = KZ_STR("a.yaml"), .line = line};
}

#define L "'labels':{'kubezero.com/module':'m','kubezero.com/platform':'p'}"

Test(object, normalises)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const struct {
        const char *name, *in, *want;
    } table[] = {
        {"labels and namespace",
         "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','labels':{'a':'1'}}}",     "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'labels':{'a':'1','kubezero.com/"
         "module':'m','kubezero.com/platform':'p'},'name':'c','namespace':'shop'}}"           },
        {"own namespace stays",
         "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','namespace':'x'}}",        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{" L ",'name':'c','namespace':'x'}}"   },
        {"cluster-scoped",
         "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':"
         "'system:x','namespace':'shop'}}",                                                       "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{" L
         ",'name':'system:x'}}"                                                                                                                 },
        {"unknown scope stays as written",
         "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{'name':'f'}}",                         "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{" L ",'name':'f'}}"                    },
        {"server-owned",
         "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','creationTimestamp':null,"
         "'managedFields':[],'resourceVersion':'1','uid':'u','generation':2,'selfLink':'/x',"
         "'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'{}'}},'status':{}}", "{'apiVersion':'v1','kind':'ConfigMap','metadata':{" L ",'name':'c','namespace':'shop'}}"},
        {"empty and null maps of metadata",
         "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','annotations':null,"
         "'labels':null}}",                                                                       "{'apiVersion':'v1','kind':'ConfigMap','metadata':{" L ",'name':'c','namespace':'shop'}}"},
        {"stringData wins over data",
         "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'s'},'data':{'a':'eA==','b':'Yg=='"
         "},'stringData':{'a':'secret','c':''}}",                                                 "{'apiVersion':'v1','data':{'a':'c2VjcmV0','b':'Yg==','c':''},'kind':'Secret','metadata'"
         ":{" L ",'name':'s','namespace':'shop'}}"                                                                                        },
        {"nulls of a built-in kind",
         "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'d'},'spec':{'replicas':"
         "null,'template':{'metadata':{'annotations':{'x':null}},'spec':{'containers':[{'name':'c',"
         "'resources':{'limits':null}}],'volumes':[{'name':'v','emptyDir':null}]}}}}",            "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{" L ",'name':'d','namespace':"
         "'shop'},'spec':{'template':{'metadata':{'annotations':{'x':''}},'spec':{'containers':[{"
         "'name':'c','resources':{}}],'volumes':[{'name':'v'}]}}}}"                                  },
        {"null in data is an empty string",
         "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c'},'data':{'a':null}}",      "{'apiVersion':'v1','data':{'a':''},'kind':'ConfigMap','metadata':{" L
         ",'name':'c','namespace':'shop'}}"                                                    },
        {"nulls of a custom resource stay",
         "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{'name':'f'},'spec':{'a':null}}",       "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{" L ",'name':'f'},'spec':{'a':null}}"  },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_set s;
        struct kz_err err = {0};
        kz_set_init(&s, a);
        cr_assert_eq(kz_set_add(&s, &rules, doc(a, table[i].in), at_line(1), &err), 0, "%s: %s",
                     table[i].name, err.frame[0]);
        cr_expect_str_eq(json_of(a, s.at[0]->body), table[i].want, "%s:\n%s", table[i].name,
                         json_of(a, s.at[0]->body));
        cr_expect_eq(kz_set_find(&s, &s.at[0]->id), s.at[0]);
        struct kz_hash h;
        kz_json_hash(&h, s.at[0]->body);
        cr_expect(kz_hash_eq(h, s.at[0]->hash));
        kz_set_done(&s);
    }
}

Test(object, refuses)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const struct {
        const char *in, *want; /* part of the error's line */
    } table[] = {
        {"[]",                                                                                    "must be a map, not list"      },
        {"'x'",                                                                                   "must be a map, not string"    },
        {"{'kind':'A','metadata':{'name':'n'}}",                                                  "apiVersion is missing"        },
        {"{'apiVersion':'v1','metadata':{'name':'n'}}",                                           "kind is missing"              },
        {"{'apiVersion':'v1','kind':'A'}",                                                        "metadata.name is missing"     },
        {"{'apiVersion':'v1','kind':'A','metadata':{'name':12}}",                                 "must be a string, not integer"},
        {"{'apiVersion':'v1','kind':'Job','metadata':{'generateName':'n-'}}",
         "Job has generateName but no name"                                                                                      },
        {"{'apiVersion':'v1','kind':'A/B','metadata':{'name':'n'}}",                              "kind 'A/B'"                   },
        {"{'apiVersion':'a/b/c','kind':'A','metadata':{'name':'n'}}",                             "apiVersion 'a/b/c'"           },
        {"{'apiVersion':'v1','kind':'A','metadata':{'name':'Web'}}",                              "A name 'Web' must be"         },
        {"{'apiVersion':'v1','kind':'A','metadata':{'name':'a..b'}}",                             "A name 'a..b' must be"        },
        {"{'apiVersion':'v1','kind':'A','metadata':{'name':'a.-b'}}",                             "A name 'a.-b' must be"        },
        {"{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'a.b'}}",
         "Namespace name 'a.b'"                                                                                                  },
        {"{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'Role','metadata':{'name':'a/b'}}",
         "Role name 'a/b' can't stand in a URL"                                                                                  },
        {"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','namespace':'B_'}}",
         "namespace 'B_' of Pod 'a'"                                                                                             },
        {"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','labels':{'x':true}}}",
         "metadata.labels['x'] must be a string, not boolean"                                                                    },
        {"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','annotations':{'x':1}}}",
         "metadata.annotations['x'] must be a string, not integer"                                                               },
        {"{'apiVersion':'v1','kind':'Secret','metadata':{'name':'a'},'stringData':{'x':1}}",
         "stringData['x'] must be a string"                                                                                      },
        {"{'apiVersion':'v1','kind':'List','items':[{'apiVersion':'v1','kind':'A'}]}",
         "metadata.name is missing"                                                                                              },
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_set s;
        struct kz_err err = {0};
        char line[1024];
        kz_set_init(&s, a);
        cr_assert_eq(kz_set_add(&s, &rules, doc(a, table[i].in), at_line(7), &err), -KZ_E_INVALID);
        kz_err_line(line, sizeof line, &err);
        cr_expect_not_null(strstr(line, table[i].want), "%s", line);
        cr_expect_str_eq(err.file, "a.yaml", "%s", line);
        cr_expect_eq(s.len, 0);
        kz_set_done(&s);
    }
}

Test(object, duplicate_names_both_places)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const char *first = "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web'}}";
    const char *again =
        "{'apiVersion':'apps/v1beta1','kind':'Deployment','metadata':{'name':'web','namespace':"
        "'shop'}}";
    struct kz_set s;
    struct kz_err err = {0};
    struct kz_origin second = {.file = KZ_STR("b.yaml"), .line = 9};
    kz_set_init(&s, a);
    cr_assert_eq(kz_set_add(&s, &rules, doc(a, first), at_line(3), &err), 0);
    cr_assert_eq(kz_set_add(&s, &rules, doc(a, again), second, &err), -KZ_E_INVALID);
    cr_expect_str_eq(err.frame[0], "Deployment shop/web is defined twice: here and at a.yaml:3");
    cr_expect_str_eq(err.file, "b.yaml");
    cr_expect_eq(s.len, 1);
    kz_set_done(&s);
}

Test(object, lists_are_flattened)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_set s;
    struct kz_err err = {0};
    kz_set_init(&s, a);
    const char *in = "{'apiVersion':'v1','kind':'List','items':[{'apiVersion':'v1','kind':'A',"
                     "'metadata':{'name':'a'}},{'apiVersion':'v1','kind':'ConfigMapList','items':[{"
                     "'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'b'}}]}]}";
    cr_assert_eq(kz_set_add(&s, &rules, doc(a, in), at_line(1), &err), 0, "%s", err.frame[0]);
    cr_assert_eq(s.len, 2);
    cr_expect_str_eq(kz_id_text(a, &s.at[1]->id).ptr, "ConfigMap shop/b");
    kz_set_done(&s);
}

/* labels: &l {...} in metadata and *l in the pod template share one tree: the template must not get
 * the labels of the module, or every pod restarts. */
Test(object, shared_subtrees_are_not_changed)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_set s;
    struct kz_err err = {0};
    struct kz_value *d = doc(a, "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':"
                                "'d','labels':{'a':'1'}},'spec':{'template':{'metadata':{}}}}");
    struct kz_value *labels = kz_value_pair(kz_value_get(d, "metadata"), KZ_STR("labels"))->val;
    struct kz_value *spec = kz_value_pair(d, KZ_STR("spec"))->val;
    struct kz_value *tmpl = kz_value_pair(spec, KZ_STR("template"))->val;
    struct kz_value *meta = kz_value_pair(tmpl, KZ_STR("metadata"))->val;
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    kz_set_init(&s, a);
    cr_assert_eq(kz_set_add(&s, &rules, d, at_line(1), &err), 0);
    cr_expect_str_eq(json_of(a, kz_value_path(s.at[0]->body, "spec.template.metadata.labels")),
                     "{'a':'1'}");
    kz_set_done(&s);
}

static int everything_namespaced(void *arg, struct kz_str group, struct kz_str kind)
{
    (void)arg, (void)group, (void)kind;
    return 1;
}

Test(object, scope_comes_from_the_cluster_then_from_crds_in_the_set)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    const char *cr = "{'apiVersion':'x.io/v1','kind':'Foo','metadata':{'name':'f'}}";
    const char *crd = "{'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',"
                      "'metadata':{'name':'foos.x.io'},'spec':{'group':'x.io','scope':'Namespaced',"
                      "'names':{'kind':'Foo'}}}";
    struct kz_set s;
    struct kz_err err = {0};
    struct kz_set_rules known = rules;
    known.scope.namespaced = everything_namespaced;
    kz_set_init(&s, a);
    cr_assert_eq(kz_set_add(&s, &known, doc(a, cr), at_line(1), &err), 0);
    cr_expect(kz_str_is(s.at[0]->id.ns, "shop"));
    kz_set_done(&s);
    cr_assert_eq(kz_set_add(&s, &rules, doc(a, crd), at_line(1), &err), 0);
    cr_assert_eq(kz_set_add(&s, &rules, doc(a, cr), at_line(1), &err), 0);
    cr_expect(kz_object_is_crd(&s.at[0]->id));
    cr_expect(kz_str_is(s.at[1]->id.ns, "shop"));
    kz_set_done(&s);
}
