# SPDX-License-Identifier: MIT
# bash completion of joinmem(1). What there is to complete it is asked of the program itself: so it is never out of date.
_joinmem ()
{
    local tool=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local subcommand=${COMP_WORDS[1]} words='' word
    if [ "$COMP_CWORD" -eq 1 ] ; then
        words=$("$tool" --help 2> /dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\).*/\1/p')$'\n--help\n--help-all\n--version'
    elif [[ $previous == --between ]] ; then
        words=$'cores\nnodes\nprocesses'
    elif [[ $previous == --kind ]] ; then
        words=$'spsc\nmpsc\nmpmc'
    elif [[ $current == -* ]] ; then
        words=$("$tool" "$subcommand" --help 2> /dev/null | sed -n 's/^  \(-[^ ]*\).*/\1/p' | tr , '\n')
    elif [[ $subcommand == @(stat|rm|push|pop) ]] ; then
        words=$("$tool" ls --no-header --ours 2> /dev/null | sed 's/ .*//')
    fi
    # Not by compgen -W, which expands the words, $(commands) too: names are whoever's who may write to /dev/shm.
    COMPREPLY=()
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
