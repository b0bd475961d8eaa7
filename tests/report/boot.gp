# SPDX-License-Identifier: GPL-2.0
# The exits of a boot over time, stacked.  legend.gp and *.dat are exit-report's.
load "legend.gp"
set terminal svg size 1000,480 background "white"
set output "boot.svg"
set title "VM exits from power-on to the first program, by reason"
set xlabel "seconds"
set ylabel "exits/s"
set yrange [0:*]
set grid ytics
set key outside right top noenhanced
set style fill solid 1 noborder
# This reason and those after it, which are below it
sum(i) = (s = 0, sum [k = i:words(legend)] column(k + 1))
plot for [i = 1:words(legend)] "boot.dat" using 1:(sum(i)) with filledcurves y1=0 \
	title word(legend, i) linetype i
