#compdef cmfw
# Completion of cmfw for zsh, made by `cmfw completion zsh`. In ~/.zshrc, below compinit: eval "$(cmfw completion zsh)"
_cmfw() {
    local kind value about names= typed=${(Q)words[CURRENT]} ret=1
    local -a found told
    (( CURRENT > 2 )) && told=("${(@Q)words[2,CURRENT-1]}")
    while IFS=$'\t' read -r kind value about; do
        case $kind in
            value) found+=("${value//:/\\:}${about:+:$about}") ;;
            file | dir) names=$kind ;;
        esac
    done < <(_CMFW_COMPLETE=1 ${(Q)words[1]} "${told[@]}" "=$typed" 2>/dev/null)
    (( ${#found} )) && _describe -V -t values cmfw found && ret=0
    if [[ -n $names ]]; then
        compset -P '--[a-z-]#='
        if [[ $names = dir ]]; then _files -/ && ret=0; else _files && ret=0; fi
    fi
    return ret
}
if [[ ${funcstack[1]} = _cmfw ]]; then
    _cmfw "$@"
else
    compdef _cmfw cmfw
fi
