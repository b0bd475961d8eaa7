/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GROUPS_H
#define GROUPS_H

/* Groups of tests besides that in test.c.  Return how many have failed. */
int run_measure_tests(void);
int run_rates_tests(void);
int run_view_tests(void);
int run_file_tests(void);
int run_comparison_tests(void);
int run_help_tests(void);
int run_table_tests(void);
int run_perf_tests(void);
int run_metrics_tests(void);
int run_process_tests(void);

#endif
