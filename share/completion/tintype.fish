# tintype: completion for fish; the program itself knows what may come next.
function __tintype
    set -l words (commandline -opc) (commandline -ct)
    set -l answer (tintype complete $words[2..-1] 2>/dev/null)
    string match -v -- :files $answer
    contains -- :files $answer; and __fish_complete_path (commandline -ct)
end
complete -c tintype -f -a '(__tintype)'
