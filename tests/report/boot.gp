# SPDX-License-Identifier: GPL-2.0
# gnuplot -e "reasons=N": the exits of a boot over time, stacked
set terminal svg size 1000,480 background "white"
set output "boot.svg"
set title "VM exits from power-on to the first program, by reason"
set xlabel "seconds"
set ylabel "exits a second"
set yrange [0:*]
# Others, of which there is one more than colours
set linetype 9 linecolor "#999999"
set grid ytics
set key outside right top noenhanced
set style fill solid 0.85 noborder
sum(i) = (s = 0, sum [k = i:reasons + 1] column(k))
plot for [i = 2:reasons + 1] "boot.dat" using 1:(sum(i)) with filledcurves y1=0 \
	title columnheader(i)
