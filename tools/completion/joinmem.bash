# SPDX-License-Identifier: MIT
# bash completion of joinmem(1). What there is to complete it is asked of the program itself: so it is never out of date.
_joinmem ()
{
    local tool=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local subcommand=${COMP_WORDS[1]} words
    if [ "$COMP_CWORD" -eq 1 ] ; then
        words="$("$tool" --help 2> /dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\).*/\1/p') --help --help-all --version"
    elif [[ $previous == --between ]] ; then
        words='cores nodes processes'
    elif [[ $previous == --kind ]] ; then
        words='spsc mpsc mpmc'
    elif [[ $current == -* ]] ; then
        words=$("$tool" "$subcommand" --help 2> /dev/null | sed -n 's/^  \(-[^ ]*\).*/\1/p' | tr , '\n')
    elif [[ $subcommand == @(stat|rm|push|pop) ]] ; then
        words=$("$tool" ls --no-header --ours 2> /dev/null | sed 's/ .*//')
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [ "${#COMPREPLY[@]}" -eq 0 ] && [[ $previous == --@(svg|root) ]] ; then
        compopt -o default 2> /dev/null
    fi
}
complete -F _joinmem joinmem
