/* SPDX-License-Identifier: GPL-2.0 */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdio.h>

#include "exit_table.h"
#include "exit_view.h"
#include "meters.h"
#include "recording.h"

/*
 * What the subcommands write with --json, and read again.  Each document is an object
 * with the members
 *
 * format	"cpuid-query"
 * version	JSON_VERSION; a reader refuses what is higher
 * kind		"table", "stat", "top", "log", "interval", "compare", "bench", "list",
 *		"events" or "who"
 *
 * and, where it has exits,
 *
 * vendor	"VMX" or "SVM", which says what the numbers of exits mean
 * tsc_khz	the unit of cycles
 * vcpus	how many were counted, 0 if not known
 * scope	"vm" or "vcpu"
 * features	of "vcpu", "split", "longest", "histogram", "steal", "identity" and "pmu" those
 *		that the host has
 * identity	with "identity", which VM that was: 16 hexadecimal digits after 0x
 * reasons	an array with an object for each exit reason: exit, name, exits, cycles;
 *		with "split" off_cpu and vmm; with "longest" longest and nested; with
 *		"steal" steal and halted; with "histogram" hist, an object of exits by
 *		log2 of their cycles; vcpu, if each vCPU is shown by itself
 *
 * "top", "log" and "interval", which stat writes, have in addition at_s, the seconds from
 * their start to the end of the interval, interval_s, its length, and time, when it ended.
 *
 * All cycles are ticks of the host's TSC.
 */
#define JSON_VERSION 1

/* A new document of a kind, with what info says, if that is not NULL. */
json_t *json_document(const char *kind, const struct exit_info *info);

/* The reasons of a table that the view has, an array. */
json_t *json_reasons(const struct exit_info *info, const struct exit_table *table,
		     const struct exit_view *view);

/* The same to an array that there is, with the member vcpu unless that is -1. */
void json_add_reasons(json_t *reasons, const struct exit_info *info,
		      const struct exit_table *table, const struct exit_view *view, long vcpu);

/* The reasons that the view has of what is between in all meters, an array. */
json_t *json_meters(const struct meters *meters, const struct exit_view *view);

/* A string of any bytes, JSON being UTF-8: U+FFFD stands for each that is none. */
json_t *json_bytes(const char *text);

/* A count, or the most that JSON's integers, signed here, can say. */
json_t *json_count(uint64_t value);

/* The number of an exit, or null for what is none: all of them, or -1. */
json_t *json_exit(int number);

/* Write a document and free it.  oneline is for a stream of them.  Returns 0 or -1. */
int json_print(FILE *out, json_t *document, bool oneline);

/*
 * Parse text, of size bytes, as a document, and return it for the caller to free if
 * it is of this kind and of no newer version.  Otherwise returns NULL and says why in
 * error.  info->file is left alone.
 */
json_t *json_parse(const char *text, size_t size, const char *kind, struct exit_info *info,
		   struct recording_error *error);

/*
 * Read what json_reasons() has made of the same info.  Returns false and says why if it is
 * not that.
 */
bool json_read_reasons(const json_t *reasons, const struct exit_info *info,
		       struct exit_table *table, struct recording_error *error);

/* The vCPU that a reason is of, or less than 0: of all of them. */
long json_vcpu(const json_t *reason);

/*
 * The same of one vCPU alone, which has no rows if it is not there.  What is wrong with other
 * rows is not looked at.
 */
bool json_read_reasons_of(const json_t *reasons, const struct exit_info *info, long vcpu,
			  struct exit_table *table, struct recording_error *error);

/* Parse a document of kind "table", as recording_parse() does. */
bool json_parse_table(const char *text, size_t size, struct exit_info *info,
		      struct exit_table *table, struct recording_error *error);

/*
 * A member that is a number, not negative.  Returns false, and says so in error, if
 * there is none of that name.
 */
bool json_read_number(const json_t *object, const char *name, double *value,
		      struct recording_error *error);

#endif
