
# Values of a kind: users, folders, labels, profiles, accounts, files ...
function __ms_values
    set -l words (commandline -opc)
    set -l where
    for i in (seq (count $words))
        if contains -- $words[$i] -a --archive
            set -l next (math $i + 1)
            set where -a $words[$next]
        end
    end
    switch $argv[1]
        case directories
            __fish_complete_directories (commandline -ct)
        case files
            __fish_complete_path (commandline -ct)
        case query
            ms-list $where --print-values terms 2>/dev/null
        case '*'
            ms-list $where --print-values $argv[1] 2>/dev/null
    end
end
