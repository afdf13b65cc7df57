# tintype: completion for bash; the program itself knows what may come next.
_tintype() {
    local IFS=$'\n' answer
    answer=$(tintype complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=($(grep -v '^:files$' <<<"$answer"))
    if grep -q '^:files$' <<<"$answer"; then
        compopt -o filenames 2>/dev/null
        COMPREPLY+=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
    fi
}
complete -F _tintype tintype
