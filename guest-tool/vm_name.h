/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_NAME_H
#define VM_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a VM is called: the arguments of its VMM say that, -name and -uuid of QEMU's, which is
 * what libvirt calls it, too.
 */

/*
 * Find both in a command line of size bytes and a NUL, as /proc/PID/cmdline has it, for the caller to
 * free; NULL where there is none, or no memory.
 */
void vm_name_parse(const char *cmdline, size_t size, char **name, char **uuid);

/*
 * The same of a process, with its /proc.  Returns false if the process is about to end: it has
 * no command line any more.
 */
bool vm_name_of(const char *procfs, const char *pid, char **name, char **uuid);

#endif
