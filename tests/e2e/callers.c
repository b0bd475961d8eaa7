// SPDX-License-Identifier: GPL-2.0
/*
 * callers N: three functions, each of which causes N exits of a kind of its own: CPUID, a
 * port's output, a hypercall.  As root, for the port.
 */
#include <cpuid.h>
#include <err.h>
#include <stdlib.h>
#include <sys/io.h>

/* Read by nobody */
#define PORT	0x80

#define NOINLINE __attribute__((noinline, noclone))

/* Has the function a frame, which gcc spares those that call nothing. */
#define KEEP_FRAME() asm volatile("" : : "r" (__builtin_frame_address(0)))

NOINLINE static void call_cpuid(unsigned long n)
{
	unsigned int eax, ebx, ecx, edx;

	KEEP_FRAME();
	while (n--)
		__cpuid(0, eax, ebx, ecx, edx);
}

NOINLINE static void call_port(unsigned long n)
{
	KEEP_FRAME();
	while (n--)
		asm volatile("outb %%al, %0" : : "N" (PORT), "a" (0));
}

/* KVM refuses those of user mode, and goes on. */
NOINLINE static void call_hypervisor(unsigned long n)
{
	long result;

	KEEP_FRAME();
	while (n--) {
		if (__builtin_cpu_is("amd"))
			asm volatile("vmmcall" : "=a" (result) : "a" (0) : "memory");
		else
			asm volatile("vmcall" : "=a" (result) : "a" (0) : "memory");
	}
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (!n)
		errx(1, "usage: callers N");
	if (ioperm(PORT, 1, 1))
		err(1, "ioperm");
	call_cpuid(n);
	call_port(n);
	call_hypervisor(n);
	return 0;
}
