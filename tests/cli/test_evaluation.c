#include "cli/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

static const char evaluation[] =
    "{\"photos\":299,\"values\":{\"model_mae_ab\":7.41,\"model_mae_ab_low\":7."
    "2,"
    "\"model_mae_ab_high\":7.6,\"model_psnr\":25.6,\"gray_mae_ab\":11.3,"
    "\"gray_cf_ratio\":0},\"skin\":[{\"name\":\"tan\",\"photos\":36,\"values\":"
    "{\"model_mae_ab\":6.8}}],\"skipped\":{\"grayscale\":3}}";

TEST(evaluation_is_a_table_and_rows)
{
    struct cli_print_opts csv = {.csv = true};
    json_t *o = json_loads(evaluation, 0, NULL);
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cli_evaluation_table(o, out);
    fclose(out);
    CHECK(strstr(text, "all             299   7.4 ± 0.2"));
    CHECK(strstr(text, "gray            299   11.3"));
    CHECK(!strstr(text, "lookup"));
    CHECK(strstr(text, "tan             36    6.8"));
    CHECK(strstr(text, "left out  grayscale 3\n"));
    CHECK(!strstr(text, " \n"));
    free(text);

    out = open_memstream(&text, &size);
    CHECK_OK(cli_evaluation_rows(o, out, &csv, &err));
    fclose(out);
    CHECK_STR(text, "group,method,n,measure,mean,low,high\r\n"
                    "all,model,299,mae_ab,7.41,7.2,7.6\r\n"
                    "all,model,299,psnr,25.6,,\r\n"
                    "all,gray,299,mae_ab,11.3,,\r\n"
                    "all,gray,299,cf_ratio,0.0,,\r\n"
                    "tan,model,36,mae_ab,6.8,,\r\n");
    free(text);
    json_decref(o);
}
