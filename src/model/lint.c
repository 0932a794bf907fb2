/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "model/walk.h"

typedef struct linter {
    const px_model_set *set;
    px_map ids;   /* hash of an id to its index in the set */
    px_map names; /* of one model: hash of a name without case to its index below */
    PX_VEC(px_str) seen;
    const px_model *model;
    px_lint_list list;
    bool own; /* the present content is declared by the model itself */
    bool failed;
} linter;

static const struct {
    const char *id, *better;
} rules[] = {
#define X(name, id, better) [PX_LINT_##name] = { id, better },
    PX_LINT_MAP(X)
#undef X
};

const char *px_lint_id(px_lint_rule rule)
{
    return rules[rule].id;
}

const char *px_lint_better(px_lint_rule rule)
{
    return rules[rule].better;
}

void px_lint_list_release(px_lint_list *list)
{
    px_free(list->items);
    *list = (px_lint_list){ 0 };
}

static void add(linter *l, px_lint_rule rule, px_str name, px_str what)
{
    px_lint_list *list = &l->list;

    if (list->count == list->cap &&
        !px_vec_grow((void **)&list->items, &list->cap, list->count + 1, sizeof(*list->items))) {
        l->failed = true;
        return;
    }
    list->items[list->count++] = (px_lint){ rule, l->model, name, what };
}

static bool is_there(const linter *l, px_str id)
{
    uint64_t hash = px_str_hash(id);

    for (size_t at = px_map_first(&l->ids, hash); at != PX_MAP_END;
         at = px_map_next(&l->ids, hash, at))
        if (px_str_eq(px_model_id(l->set->models[l->ids.values[at]]), id))
            return true;
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static uint64_t hash_without_case(px_str name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)lower(name.ptr[i])) * UINT64_C(0x100000001B3);
    return hash;
}

static bool same_without_case(px_str a, px_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

static void check_name(linter *l, px_str name)
{
    uint64_t hash = hash_without_case(name);

    for (size_t at = px_map_first(&l->names, hash); at != PX_MAP_END;
         at = px_map_next(&l->names, hash, at)) {
        px_str other = l->seen.ptr[l->names.values[at]];

        if (l->own && same_without_case(other, name))
            add(l, PX_LINT_NAMES_ALIKE, name, other);
    }
    if (!PX_VEC_PUSH(&l->seen, name) || !px_map_add(&l->names, hash, (uint32_t)l->seen.len - 1))
        l->failed = true;
}

static bool check_item(void *data, const px_model_item *item)
{
    linter *l = data;

    if (item->depth == 0) {
        l->own = item->owner.len == 0 || px_str_eq(item->owner, px_model_id(l->model));
        check_name(l, item->name);
    }
    if (!l->own)
        return !l->failed;
    if (item->relationship && item->relationship->target.len > 0 &&
        !is_there(l, item->relationship->target))
        add(l, PX_LINT_TARGET_MISSING, item->name, item->relationship->target);
    if (item->schema && item->schema->kind == PX_SCHEMA_ENUM && !item->schema->enum_value_count)
        add(l, PX_LINT_EMPTY_ENUM, item->name, PX_STR(""));
    if (item->schema && item->schema->kind == PX_SCHEMA_OBJECT && !item->schema->field_count)
        add(l, PX_LINT_EMPTY_OBJECT, item->name, PX_STR(""));
    return !l->failed;
}

static void check_model(linter *l, const px_model *model)
{
    l->model = model;
    l->seen.len = 0;
    px_map_release(&l->names);
    l->names = (px_map){ 0 };
    if (px_model_display_names(model).count == 0)
        add(l, PX_LINT_NO_DISPLAY_NAME, PX_STR(""), PX_STR(""));
    if (px_model_version_major(model) == 0)
        add(l, PX_LINT_NO_VERSION, PX_STR(""), PX_STR(""));
    (void)px_model_walk(model, check_item, l);
}

px_status px_model_lint(const px_model_set *set, px_lint_list *ret_list, px_err *ret_err)
{
    linter l = { .set = set };

    for (size_t i = 0; i < set->count && !l.failed; i++)
        l.failed = !px_map_add(&l.ids, px_str_hash(px_model_id(set->models[i])), (uint32_t)i);
    for (size_t i = 0; i < set->count && !l.failed; i++)
        check_model(&l, set->models[i]);
    px_map_release(&l.ids);
    px_map_release(&l.names);
    PX_VEC_RELEASE(&l.seen);
    if (l.failed) {
        px_lint_list_release(&l.list);
        return px_no_memory(ret_err);
    }
    *ret_list = l.list;
    return PX_OK;
}
