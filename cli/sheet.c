#include "cli/sheet.h"

#include <stdlib.h>

#include "cli/print.h"
#include "image/sheet.h"

#define PAIRS   60
#define COLUMNS 6 /* cells in a row: three pairs */
#define CELL_PX 240

int cli_sheet_write(struct cli_record *r, int64_t job, const char *path,
                    struct tt_error *err)
{
    struct image_sheet_cell *cells = NULL;
    struct db_photo *rows;
    size_t n;
    int rc;

    if (db_history_photos(r->db, job, DB_STATE(PHOTO_OK), -1, PAIRS, r->mem,
                          &rows, &n, err) < 0)
        return -1;
    cells = calloc(2 * n + 1, sizeof(*cells));
    if (!cells)
        return tt_fail(err, TT_NOMEM, "no memory for a contact sheet");
    for (size_t i = 0; i < n; i++) {
        cells[2 * i].path = rows[i].in;
        cells[2 * i].caption = rows[i].in ? tt_path_name(rows[i].in) : NULL;
        cells[2 * i + 1].path = rows[i].out;
    }
    rc = image_start("tintype", err);
    if (rc == 0) {
        rc = image_sheet_write(path, cells, 2 * n, COLUMNS, CELL_PX, err);
        image_stop();
    }
    free(cells);
    return rc;
}
