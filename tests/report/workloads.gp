# SPDX-License-Identifier: GPL-2.0
# gnuplot -e "reasons=N": where the cycles of each workload went
set terminal svg size 1000,480 background "white"
set output "workloads.svg"
set title "Cycles in VM exits by reason, in % of the time of a run"
set style data histograms
set style histogram rowstacked
set style fill solid 0.85 noborder
set boxwidth 0.7
set yrange [0:*]
set ylabel "% of the time of the vCPUs"
# Others, of which there is one more than colours
set linetype 9 linecolor "#999999"
set grid ytics
set key outside right top noenhanced
set xtics noenhanced
plot for [i = 2:reasons + 1] "workloads.dat" using i:xtic(1) title columnheader(i)
