# SPDX-License-Identifier: GPL-2.0
# What an operation of each kind costs
set terminal svg size 1000,480 background "white"
set output "bench.svg"
set title "Cycles of an operation: least, median, and 99 of 100"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 noborder
set logscale y
set ylabel "cycles"
set grid ytics
set key outside right top
set xtics noenhanced
plot for [i = 2:4] "bench.dat" using i:xtic(1) title columnheader(i)
