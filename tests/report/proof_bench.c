// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "page.h"
#include "proof_log.h"
#include "proof_page.h"
#include "util.h"

/* Of what vm-bench measures: CPUIDs that read statistics, or would, and not exits as such */
static const char *const readings[] = {
	"signature", "description", "totals", "occupancy", "reason", "longest", "histogram", "own",
	"other",
};

/* What an exit is of, and what counts exits, in words */
static const struct {
	const char *name, *words;
} meanings[] = {
	{ "cpuid", "CPUID" },
	{ "nobody's", "CPUID of a leaf that nobody defines" },
	{ "port-kvm", "port I/O with a device that KVM emulates" },
	{ "port-vmm", "port I/O with a device of the VMM" },
	{ "wrmsr", "a write of an MSR" },
	{ "wrmsr-ipi", "one that sends an interrupt, in KVM's fastpath" },
	{ "wrmsr-deadline", "one that sets a timer, in KVM's fastpath" },
	{ "timer", "the end of a timer while the guest runs" },
	{ "halt", "HLT with an interrupt that ends it at once" },
	{ "wake-up", "from the end of a timer until a halted guest runs" },
	{ "page", "the first access to a page of memory" },
	{ "mmio-kvm", "MMIO with a device that KVM emulates" },
	{ "mmio-vmm", "MMIO with a device of the VMM" },
	{ "hypercall", "a hypercall" },
	{ "vmexit-cpuid", "CPUID and a loop, by vmexit of KVM's unit tests; so are all vmexit-" },
	{ "stock", "KVM without the patch, by the same compiler" },
	{ "compiled-out", "with the patch, and without its option" },
	{ "off", "with the patch, switched off" },
	{ "on", "with the patch, counting" },
	{ "pmu", "the same while a counter of the guest's virtual PMU counts something else" },
	{ "armed", "the same while it counts exits" },
	{ "atomics", "global atomic counters and times around the exit handler" },
	{ "tracepoint", "a hist trigger of the tracepoint kvm_exit" },
	{ "bpf", "a BPF program at the tracepoint that counts" },
	{ "bpf-time", "one that takes times, too" },
	{ "perf", "perf kvm stat record" },
	{ "kvm_stat", "kvm_stat -t" },
	{ "kvm_stat-d", "kvm_stat -d" },
};

/* What tests/e2e/growth.sh measures, in words, and what there are more and more of */
static const struct growth {
	const char *what, *of, *words;
} growths[] = {
	{ "exit", "vCPUs", "An exit of a CPUID, until the entry" },
	{ "totals", "vCPUs", "A CPUID that reads the totals" },
	{ "occupancy", "vCPUs", "A CPUID that reads which reasons" },
	{ "reason", "vCPUs", "A CPUID that reads one reason" },
	{ "own", "vCPUs", "A CPUID that reads its vCPU alone" },
	{ "memory", "vCPUs", "Memory that the statistics take" },
	{ "table", "reasons", "CPUIDs of cpuid-query for its table" },
	{ "everything", "reasons", "CPUIDs of cpuid-query --raw, for all values" },
	{ "metrics", "VMs", "cpuid-query metrics --host" },
};

/* The values of a member, each once, in the order of the lines */
static json_t *names_of(const json_t *lines, const char *member)
{
	json_t *names = json_array();
	const json_t *line, *name;
	size_t i, k;

	json_array_foreach(lines, i, line) {
		json_array_foreach(names, k, name) {
			if (json_equal(name, json_object_get(line, member)))
				break;
		}
		if (k == json_array_size(names))
			json_array_append(names, json_object_get(line, member));
	}
	return names;
}

static bool is_reading(const char *what)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readings) && strcmp(readings[i], what); i++)
		;
	return i < ARRAY_SIZE(readings);
}

/* The line of these modules with that many vCPUs, or with the fewest if vcpus is 0 */
static const json_t *find(const json_t *lines, const char *modules, const char *what, double vcpus)
{
	const json_t *line, *found = NULL;
	double n;
	size_t i;

	json_array_foreach(lines, i, line) {
		n = proof_number(line, "vcpus", 0);
		if (!strcmp(proof_string(line, "modules"), modules) &&
		    !strcmp(proof_string(line, "what"), what) && (!vcpus || n == vcpus) &&
		    (!found || n < proof_number(found, "vcpus", 0)))
			found = line;
	}
	return found;
}

