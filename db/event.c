#include "db/event.h"

#include "db/stmt.h"

const char *db_event_word(enum db_event_kind kind)
{
    switch (kind) {
#define X(name, number, word)                                                  \
    case name:                                                                 \
        return word;
        DB_EVENTS(X)
#undef X
    }
    return "?";
}

int db_event_add(struct db *db, const struct db_event *e, struct tt_error *err)
{
    return db_exec(db,
                   "INSERT INTO event(at,job,chunk,worker,kind,body)"
                   " VALUES(?,?,?,?,?,?)",
                   ARGS(I(e->at), ID(e->job), ID(e->chunk), ID(e->worker),
                        I(e->kind), T(e->body)),
                   err);
}
