# Completion of cmfw for fish, made by `cmfw completion fish`: cmfw completion fish > ~/.config/fish/completions/cmfw.fish
function __cmfw_complete
    set -l typed (commandline -ct | string unescape)
    set -l told (commandline -opc)
    set -l program $told[1]
    set -e told[1]
    for line in (env _CMFW_COMPLETE=1 $program $told "=$typed" 2>/dev/null)
        set -l part (string split -m 2 \t -- $line)
        # files behind `--option=` keep it in front
        set -l front (string match -r -- '^--[a-z-]+=' "$typed")
        set -l name (string replace -r -- '^--[a-z-]+=' '' "$typed")
        switch $part[1]
            case value
                printf '%s\t%s\n' $part[2] "$part[3]"
            case file
                string replace -r -- '^' "$front" (__fish_complete_path "$name")
            case dir
                string replace -r -- '^' "$front" (__fish_complete_directories "$name" '')
        end
    end
end
complete -c cmfw -f -k -a '(__cmfw_complete)'