/* Ticks, and below how many more than with stock modules */
static void write_cell(FILE *out, const json_t *line)
{
	double more = proof_number(line, "more", 0);

	if (!line) {
		fputs("<td>&ndash;</td>", out);
		return;
	}
	fputs("<td>", out);
	proof_digits(out, proof_number(line, "ticks", 0));
	if (json_object_get(line, "more")) {
		fputs(more < 0 ? "<br><small>" : "<br><small>+", out);
		proof_digits(out, more);
		fputs("</small>", out);
	}
	fputs("</td>", out);
}

/* What these names mean; those that say it themselves have no words. */
static void write_meanings(FILE *out, const json_t *names)
{
	const char *between = "";
	const json_t *name;
	size_t i, k;

	fputs("<p class=words>", out);
	json_array_foreach(names, i, name) {
		for (k = 0; k < ARRAY_SIZE(meanings); k++) {
			if (strcmp(meanings[k].name, json_string_value(name)))
				continue;
			fprintf(out, "%s<b>%s</b>:&nbsp;%s", between, meanings[k].name,
				meanings[k].words);
			between = "; ";
		}
	}
	fputs("</p>\n", out);
}

/* The modules, by what a guest does */
static void write_exits(FILE *out, const json_t *lines)
{
	json_t *whats = names_of(lines, "what"), *modules = names_of(lines, "modules");
	const json_t *what, *row;
	size_t i, k;

	fputs("<div><table><tr><th></th>", out);
	json_array_foreach(whats, i, what) {
		if (is_reading(json_string_value(what)))
			continue;
		fputs("<th>", out);
		page_text(out, json_string_value(what));
		fputs("</th>", out);
	}
	json_array_foreach(modules, k, row) {
		fputs("</tr>\n<tr><td>", out);
		page_text(out, json_string_value(row));
		fputs("</td>", out);
		json_array_foreach(whats, i, what) {
			if (!is_reading(json_string_value(what)))
				write_cell(out, find(lines, json_string_value(row),
						     json_string_value(what), 0));
		}
	}
	fputs("</tr></table></div>\n", out);
	write_meanings(out, whats);
	write_meanings(out, modules);
	json_decref(whats);
	json_decref(modules);
}

/* The modules and numbers of vCPUs with which anything has been read, once each: lines */
static json_t *columns_of(const json_t *lines)
{
	json_t *columns = json_array();
	const json_t *line, *column;
	size_t i, k;

	json_array_foreach(lines, i, line) {
		if (!is_reading(proof_string(line, "what")))
			continue;
		json_array_foreach(columns, k, column) {
			if (json_equal(json_object_get(line, "modules"),
				       json_object_get(column, "modules")) &&
			    json_equal(json_object_get(line, "vcpus"),
				       json_object_get(column, "vcpus")))
				break;
		}
		if (k == json_array_size(columns))
			json_array_append(columns, (json_t *)line);
	}
	return columns;
}

static void write_reading(FILE *out, const json_t *lines, const json_t *columns, const char *what)
{
	const json_t *column;
	size_t i;

	fputs("</tr>\n<tr><td>", out);
	page_text(out, what);
	fputs("</td>", out);
	json_array_foreach(columns, i, column)
		write_cell(out, find(lines, proof_string(column, "modules"), what,
				     proof_number(column, "vcpus", 0)));
}

/* What a guest reads, by modules and vCPUs */
static void write_readings(FILE *out, const json_t *lines)
{
	json_t *whats = names_of(lines, "what"), *columns = columns_of(lines);
	const json_t *column, *what;
	size_t i;

	if (json_array_size(columns)) {
		fputs("<h3>Readings</h3>\n<p>A CPUID that reads statistics, by vCPUs of the VM. "
		      "Stock modules answer it with another leaf's values.</p>\n"
		      "<div><table><tr><th>vCPUs</th>", out);
		json_array_foreach(columns, i, column) {
			fputs("<th>", out);
			page_text(out, proof_string(column, "modules"));
			fprintf(out, ", %.0f</th>", proof_number(column, "vcpus", 0));
		}
		json_array_foreach(whats, i, what) {
			if (is_reading(json_string_value(what)))
				write_reading(out, lines, columns, json_string_value(what));
		}
		fputs("</tr></table></div>\n", out);
	}
	json_decref(whats);
	json_decref(columns);
}

static void write_costs(FILE *out, const json_t *document, const char *isa, const char *words)
{
	json_t *lines = proof_lines(document, "bench", isa);

	if (json_array_size(lines)) {
		fprintf(out, "<h2>What an exit costs: %s</h2>\n<p>Until the guest runs again, and "
			"below how much more than with stock modules.</p>\n", words);
		write_exits(out, lines);
		write_readings(out, lines);
	}
	json_decref(lines);
}

/* The words for what is measured, or the name itself */
static struct growth growth_of(const char *what)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(growths); i++) {
		if (!strcmp(growths[i].what, what))
			return growths[i];
	}
	return (struct growth) { what, "N", what };
}

