# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion for bash of cpuid-query, cpuid-query-exporter and exit-workload.  It runs them only
# for the names of exits, which `cpuid-query list` has.

# The options of a subcommand, of none, or of another program, exporter or exit-workload:
# SHORT:LONG, and = after those that take a value.
_cpuid_query_options() {
	case $1 in
	'') echo s:subleaf= H:hist= :brief :raw :steal A:per-vcpu ;;
	stat)
		echo r:repeat= w:warmup= :baseline= p:pid= I:interval= A:per-vcpu o:output= :process
		;;
	compare) echo r:repeat= w:warmup= :baseline= o:output= :cycles :ignore-failure :show-output ;;
	top) echo i:interval= b:batch n:count= ;;
	log) echo i:interval= n:count= y:omit-first A:per-vcpu o:output= ;;
	bench) echo r:repeat= ;;
	list | events) echo :vmx :svm ;;
	record) echo e:event= c:count= F:freq= p:pid= a:all-cpus g:call-graph o:output= ;;
	who)
		echo e:event= c:count= F:freq= p:pid= a:all-cpus i:input= :script= :lines :stacks
		;;
	metrics) echo o:output= :openmetrics ;;
	exporter) echo l:listen= :deadline= ;;
	exit-workload) echo d:disk= e:expect ;;
	esac
	case $1 in
	'' | stat | compare | top) echo e:exit= :sort= :unit= ;;
	log) echo e:exit= :sort= ;;
	esac
	case $1 in
	help | record | exit-workload) ;;
	metrics | exporter)
		echo :from= :host :qmp= A:per-vcpu :histograms= :debugfs= :procfs= :sysfs=
		;;
	bench | list | events | who) echo :json :csv ;;
	*) echo v:vcpu= :from= :json :csv ;;
	esac
	echo '?:help :usage V:version'
}

# What its other words may be
_cpuid_query_words() {
	case $1 in
	'' | help) echo stat compare top log bench list events record who metrics help ;;
	bench) echo cpuid out in rdmsr wrmsr rdpmc hlt timer ipi touch mmio ;;
	exit-workload)
		echo idle spin syscall cpuid portio msr touch mmio timer ipi fork disk pipe
		;;
	esac
}

# The names of exits, of both vendors: a file that is read may be of the other one.
_cpuid_query_exits() {
	{ "${COMP_WORDS[0]}" list --vmx --csv; "${COMP_WORDS[0]}" list --svm --csv; } 2>/dev/null |
		sed -n 's/^[0-9]*,\([^,]*\),.*/\1/p'
}

# _cpuid_query_value WORD OPTION...: the long name of the option that WORD is, if its
# value is to follow
_cpuid_query_value() {
	local word=$1 option long short

	shift
	for option; do
		long=${option#*:} short=${option%%:*}
		if [[ $long = *= && ($word = "--${long%=}" || $short && $word = "-$short") ]]; then
			echo "${long%=}"
		fi
	done
}

# _cpuid_query_reply ARGUMENT-OF-COMPGEN...: what begins as the present word does
_cpuid_query_reply() {
	mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

# _cpuid_query_list WORDS: what the last of the present ones, with commas between, begins
_cpuid_query_list() {
	local before=

	[[ $cur != *,* ]] || before=${cur%,*},
	local cur=${cur##*,}
	_cpuid_query_reply -P "$before" -W "$1"
}

_cpuid_query_files() {
	compopt -o filenames 2>/dev/null
	_cpuid_query_reply -f
}

# _cpuid_query_command N: another command begins with word N.
_cpuid_query_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif [ "$1" -eq "$COMP_CWORD" ]; then
		_cpuid_query_reply -c
	else
		_cpuid_query_files
	fi
}

# _cpuid_query_long OPTION...: their long names
_cpuid_query_long() {
	local long=("${@#*:}")

	_cpuid_query_reply -W "${long[*]/#/--}"
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
}

# _cpuid_query_complete SUBCOMMAND FIRST: from that word on
_cpuid_query_complete() {
	local sub=$1 i=$2 cur=${COMP_WORDS[COMP_CWORD]} value="" command="" word options

	read -ra options -d '' < <(_cpuid_query_options "$sub")
	for (( ; i < COMP_CWORD && ! command; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$word" = -- ] || [[ $sub = @(stat|record|who) && -z $value && $word != -* ]]; then
			command=$i
			[ "$word" != -- ] || ((command++))
		elif [ -z "$value" ]; then
			value=$(_cpuid_query_value "$word" "${options[@]}")
		elif [ "$word" != = ]; then
			value=
		fi
	done
	# As in --from=FILE
	[[ -z $value || $cur != = ]] || cur=

	if [ "$command" ] && [[ $sub = @(stat|record|who) ]]; then
		_cpuid_query_command "$command"
	elif [ "$command" ] && [ "$sub" = compare ] || [ "$value" = baseline ]; then
		_cpuid_query_reply -c
	elif [ "$value" ]; then
		case $value in
		from | output | disk | input | script | qmp | debugfs | procfs | sysfs) _cpuid_query_files ;;
		subleaf | hist | event) _cpuid_query_reply -W "$(_cpuid_query_exits)" ;;
		exit) _cpuid_query_list "$(_cpuid_query_exits)" ;;
		sort) _cpuid_query_reply -W 'exits busy cycles mean longest name' ;;
		unit) _cpuid_query_reply -W 'time cycles' ;;
		histograms) _cpuid_query_reply -W 'vm reason none' ;;
		esac
	elif [[ $cur = -* ]]; then
		_cpuid_query_long "${options[@]}"
	elif [[ $sub = @(stat|record|who) ]]; then
		_cpuid_query_command "$COMP_CWORD"
	elif [ "$sub" = compare ]; then
		_cpuid_query_files
	elif [[ $sub = @(list|events) ]]; then
		_cpuid_query_reply -W "$(_cpuid_query_exits)"
	elif [ "$sub" ] || [ "$COMP_CWORD" -eq 1 ]; then
		_cpuid_query_reply -W "$(_cpuid_query_words "$sub")"
	fi
}

_cpuid_query() {
	case $COMP_CWORD:${COMP_WORDS[1]} in
	1:*) _cpuid_query_complete '' 1 ;;
	*:stat | *:compare | *:top | *:log | *:bench | *:list | *:events | *:record | *:who | *:metrics | *:help)
		_cpuid_query_complete "${COMP_WORDS[1]}" 2
		;;
	*) _cpuid_query_complete '' 1 ;;
	esac
}

_exit_workload() {
	_cpuid_query_complete exit-workload 1
}

_cpuid_query_exporter() {
	_cpuid_query_complete exporter 1
}

complete -F _cpuid_query cpuid-query
complete -F _exit_workload exit-workload
complete -F _cpuid_query_exporter cpuid-query-exporter
