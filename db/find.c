#include "db/find.h"

#include <string.h>

int64_t db_find_number(const char *text, char letter)
{
    int64_t number = 0;

    if (letter && *text == letter)
        text++;
    if (!*text || strlen(text) > 18)
        return 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        number = number * 10 + (*text - '0');
    }
    return number;
}

bool db_find_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

int db_find(struct db *db, const struct db_find *f, const char *text,
            int64_t *id, struct tt_error *err)
{
    int64_t number = db_find_number(text, f->letter);
    int rc = 0;

    *id = 0;
    if (strcmp(text, "@last") == 0)
        return db_one(db, f->last, NO_ARGS, id, err);
    if (number)
        rc = db_one(db, f->by_id, ARGS(I(number)), id, err);
    if (rc == 0)
        rc = db_one(db, f->by_name, ARGS(T(text)), id, err);
    return rc;
}
