# SPDX-License-Identifier: GPL-2.0
# What an operation of each kind costs.  legend.gp and *.dat are exit-report's.
load "legend.gp"
set terminal svg size 1000,480 background "white"
set output "bench.svg"
set title "Cycles of an operation: median, least and p99"
set style fill solid 1 border linecolor "black"
set logscale y
# The power of ten below the least: a bar that begins at its own value has no height.
stats "bench.dat" using 2 nooutput
set yrange [10 ** (ceil(log10(STATS_min)) - 1):*]
set ylabel "cycles"
set offsets 0.5, 0.5
set grid ytics
set key outside right top noenhanced
set xtics noenhanced scale 0
none = words(legend) + 1
set linetype none linecolor "white"
of(i) = column(5) == i ? column(3) : NaN
plot for [i = 1:none] "bench.dat" using 0:(of(i)):2:4:(0.6):xtic(1) with boxerrorbars \
	title i == none ? "no exit" : word(legend, i) linetype i
