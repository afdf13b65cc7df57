#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cmd_colorize,     &cmd_ingest,
    &cmd_train,        &cmd_evaluate,
    &cmd_up,           &cmd_down,
    &cmd_scheduler,    &cmd_worker,
    &cmd_job_list,     &cmd_job_show,
    &cmd_job_outputs,  &cmd_job_watch,
    &cmd_job_wait,     &cmd_job_cancel,
    &cmd_job_pause,    &cmd_job_resume,
    &cmd_job_retry,    &cmd_run_list,
    &cmd_run_show,     &cmd_run_metrics,
    &cmd_model_list,   &cmd_model_show,
    &cmd_model_use,    &cmd_model_export,
    &cmd_dataset_list, &cmd_dataset_show,
    &cmd_worker_list,  &cmd_which,
    &cmd_doctor,       &cmd_help,
    &cmd_supervise,    &cmd_decoder,
    &cmd_complete,     NULL};
