# SPDX-License-Identifier: GPL-2.0
# Where the cycles of each workload went, stacked.  legend.gp and *.dat are exit-report's.
load "legend.gp"
set terminal svg size 1000,480 background "white"
set output "workloads.svg"
set title "Cycles in VM exits by reason, in % of the time of a run"
set style data histograms
set style histogram rowstacked
set style fill solid 1 noborder
set boxwidth 0.7
set yrange [0:*]
set ylabel "% of the time of the vCPUs"
set grid ytics
set key outside right top noenhanced
set xtics noenhanced scale 0
plot for [i = 1:words(legend)] "workloads.dat" using i + 1:xtic(1) title word(legend, i) \
	linetype i
