# Completion of cmfw for bash, made by `cmfw completion bash`. In ~/.bashrc: eval "$(cmfw completion bash)"
_cmfw_complete() {
    local typed=${COMP_WORDS[COMP_CWORD]} kind value about names=
    COMPREPLY=()
    while IFS=$'\t' read -r kind value about; do
        case $kind in
            value) COMPREPLY+=("$value") ;;
            file | dir) names=$kind ;;
        esac
    done < <(_CMFW_COMPLETE=1 "$1" "${COMP_WORDS[@]:1:COMP_CWORD-1}" "=$typed" 2>/dev/null)
    [[ -n $names ]] || return 0
    [[ $typed != '=' ]] || typed=
    if [[ ${#COMPREPLY[@]} = 0 ]]; then
        # nothing else fits, so readline completes names itself, quotes and ~ included
        if [[ $names = dir ]]; then compopt -o dirnames; else compopt -o default; fi 2>/dev/null
        return 0
    fi
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do
        COMPREPLY+=("$value")
    done < <(if [[ $names = dir ]]; then compgen -d -- "$typed"; else compgen -f -- "$typed"; fi)
}
complete -o nosort -F _cmfw_complete cmfw 2>/dev/null || complete -o default -F _cmfw_complete cmfw
