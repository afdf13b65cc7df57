/**
 * commands: every command there is, each in its own file cmd_*.c; the list is
 * in commands.c.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cli_command cmd_colorize;
extern const struct cli_command cmd_ingest;
extern const struct cli_command cmd_train;
extern const struct cli_command cmd_evaluate;

extern const struct cli_command cmd_up;
extern const struct cli_command cmd_down;
extern const struct cli_command cmd_scheduler;
extern const struct cli_command cmd_worker;

extern const struct cli_command cmd_job_list;
extern const struct cli_command cmd_job_show;
extern const struct cli_command cmd_job_outputs;
extern const struct cli_command cmd_job_report;
extern const struct cli_command cmd_job_watch;
extern const struct cli_command cmd_job_wait;
extern const struct cli_command cmd_job_cancel;
extern const struct cli_command cmd_job_pause;
extern const struct cli_command cmd_job_resume;
extern const struct cli_command cmd_job_retry;
extern const struct cli_command cmd_run_list;
extern const struct cli_command cmd_run_show;
extern const struct cli_command cmd_run_metrics;
extern const struct cli_command cmd_run_compare;
extern const struct cli_command cmd_run_plot;
extern const struct cli_command cmd_model_list;
extern const struct cli_command cmd_model_show;
extern const struct cli_command cmd_model_use;
extern const struct cli_command cmd_model_export;
extern const struct cli_command cmd_model_import;
extern const struct cli_command cmd_dataset_list;
extern const struct cli_command cmd_dataset_show;
extern const struct cli_command cmd_dataset_verify;
extern const struct cli_command cmd_dataset_sample;
extern const struct cli_command cmd_worker_list;
extern const struct cli_command cmd_which;
extern const struct cli_command cmd_verify;
extern const struct cli_command cmd_recover;
extern const struct cli_command cmd_bag;

extern const struct cli_command cmd_doctor;
extern const struct cli_command cmd_db_backup;
extern const struct cli_command cmd_db_check;
extern const struct cli_command cmd_help;

extern const struct cli_command cmd_supervise;
extern const struct cli_command cmd_decoder;
extern const struct cli_command cmd_complete;

#endif
