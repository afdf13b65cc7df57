#include "model/onnx_note.h"

#include <string.h>

int onnx_note_seal(const struct model_params *p, const char *header,
                   char hex[TT_SHA256_HEX], struct tt_error *err)
{
    struct {
        struct tt_sha256 values, stats, header;
    } parts;
    struct tt_sha256 all;

    if (tt_sha256(p->values, p->count * sizeof(float), &parts.values, err) <
            0 ||
        tt_sha256(p->stats, p->stat_count * sizeof(float), &parts.stats, err) <
            0 ||
        tt_sha256(header, strlen(header), &parts.header, err) < 0 ||
        tt_sha256(&parts, sizeof(parts), &all, err) < 0)
        return -1;
    tt_sha256_text(&all, hex);
    return 0;
}
