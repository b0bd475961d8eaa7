# SPDX-License-Identifier: GPL-2.0
# What `cpuid-query metrics` has printed again and again, with "# end" behind each, as series for
# Prometheus.  Variables: labels, those that a scrape adds; and what to print:
#
# form=tests	input_series for promtool test rules
# form=openmetrics	lines with the time for promtool's create-blocks-from, from the time start
#		on, an output each step seconds
# only		a pattern for the names of those that are wanted

function add_labels(series) {
	if (series ~ /}$/) {
		sub(/{/, "{" labels ",", series)
		return series
	}
	return series "{" labels "}"
}

/^# end$/ {
	steps++
	next
}

/^#/ || (only && $0 !~ "^(" only ")") {
	next
}

{
	value = $NF
	sub(/ [^ ]*$/, "")
	series = add_labels($0)
}

form == "openmetrics" {
	print series, value, start + steps * step
	next
}

{
	if (!(series in values))
		names[nr++] = series
	# Where it was not there
	for (; seen[series] + 0 < steps; seen[series]++)
		values[series] = values[series] " _"
	values[series] = values[series] " " value
	seen[series]++
}

END {
	if (form == "openmetrics")
		print "# EOF"
	for (i = 0; i < nr; i++)
		printf "    - series: '%s'\n      values: '%s'\n", names[i], substr(values[names[i]], 2)
}