/* A text for gnuplot, which has no escapes in these quotation marks but two for one. */
static void write_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text, out);
	}
	fputs("'\n", out);
}

/* For gnuplot: a block of lines for each, and what the axes are */
static void write_growth_data(const json_t *lines, const json_t *whats)
{
	FILE *data = create("growth.dat"), *list = create("growth-list.gp");
	const json_t *what, *line;
	const char *unit = "";
	size_t i, k;

	fprintf(list, "nr = %zu\narray of[nr + 1]\narray unit[nr + 1]\n", json_array_size(whats));
	json_array_foreach(whats, i, what) {
		json_array_foreach(lines, k, line) {
			if (!json_equal(json_object_get(line, "what"), what))
				continue;
			unit = proof_string(line, "unit");
			fprintf(data, "%.0f %.2f\n", proof_number(line, "n", 0),
				proof_number(line, "value", 0));
		}
		fputs("\n\n", data);
		fprintf(list, "of[%zu] = '%s'\nunit[%zu] = ", i + 1,
			growth_of(json_string_value(what)).of, i + 1);
		write_quoted(list, unit);
	}
	finish(data, "growth.dat");
	finish(list, "growth-list.gp");
}

static void write_growth(FILE *out, const json_t *lines, const char *what, size_t number)
{
	struct growth growth = growth_of(what);
	const json_t *line;
	size_t i;

	fputs("<figure><figcaption>", out);
	page_text(out, growth.words);
	fprintf(out, "</figcaption>\n<img src=\"growth-%zu.svg\" alt=\"by %s\">\n"
		"<table><tr><th>%s</th>", number, growth.of, growth.of);
	json_array_foreach(lines, i, line) {
		if (!strcmp(proof_string(line, "what"), what)) {
			fputs("<th>", out);
			proof_digits(out, proof_number(line, "n", 0));
			fputs("</th>", out);
		}
	}
	fputs("</tr>\n<tr><td></td>", out);
	json_array_foreach(lines, i, line) {
		if (!strcmp(proof_string(line, "what"), what)) {
			fputs("<td>", out);
			proof_digits(out, proof_number(line, "value", 0));
			fputs("</td>", out);
		}
	}
	fputs("</tr></table></figure>\n", out);
}

static void write_growths(FILE *out, const json_t *document)
{
	json_t *lines = proof_lines(document, "growth", NULL), *whats = names_of(lines, "what");
	const json_t *what;
	size_t i;

	write_growth_data(lines, whats);
	if (json_array_size(whats))
		fputs("<h2>How it grows</h2>\n", out);
	json_array_foreach(whats, i, what)
		write_growth(out, lines, json_string_value(what), i + 1);
	json_decref(lines);
	json_decref(whats);
}

static void write_fact(FILE *out, const json_t *lines, const json_t *peer, const json_t *fact)
{
	const json_t *line;
	size_t i;

	fputs("<td>", out);
	json_array_foreach(lines, i, line) {
		if (json_equal(json_object_get(line, "peer"), peer) &&
		    json_equal(json_object_get(line, "fact"), fact))
			page_text(out, proof_string(line, "value"));
	}
	fputs("</td>", out);
}

static void write_sees(FILE *out, const json_t *document)
{
	json_t *lines = proof_lines(document, "sees", NULL);
	json_t *peers = names_of(lines, "peer"), *facts = names_of(lines, "fact");
	const json_t *peer, *fact;
	size_t i, k;

	if (json_array_size(lines)) {
		fputs("<h2>What each tool sees</h2>\n<p>Of the same load.</p>\n"
		      "<div><table class=\"left wrap\"><tr><th></th>", out);
		json_array_foreach(facts, k, fact) {
			fputs("<th>", out);
			page_text(out, json_string_value(fact));
			fputs("</th>", out);
		}
		json_array_foreach(peers, i, peer) {
			fputs("</tr>\n<tr><td>", out);
			page_text(out, json_string_value(peer));
			fputs("</td>", out);
			json_array_foreach(facts, k, fact)
				write_fact(out, lines, peer, fact);
		}
		fputs("</tr></table></div>\n", out);
	}
	json_decref(lines);
	json_decref(peers);
	json_decref(facts);
}

void proof_bench_page(const json_t *document)
{
	FILE *out = proof_page_begin(document, "make bench", "What the statistics cost");

	write_costs(out, document, "vmx", "Intel VMX, in instructions");
	write_costs(out, document, "svm", "AMD SVM, in ticks of the TSC");
	write_growths(out, document);
	write_sees(out, document);
	proof_page_end(out, document);
}
