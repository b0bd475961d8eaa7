# SPDX-License-Identifier: GPL-2.0
# How a cost grows.  growth-list.gp and growth.dat are proof-report's.  In colours that can be
# read on a light page and on a dark one.
load "growth-list.gp"
set terminal svg size 330,200 font "sans-serif,10"
grey = 0x808080
set border 3 linecolor rgb grey
set tics nomirror textcolor rgb grey
set grid ytics linecolor rgb grey linewidth 0.3
set xlabel textcolor rgb grey offset 0, 0.6 noenhanced
set ylabel textcolor rgb grey noenhanced
set key off
set yrange [0:*]
set xrange [0:*]
set format y "%.10g"
do for [i = 1:nr] {
	set output sprintf("growth-%d.svg", i)
	set xlabel (of[i])
	set ylabel (unit[i])
	plot "growth.dat" index i - 1 using 1:2 with linespoints linecolor rgb 0x4488cc pointtype 7
}
