# SPDX-License-Identifier: MIT
# bash completion of joinmem(1). The program itself lists what can be completed, so the list is never out of date. Only a
# joinmem of an absolute folder of PATH is run: a file of the current folder is not, whatever the command line says.
_joinmem ()
{
    local tool current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local subcommand=${COMP_WORDS[1]} words='' word
    COMPREPLY=()
    tool=$(type -P joinmem)
    if [[ $tool != /* ]] ; then
        return
    fi
    if [ "$COMP_CWORD" -eq 1 ] ; then
        words=$("$tool" --help 2> /dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\).*/\1/p')$'\n--help\n--help-all\n--version'
    elif [[ $previous == --between ]] ; then
        words=$'cores\nnodes\nprocesses'
    elif [[ $previous == --kind ]] ; then
        words=$'spsc\nmpsc\nmpmc'
    elif [[ $current == -* ]] ; then
        words=$("$tool" "$subcommand" --help 2> /dev/null | sed -n 's/^  \(-[^ ]*\).*/\1/p' | tr , '\n')
    elif [[ $subcommand == @(stat|rm|push|pop|ls|gc|top) ]] ; then
        words=$("$tool" ls --no-header --ours 2> /dev/null | sed 's/ .*//')
    fi
    # Not by compgen -W, which expands the words, $(commands) too: any user may make names in /dev/shm.
    while IFS= read -r word ; do
        if [[ -n $word && $word == "$current"* ]] ; then
            COMPREPLY+=("$(printf %q "$word")")
        fi
    done <<< "$words"
    if [ "${#COMPREPLY[@]}" -eq 0 ] && [[ $previous == --@(svg|root) ]] ; then
        compopt -o default 2> /dev/null
    fi
}
complete -F _joinmem joinmem
